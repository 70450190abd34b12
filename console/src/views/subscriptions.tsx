/** The user's durable subscriptions: who reads them, and how far each is behind. Nothing is asked while the page is hidden. */
import { deleteSubscription, getSubscription, listSubscriptions, type WholeSubscription } from '@alarm-server/client';
import { Asks } from '../parts/asks.js';
import { Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { count, duration, plural } from '../state/format.js';
import { useLoaded } from '../state/loaded.js';
import { SERVER, token } from '../state/session.js';
import { useWhileSeen } from '../state/while-seen.js';
import { PageNames } from './access-tokens.js';
import { Webhook } from './webhook.js';

/** How often they are asked for while somebody looks, in ms. */
const EVERY_MS = 10_000;
/** Counting the lag of each is work for the server. */
const LIMIT = 50;
const TITLES = ['Name', 'Behind', 'Read by', 'Pages', 'Events', ''];

export function Subscriptions() {
  const { value, failure, reload } = useLoaded(async () => {
    const all = await listSubscriptions(SERVER, token());
    const shown = await Promise.all(all.slice(0, LIMIT).map(({ name }) => getSubscription(SERVER, token(), name)));
    return { shown, more: all.length - shown.length };
  }, []);
  useWhileSeen(EVERY_MS, reload);
  return (
    <section aria-labelledby="subscriptions-title">
      <h2 id="subscriptions-title">Subscriptions</h2>
      <p class="note">Programs make them. The server keeps how far each has read, and what it has not read waits.</p>
      {value === undefined && failure === undefined && <Loading what="your subscriptions" />}
      {value === undefined && failure !== undefined && <Failed why={failure} again={reload} />}
      {value?.shown.length === 0 && <p class="note">You have no subscription.</p>}
      {value && value.shown.length > 0 && (
        <PlainTable titles={TITLES} testId="subscriptions">
          {value.shown.map((one) => (
            <Line key={one.name} one={one} reload={reload} />
          ))}
        </PlainTable>
      )}
      {value?.shown.map(
        (one) => one.webhook && <Webhook key={one.name} one={one} hook={one.webhook} reload={reload} />,
      )}
      {value && value.more > 0 && <p class="note">and {plural(value.more, 'subscription')} more</p>}
    </section>
  );
}

const Line = ({ one, reload }: { one: WholeSubscription; reload: () => void }) => (
  <Row
    titles={TITLES}
    data-testid="subscription"
    cells={[
      <bdi key="name">{one.name}</bdi>,
      <Lag key="lag" lag={one.lag} />,
      <Readers key="readers" one={one} />,
      <PageNames key="pages" ids={one.pages} />,
      one.types?.join(', ') ?? 'all',
      <Asks
        key="actions"
        of={`the subscription ${one.name}`}
        done={reload}
        asks={[
          {
            label: 'Delete …',
            icon: 'trash',
            question: 'The server forgets how far it has read. The events stay.',
            confirm: 'Delete',
            run: () => deleteSubscription(SERVER, token(), one.name),
          },
        ]}
      />,
    ]}
  />
);

function Lag({ lag: { events, more, seconds } }: Pick<WholeSubscription, 'lag'>) {
  if (events === 0) return <span class="nothing">not at all</span>;
  return (
    <>
      {count(events)}
      {more && '+'} {events === 1 ? 'event' : 'events'}
      {seconds !== null && `, ${duration(seconds * 1_000)}`}
    </>
  );
}

function Readers({ one: { positions, partitions, webhook } }: { one: WholeSubscription }) {
  if (webhook) return <>its webhook, below</>;
  const holders = [...new Set(positions.map(({ holder }) => holder).filter((holder) => holder !== null))];
  const held = positions.filter(({ holder }) => holder !== null).length;
  return (
    <>
      {holders.length === 0 ? <span class="nothing">nobody now</span> : <bdi>{holders.join(', ')}</bdi>}
      {partitions > 1 && (
        <div class="note">
          {count(held)} of {plural(partitions, 'partition')}
        </div>
      )}
    </>
  );
}

/** The user's access tokens: made, shown once, and ended. */
import { createAccessToken, deleteAccessToken, type ListedAccessToken, listAccessTokens } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Asks } from '../parts/asks.js';
import { Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { ShownOnce } from '../parts/shown-once.js';
import { Ago, Moment } from '../parts/time.js';
import { plural } from '../state/format.js';
import { store } from '../state/live.js';
import { useLoaded } from '../state/loaded.js';
import { SERVER, token } from '../state/session.js';
import { NewAccessToken } from './new-access-token.js';

const TITLES = ['Name', 'May', 'Pages', 'Events', 'Last used', 'Ends', ''];
const MAY = { read: 'read', trigger: 'trigger alarms' } as const;

export function AccessTokens() {
  const { value, failure, reload } = useLoaded(() => listAccessTokens(SERVER, token()), []);
  const [made, setMade] = useState<{ readonly name: string; readonly token: string }>();
  return (
    <section aria-labelledby="tokens-title">
      <h2 id="tokens-title">Access tokens</h2>
      <p class="note">
        A program signs in with a token instead of your password. It may do at most what you may, and what it triggers
        is yours.
      </p>
      <NewAccessToken
        create={async (wish) => {
          setMade(await createAccessToken(SERVER, token(), wish));
          reload();
        }}
      />
      {made && (
        <ShownOnce text={made.token} testId="new-token" done={() => setMade(undefined)}>
          The token of <bdi>{made.name}</bdi>. It is shown only now, and works like a password: keep it where the
          program alone reads it.
        </ShownOnce>
      )}
      {value === undefined && failure === undefined && <Loading what="your access tokens" />}
      {failure !== undefined && <Failed why={failure} again={reload} />}
      {value?.length === 0 && <p class="note">You have no access token.</p>}
      {value && value.length > 0 && (
        <PlainTable titles={TITLES} testId="access-tokens">
          {value.map((one) => (
            <Line key={one.id} one={one} reload={reload} />
          ))}
        </PlainTable>
      )}
    </section>
  );
}

const Line = ({ one, reload }: { one: ListedAccessToken; reload: () => void }) => (
  <Row
    titles={TITLES}
    data-testid="access-token"
    cells={[
      <bdi key="name">{one.name}</bdi>,
      one.can.map((ability) => MAY[ability]).join(', '),
      <PageNames key="pages" ids={one.pages} />,
      one.types?.join(', ') ?? 'all',
      <Ago key="used" at={one.last_used_at} />,
      <Moment key="ends" at={one.expires_at} />,
      <Asks
        key="actions"
        of={`the token ${one.name}`}
        done={reload}
        asks={[
          {
            label: 'End …',
            icon: 'trash',
            testId: 'end-token',
            question: 'It ends at once, and with it the connections of the program.',
            confirm: 'End the token',
            run: () => deleteAccessToken(SERVER, token(), one.id),
          },
        ]}
      />,
    ]}
  />
);

/** One that the user does not see any more is counted, not named. */
export function PageNames({ ids }: { ids: readonly string[] | null }) {
  if (ids === null) return <>all that you see</>;
  const names = ids.map((id) => store.value?.held.pages.get(id)?.name).filter((name) => name !== undefined);
  const others = ids.length - names.length;
  return (
    <>
      {names.map((name, at) => (
        <bdi key={ids[at]} class="clip" title={name}>
          {name}
        </bdi>
      ))}
      {others > 0 && <span class="note">{plural(others, 'page')} that you do not see</span>}
    </>
  );
}

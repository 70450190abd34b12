/** What was said about an alarm lately, alone or with what was done about it. */
import {
  type Alarm,
  alarmHistory,
  type HistoryEvent,
  type HistoryOptions,
  type HistoryPart,
} from '@alarm-server/client';
import { FreeText } from '../parts/free-text.js';
import { Failed } from '../parts/lists.js';
import { Person } from '../parts/person.js';
import { Ago } from '../parts/time.js';
import { pageHref } from '../state/address.js';
import { what } from '../state/event-words.js';
import { commentsChanged, store } from '../state/live.js';
import { useLoaded } from '../state/loaded.js';
import { patiently } from '../state/patience.js';
import { SERVER, token } from '../state/session.js';

/** How many of the page's last events are looked at. */
const LOOKED_AT = 5_000;
const SHOWN = 10;

export function Comments({ alarm }: { alarm: Alarm }) {
  const { value, failure, reload } = useLoaded(async () => {
    const seq = store.peek()?.held.pages.get(alarm.page_id)?.seq ?? 0;
    const found: HistoryEvent[] = [];
    for (let after: number | null = Math.max(-1, seq - LOOKED_AT); after !== null; ) {
      const options: HistoryOptions = { afterSeq: after, limit: 1_000 };
      const part: HistoryPart = await patiently(() => alarmHistory(SERVER, token(), alarm.id, options));
      found.push(...part.events.filter(({ comment }) => comment !== undefined));
      after = part.next;
    }
    return found.slice(-SHOWN).reverse();
  }, [alarm.id, commentsChanged.value]);
  if (failure !== undefined) return <Failed why={failure} again={reload} />;
  if (!value || value.length === 0) return null;
  return (
    <section aria-labelledby="comments-title" data-testid="comments">
      <h3 id="comments-title">Said about it</h3>
      <ul class="people">
        {value.map((event) => (
          <li key={event.seq} class="person">
            <FreeText text={event.comment!} />
            <p class="hint">
              <Person id={event.by} /> {what(event)}, <Ago at={event.at} />
            </p>
          </li>
        ))}
      </ul>
      <a href={`${pageHref(alarm.page_id, '/history')}?alarm=${encodeURIComponent(alarm.id)}`}>All of its history</a>
    </section>
  );
}

/** Every event, the newest first; those after the moment that is looked at are dimmed. */
import { FreeText } from '../parts/free-text.js';
import { Icon } from '../parts/icon.js';
import { Person } from '../parts/person.js';
import { Moment } from '../parts/time.js';
import { address, hrefTo, route } from '../state/address.js';
import { subjectOf, what } from '../state/event-words.js';
import type { HistoryLog } from '../state/history-log.js';

export function HistoryList({ log }: { log: HistoryLog }) {
  const events = [...log.events.value].reverse();
  const text = address.value.query.get('at');
  const at = text === null ? Number.POSITIVE_INFINITY : Number(text);
  const pageId = route.value.id;
  const only = address.value.query.get('alarm') ?? undefined;
  if (events.length === 0) return null;
  return (
    <div class="history">
      <ol class="events">
        {events.map((event) => {
          const subject = subjectOf(event);
          const alarmId = event.type.startsWith('Alarm') ? String(event.data['id'] ?? '') : '';
          return (
            <li
              key={event.seq}
              class="event"
              data-testid="history-row"
              data-seq={event.seq}
              data-later={event.seq > at}
              data-void={event.void ?? false}
            >
              <a
                class="seq"
                href={hrefTo(`pages/${encodeURIComponent(pageId)}/history`, { at: String(event.seq), alarm: only })}
                title="The page as it was after this event"
              >
                {event.seq}
              </a>
              <Moment at={event.at} />
              <span class="event-what">
                <strong class="event-by">
                  <Person id={event.by} />
                </strong>{' '}
                <bdi>{what(event)}</bdi>
                {subject !== '' && (
                  <>
                    {': '}
                    <a href={hrefTo(`pages/${encodeURIComponent(pageId)}/history`, { alarm: alarmId })}>
                      <bdi>{subject}</bdi>
                    </a>
                  </>
                )}
                {event.comment !== undefined && <FreeText text={event.comment} />}
              </span>
            </li>
          );
        })}
      </ol>
      {log.hasOlder && (
        <button type="button" class="button" onClick={() => void log.older()}>
          <Icon name="down" /> Show older events
        </button>
      )}
    </div>
  );
}

/** The page as it was: a slider over its events, a field for a moment, and what is different now. */
import type { HistoryEvent, Page } from '@alarm-server/client';
import { useEffect, useState } from 'preact/hooks';
import { Failed, Loading } from '../parts/lists.js';
import { Moment } from '../parts/time.js';
import { address, setQuery } from '../state/address.js';
import { plural } from '../state/format.js';
import { type HistoryLog, WHOLE_LIMIT } from '../state/history-log.js';
import { store } from '../state/live.js';
import { alarmsAt, differences, seqAt } from '../state/past.js';
import { AlarmsThen } from './alarms-then.js';

export function AsOf({ page, log }: { page: Page; log: HistoryLog }) {
  const text = address.value.query.get('at');
  const last = log.events.value.at(-1)?.seq ?? 0;
  const asked = text === null || !/^\d+$/.test(text) ? last : Math.min(Number(text), last);
  const isPast = text !== null && asked < last;
  const { events, failure, again } = useWhole(log, isPast, page.seq);
  const look = (seq: number): void => setQuery({ at: seq >= last ? undefined : String(Math.max(0, seq)) });
  const event = log.events.value.find(({ seq }) => seq === asked);
  return (
    <div class="as-of">
      <label class="as-of-slider">
        <span>As of event</span>
        <input
          type="range"
          data-testid="as-of"
          min={0}
          max={last}
          step={1}
          value={asked}
          aria-valuetext={`Event ${asked} of ${last}${event ? `, ${event.at}` : ''}`}
          onInput={({ currentTarget }) => look(Number(currentTarget.value))}
        />
        <output>
          {asked} of {last}
        </output>
      </label>
      <Jump log={log} look={look} />
      {isPast && (
        <div class="as-of-banner" data-testid="as-of-banner" role="status">
          <p>
            You are looking at the past: after event {asked}
            {event && (
              <>
                , <Moment at={event.at} />
              </>
            )}
            .
          </p>
          <button type="button" class="button small" onClick={() => look(last)}>
            Back to now
          </button>
        </div>
      )}
      {isPast && failure !== undefined && <Failed why={failure} again={again} />}
      {isPast && events === undefined && failure === undefined && <Loading what="the page as it was" />}
      {isPast && events && <Then events={events} seq={asked} page={page} />}
    </div>
  );
}

/** The history from the beginning, once somebody looks at the past. */
function useWhole(log: HistoryLog, isNeeded: boolean, length: number) {
  const [events, setEvents] = useState<readonly HistoryEvent[]>();
  const [failure, setFailure] = useState<string>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!isNeeded) return;
    if (length > WHOLE_LIMIT)
      return setFailure(`The history has ${plural(length, 'event')}: more than this page reads. Export it instead.`);
    setFailure(undefined);
    log.whole().then(setEvents, (error: Error) => setFailure(error.message));
  }, [log, isNeeded, round]);
  return { events, failure, again: () => setRound(round + 1) };
}

function Then({ events, seq, page }: { events: readonly HistoryEvent[]; seq: number; page: Page }) {
  const then = alarmsAt(events, seq);
  const now = store.value?.held.alarmsOf(page.id) ?? [];
  return <AlarmsThen then={[...then.values()]} differences={differences(then, now)} />;
}

/** A moment to look at, in this computer's zone, as the field of the browser gives it. */
function Jump({ log, look }: { log: HistoryLog; look: (seq: number) => void }) {
  const [isBefore, setBefore] = useState(false);
  const jump = async (text: string): Promise<void> => {
    const at = new Date(text).getTime();
    if (Number.isNaN(at)) return;
    const seq = seqAt(await log.whole(), at);
    setBefore(seq < 0);
    if (seq >= 0) look(seq);
  };
  return (
    <label class="as-of-time">
      <span>at</span>
      <input
        type="datetime-local"
        step="1"
        onChange={({ currentTarget }) => void jump(currentTarget.value).catch(() => undefined)}
      />
      {isBefore && <span class="note">The page did not exist yet.</span>}
    </label>
  );
}

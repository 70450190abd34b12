/** The page as it was: a slider over its events, fields for a moment and a position, and what is different now. */
import type { Alarm, Page } from '@alarm-server/client';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Failed, Loading } from '../parts/lists.js';
import { Moment } from '../parts/time.js';
import { address, setQuery } from '../state/address.js';
import { sentence } from '../state/failure.js';
import { momentOf, zoneName } from '../state/format.js';
import { store } from '../state/live.js';
import { PagePast, type PastPage } from '../state/page-past.js';
import { differences } from '../state/past.js';
import { pastOf } from '../state/past-source.js';
import { AlarmsThen } from './alarms-then.js';

interface AsOfProps {
  readonly page: Page;
  /** Of one alarm alone: its id, and the seqs of its events, which the slider goes through. Without it: all of the page's. */
  readonly only?: { readonly alarmId: string; readonly seqs: readonly number[] } | undefined;
}

export function AsOf({ page, only }: AsOfProps) {
  const past = useMemo(() => new PagePast(pastOf(page.id)), [page.id]);
  const text = address.value.query.get('at');
  const last = page.seq;
  const asked = text === null || !/^\d+$/.test(text) ? last : Math.min(Number(text), last);
  const isPast = text !== null && asked < last;
  const { then, failure, again } = usePast(past, isPast ? asked : undefined);
  const look = (seq: number): void => setQuery({ at: seq >= last ? undefined : String(Math.max(0, seq)) });
  const at = then?.event?.seq === asked ? then.event.at : undefined;
  const [value, max] = only
    ? [
        Math.max(
          0,
          only.seqs.findLastIndex((seq) => seq <= asked),
        ),
        only.seqs.length - 1,
      ]
    : [asked, last];
  const slide = (to: number): void => look(only && to < max ? only.seqs[to]! : to === max ? last : to);
  return (
    <div class="as-of">
      <label class="as-of-slider">
        <span>As of event</span>
        <input
          type="range"
          data-testid="as-of"
          min={0}
          max={max}
          step={1}
          value={value}
          aria-valuetext={`Event ${asked} of ${last}${at === undefined ? '' : `, ${at}`}`}
          onInput={({ currentTarget }) => slide(Number(currentTarget.value))}
        />
        <output>
          {asked} of {last}
        </output>
      </label>
      <Jump past={past} look={look} />
      {isPast && (
        <div class="as-of-banner" data-testid="as-of-banner" role="status">
          <p>
            You are looking at the past: after event {asked}
            {at !== undefined && (
              <>
                , <Moment at={at} />
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
      {isPast && then === undefined && failure === undefined && <Loading what="the page as it was" />}
      {isPast && then && failure === undefined && <Then then={then} page={page} only={only?.alarmId} />}
    </div>
  );
}

/** The page after the event `seq`. While another one is read, the one before stays. */
function usePast(past: PagePast, seq: number | undefined) {
  const [then, setThen] = useState<PastPage>();
  const [failure, setFailure] = useState<string>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (seq === undefined) return setThen(undefined);
    let isOld = false;
    past.after(seq).then(
      (read) => {
        if (isOld) return;
        setThen(read);
        setFailure(undefined);
      },
      (error: unknown) => !isOld && setFailure(sentence(error)),
    );
    return () => {
      isOld = true;
    };
  }, [past, seq, round]);
  return { then, failure, again: () => setRound(round + 1) };
}

function Then({ then, page, only }: { then: PastPage; page: Page; only: string | undefined }) {
  const isShown = ({ id }: Alarm): boolean => only === undefined || id === only;
  const alarms = [...then.alarms.values()].filter(isShown);
  const now = (store.value?.held.alarmsOf(page.id) ?? []).filter(isShown);
  return <AlarmsThen then={alarms} differences={differences(new Map(alarms.map((one) => [one.id, one])), now)} />;
}

/** A moment to look at, in the zone in which times are shown, or a position of the log. */
function Jump({ past, look }: { past: PagePast; look: (seq: number) => void }) {
  const [problem, setProblem] = useState<string>();
  const jump = async (at: string): Promise<void> => {
    setProblem(undefined);
    try {
      const seq = await past.seqAt(at);
      if (seq === undefined) setProblem('The page did not exist yet.');
      else look(seq);
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  return (
    <div class="as-of-time">
      <label>
        <span>at ({zoneName()})</span>
        <input
          type="datetime-local"
          step="1"
          data-testid="as-of-time"
          onChange={({ currentTarget }) => {
            const moment = momentOf(currentTarget.value);
            if (moment !== '') void jump(moment);
          }}
        />
      </label>
      <label>
        <span>position</span>
        <input
          inputMode="numeric"
          size={10}
          placeholder="of the log"
          data-testid="as-of-position"
          onChange={({ currentTarget }) => {
            const text = currentTarget.value.trim().replace(/^@/, '');
            if (text !== '') void jump(`@${text}`);
          }}
        />
      </label>
      {problem !== undefined && (
        <span class="failure" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}

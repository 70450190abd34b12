/**
 * What becomes of each alarm, checked event by event: triggers are counted, an acknowledgement leaves those after it open, and the next
 * trigger begins anew only when nothing was open. It is told every event of a page set once, in order.
 */
import type { Faults } from './faults.js';
import type { AlarmStatus, PageEvent } from './messages.js';

/** An acknowledgement is for the last trigger that was seen; of an occurrence with more triggers than these, for older ones, for what was given. */
const LATEST = 16;

interface Known {
  readonly status: AlarmStatus;
  /** Seqs of the latest triggers of the occurrence, those that were seen here. */
  readonly triggers: readonly number[];
}

export class StatusChecker {
  readonly #faults: Faults;
  readonly #alarms = new Map<string, Known>();

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** The next event of a page, which brings it to `seq`. One without a status is not checked. */
  take({ alarm, change, triggered, status }: PageEvent, seq: number): void {
    if (alarm === undefined) return;
    const before = this.#alarms.get(alarm);
    const isTrigger = triggered !== undefined ? change === undefined : change === 'triggered_quietly';
    const isKnownChange = isTrigger || change === 'acknowledged';
    if (status?.last_seq === undefined || !isKnownChange) {
      this.#alarms.delete(alarm);
      return;
    }
    const isNew = isTrigger && before?.status.state !== 'open';
    const triggers = isTrigger
      ? [...(isNew ? [] : (before?.triggers ?? [])), seq].slice(-LATEST)
      : (before?.triggers ?? []);
    if (before) {
      const why = isTrigger ? misfitOfTrigger(before.status, status, seq) : misfitOfAcknowledgement(before, status);
      if (why !== undefined)
        this.#faults.add('statuses', 1, () => `alarm ${alarm} at seq ${seq}: ${why}: ${JSON.stringify(status)}`);
    }
    this.#alarms.set(alarm, { status, triggers });
  }
}

function misfitOfTrigger(before: AlarmStatus, after: AlarmStatus, seq: number): string | undefined {
  if (after.state !== 'open' || after.last_seq !== seq) return 'its trigger is not open';
  if (before.state !== 'open')
    return after.count === 1 && after.first_seq === seq && !after.ack
      ? undefined
      : 'nothing was open before, and it does not begin with this trigger';
  if (after.count !== (before.count ?? 0) + 1 || after.first_seq !== before.first_seq)
    return `it had ${before.count} triggers from seq ${before.first_seq} on`;
  return after.ack?.upto === before.ack?.upto ? undefined : 'a trigger has changed what was acknowledged';
}

function misfitOfAcknowledgement({ status: before, triggers }: Known, after: AlarmStatus): string | undefined {
  const { ack, last_seq = 0, first_seq = 0 } = before;
  if (after.count !== before.count || after.last_seq !== last_seq || after.first_seq !== first_seq)
    return 'an acknowledgement has changed its triggers';
  const upto = after.ack?.upto ?? -1;
  if (upto < first_seq || upto > last_seq || upto <= (ack?.upto ?? -1))
    return 'it was acknowledged where nothing was to';
  if (upto >= (triggers[0] ?? Infinity) && !triggers.includes(upto)) return 'what was acknowledged is no trigger of it';
  const state = upto < last_seq ? 'open' : 'acknowledged';
  return after.state === state ? undefined : `a trigger after the acknowledged ones makes it ${state}`;
}

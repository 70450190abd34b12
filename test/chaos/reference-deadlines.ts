/** The deadlines of alarms as the reference model knows them: which event of a timer is in effect at its place in the log. */
import type { AlarmSeen } from './recorded.js';

interface Deadline {
  readonly due: number;
  readonly arm: number;
}

interface Deadlines {
  snooze?: Deadline | undefined;
  expiry?: Deadline | undefined;
  again?: (Deadline & { readonly n: number }) | undefined;
  /** Switched off by an update or its expiry: not told again. */
  isStopped: boolean;
}

interface Event {
  readonly type: string;
  readonly revision: number;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class ReferenceDeadlines {
  readonly #ofAlarm = new Map<string, Deadlines>();

  /** Of an event with an `arm`: whether its deadline is the current one, and due. */
  isDue({ type, at, data }: Event): boolean {
    const of = this.#ofAlarm.get(data['alarm_id'] as string);
    const deadline = type === 'AlarmUnsnoozed' ? of?.snooze : type === 'AlarmExpired' ? of?.expiry : of?.again;
    if (!deadline || deadline.arm !== data['arm'] || deadline.due > Date.parse(at)) return false;
    return type !== 'AlarmRenotified' || of?.again?.n === data['n'];
  }

  /** The event, which is in effect, has changed the alarm. */
  note(before: AlarmSeen | undefined, after: AlarmSeen, { type, revision: arm, at, data }: Event): void {
    const of = this.#ofAlarm.get(after.id) ?? { isStopped: false };
    this.#ofAlarm.set(after.id, of);
    if (type === 'AlarmSnoozed') of.snooze = { due: Date.parse(data['until'] as string), arm };
    if (type === 'AlarmUnsnoozed') of.snooze = undefined;
    if (type === 'AlarmExpired') of.expiry = undefined;
    if (type === 'AlarmCreated' || type === 'AlarmUpdated') {
      if (data['expires_at'] !== undefined)
        of.expiry = data['expires_at'] === null ? undefined : { due: Date.parse(data['expires_at'] as string), arm };
      else if (after.expires_at === undefined) of.expiry = undefined;
    }
    const { status } = after;
    if (status?.first_seq !== before?.status?.first_seq) of.isStopped = false;
    else if (type === 'AlarmUpdated' && data['active'] !== undefined) of.isStopped = data['active'] === false;
    else if (type === 'AlarmExpired') of.isStopped = status?.first_seq !== undefined;
    if (status?.first_seq === undefined) of.isStopped = false;
    const n = (status?.renotified ?? 0) + 1;
    const isTold =
      status?.state === 'open' &&
      !status.snoozed &&
      !of.isStopped &&
      after.renotify_s &&
      n <= (after.renotify_max ?? 30);
    const begins = type === 'AlarmRenotified' || data['renotify_s'] !== undefined;
    if (!isTold) of.again = undefined;
    else if (!of.again || begins) of.again = { due: Date.parse(at) + 1_000 * (after.renotify_s ?? 0), arm, n };
  }
}

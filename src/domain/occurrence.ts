/** An occurrence: a run of triggers of an alarm that nobody has dealt with, and its acknowledgement. */
import type { Sealed } from './free-text.js';

export interface Acknowledgement {
  /** Seq of the last trigger that it is for. */
  readonly upto: number;
  /** Id of the user. */
  readonly by: string;
  readonly at: string;
  readonly comment?: Sealed;
}

export interface Occurrence {
  readonly first_seq: number;
  readonly first_at: string;
  readonly last_seq: number;
  readonly last_at: string;
  /** Number of its triggers. */
  readonly count: number;
  /** Of the last trigger. */
  readonly price: number;
  readonly ack?: Acknowledgement;
  /** How often it was told again while it was open; absent: never. */
  readonly renotified?: number;
  /** The alarm was switched off by an update or its expiry: it is not told again. */
  readonly stopped?: true;
  /** When the last trigger was told that was not quiet; null after an acknowledgement, which ends a cooldown. */
  readonly told_at: string | null;
  /** Seqs of its latest triggers, ascending: at most LATEST. */
  readonly latest: readonly number[];
}

/** An acknowledgement of an older trigger than these is kept with the seq that was given. */
const LATEST = 16;

/** A trigger as an occurrence counts it. */
interface Trigger {
  readonly seq: number;
  readonly at: string;
  readonly price: number;
}

export const isOpen = ({ last_seq, ack }: Occurrence): boolean => ack === undefined || ack.upto < last_seq;

/** The occurrence after a trigger: an acknowledged one is followed by a new one. */
export function occurrenceAfter(
  before: Occurrence | undefined,
  { seq, at, price }: Trigger,
  isQuiet: boolean,
): Occurrence {
  const told_at = isQuiet ? (before?.told_at ?? null) : at;
  if (before === undefined || !isOpen(before))
    return {
      first_seq: seq,
      first_at: at,
      last_seq: seq,
      last_at: at,
      count: 1,
      price,
      told_at,
      latest: [seq],
    };
  const latest = before.latest.length < LATEST ? before.latest.slice() : before.latest.slice(1);
  latest.push(seq);
  const { first_seq, first_at, count, ack } = before;
  // Written out, in the order of a new one: a copy by spreading costs several times as much, and this is done for each trigger.
  const after = { first_seq, first_at, last_seq: seq, last_at: at, count: count + 1, price, told_at, latest };
  const { renotified } = before;
  if (renotified !== undefined) return ack ? { ...after, renotified, ack } : { ...after, renotified };
  return ack ? { ...after, ack } : after;
}

export const stopped = (occurrence: Occurrence): Occurrence => ({ ...occurrence, stopped: true });

export function unstopped({ stopped: _, ...occurrence }: Occurrence): Occurrence {
  return occurrence;
}

/**
 * The seq of the occurrence's last trigger at or below `upto`: what an acknowledgement of a user who has seen the page up to `upto`
 * is for. Undefined if they have seen none of it.
 */
export function acknowledgeable({ first_seq, latest }: Occurrence, upto: number): number | undefined {
  if (upto < first_seq) return undefined;
  const seen = latest.findLast((seq) => seq <= upto);
  return seen ?? upto;
}

export const acknowledged = (occurrence: Occurrence, ack: Acknowledgement): Occurrence => ({
  ...occurrence,
  ack,
  told_at: null,
});

export function unacknowledged({ ack: _, ...occurrence }: Occurrence): Occurrence {
  return { ...occurrence, told_at: null };
}

/** Whether a trigger at this time is counted quietly: less than `cooldownMs` has passed since the last one that was told. */
export const coolsDown = (occurrence: Occurrence | undefined, at: string, cooldownMs: number): boolean =>
  !!occurrence?.told_at && Date.parse(at) - Date.parse(occurrence.told_at) < cooldownMs;

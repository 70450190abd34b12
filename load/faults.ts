/** Faults of a server towards its viewers, counted, with a few examples as sentences. Any of them fails the run. */

export interface FaultCounts {
  /** Events of a page that a viewer never got. */
  gaps: number;
  /** Events that a viewer got again. */
  duplicates: number;
  /** Events that a viewer got after a later one of the same page. */
  out_of_order: number;
  /** Messages of a page that reached somebody without a right on it. */
  leaks: number;
  /** `error` messages, and messages outside the contract. */
  errors: number;
  /** Sockets that ended during the run. */
  closed: number;
  /** Triggers without an update in time. */
  unanswered: number;
  /** What became of alarms and does not follow from their events; acknowledgements of what was not seen. */
  statuses: number;
}

export const noFaults = (): FaultCounts => ({
  gaps: 0,
  duplicates: 0,
  out_of_order: 0,
  leaks: 0,
  errors: 0,
  closed: 0,
  unanswered: 0,
  statuses: 0,
});

const EXAMPLES = 5;

export class Faults {
  readonly counts = noFaults();
  /** The first few, as sentences without anything secret in them. */
  readonly examples: string[] = [];

  add(kind: keyof FaultCounts, count: number, example: () => string): void {
    this.counts[kind] += count;
    if (this.examples.length < EXAMPLES) this.examples.push(example());
  }
}

export function addCounts(sum: FaultCounts, more: FaultCounts): void {
  for (const kind of Object.keys(sum) as (keyof FaultCounts)[]) sum[kind] += more[kind];
}

export const anyFault = (counts: FaultCounts): boolean => Object.values(counts).some((count) => count > 0);

/** What one reader of events receives, checked: each event of each page it may see once and in order, and no other; and cursors that grow. */
import { compareCursors, type EventRecord } from './event-lines.js';
import type { Faults } from './faults.js';
import { PageSequence, settleSequences } from './page-sequence.js';
import type { PageViewers } from './page-viewers.js';

export class EventChecker {
  readonly #name: string;
  readonly #pageSet: PageViewers;
  readonly #faults: Faults;
  readonly #sequences: readonly PageSequence[];
  #cursor: string | undefined;

  /** `name` is what examples of faults call it. */
  constructor(name: string, pageSet: PageViewers, faults: Faults) {
    this.#name = name;
    this.#pageSet = pageSet;
    this.#faults = faults;
    this.#sequences = pageSet.pages.map(() => new PageSequence());
  }

  /** When the trigger behind it was sent (SendTimes); undefined if it is no trigger, or should not have come. */
  record({ page, seq, triggered, price }: EventRecord): number | undefined {
    const { sendTimes } = this.#pageSet;
    const index = this.#pageSet.indexOf(page);
    const sequence = index === undefined ? undefined : this.#sequences[index];
    if (!sequence) {
      this.#fault('leaks', `an event of page ${page}, on which it has no right`);
      return undefined;
    }
    const { last } = sequence;
    const verdict = sequence.take(seq);
    if (verdict === 'duplicate') {
      this.#fault('duplicates', `seq ${seq} of page ${page} came again`);
      return undefined;
    }
    if (verdict === 'late') this.#fault('out_of_order', `seq ${seq} of page ${page} came after seq ${last}`);
    const alarm = this.#pageSet.alarm(triggered);
    return alarm < 0 ? undefined : sendTimes.of(alarm, price, page, seq);
  }

  /** A cursor that was told: none may be before an earlier one. */
  place(cursor: string, what: string): void {
    if (this.#cursor !== undefined && compareCursors(cursor, this.#cursor) < 0)
      this.#fault('out_of_order', `the cursor of ${what} is before an earlier one`);
    else this.#cursor = cursor;
  }

  /** Each page's last revision, in the order of the set's pages. */
  revisions(): number[] {
    return this.#sequences.map(({ last }) => last);
  }

  /** Counts as gaps what is not as `expected`, the pages' revisions at the end. */
  settle(expected: readonly number[]): void {
    settleSequences(this.#name, this.#sequences, expected, this.#faults);
  }

  #fault(kind: 'duplicates' | 'out_of_order' | 'leaks', what: string): void {
    this.#faults.add(kind, 1, () => `${this.#name}: ${what}`);
  }
}

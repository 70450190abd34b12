/** Which revisions of one page a socket, or another reader, has got. */
import type { Faults } from './faults.js';

/** Holes are remembered one by one, to tell a late event from one that comes again; of a hole larger than this, the rest is only counted. */
const LARGEST_HOLE = 10_000;

export class PageSequence {
  /** The highest revision so far; -1 before any. */
  last = -1;
  readonly #missing = new Set<number>();
  #lost = 0;

  /** How many revisions below the last have never come. */
  get holes(): number {
    return this.#missing.size + this.#lost;
  }

  /** All revisions up to `revision` have come, or are part of a state that has. */
  follow(revision: number): void {
    this.last = revision;
  }

  take(seq: number): 'next' | 'ahead' | 'late' | 'duplicate' {
    if (seq === this.last + 1) {
      this.last = seq;
      return 'next';
    }
    if (seq <= this.last) return this.#missing.delete(seq) ? 'late' : 'duplicate';
    const remembered = Math.min(seq, this.last + 1 + LARGEST_HOLE);
    for (let missing = this.last + 1; missing < remembered; missing++) this.#missing.add(missing);
    this.#lost += seq - remembered;
    this.last = seq;
    return 'ahead';
  }
}

/** Counts as gaps (or, without numbers, as duplicates) what is not as `expected`, the pages' revisions at the end. */
export function settleSequences(
  name: string,
  sequences: readonly PageSequence[],
  expected: readonly number[],
  faults: Faults,
): void {
  sequences.forEach((sequence, index) => {
    const missing = expected[index]! - sequence.last;
    if (missing > 0) faults.add('gaps', missing, () => `${name}: the last ${missing} events of a page did not come`);
    if (missing < 0)
      faults.add('duplicates', -missing, () => `${name}: ${-missing} more events of a page came than there were`);
    if (sequence.holes)
      faults.add('gaps', sequence.holes, () => `${name}: ${sequence.holes} events in the middle of a page never came`);
  });
}

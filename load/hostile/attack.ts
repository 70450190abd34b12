/** An attack by one hostile user: prepared within the normal limits, then run until its end. */
import type { Attacker } from './attacker.js';

export interface Attack {
  /** As --hostile names it. */
  readonly name: string;
  /** Its effect when it was found, and its number there. */
  readonly found: string;
  /** Accounts besides the attacker's first, all of one person (1 by default). */
  readonly accomplices?: number;
  /** File descriptors that the server may have open, if it is about them. */
  readonly descriptors?: number;
  /** Heap that the server may have, in MB, if it is about that: otherwise filling it would take an hour. */
  readonly heapMb?: number;
  /** Makes what the attack needs, as far as the server lets it within the time that `attacker.isPreparing`. */
  readonly prepare?: (attacker: Attacker) => Promise<void>;
  /** Goes on until `attacker.isOver`; what the server refuses is no reason to end. */
  readonly run: (attacker: Attacker) => Promise<void>;
}

/**
 * Large states that are on their way, over all sockets and HTTP replies. A state is handed to its connection in chunks, each when
 * the one before has been taken: so what waits are references to bytes that all who are sent the same pages share, and not a copy
 * for each. All that waits has one budget. Where that is used up, the connection that has taken nothing for the longest time is cut.
 */
import type { StateText } from './state-text.js';

/** Bytes handed to a connection at once. A state that has no more is sent whole. */
export const CHUNK_BYTES = 64 * 1024;

/** How long a connection may take nothing of its state, in milliseconds. */
export const STALL_MS = 60_000;

/** Parts below this size are copied for their state: a reference would take as much. In bytes. */
const COPIED_BYTES = 4 * 1024;

/**
 * Time for chunks in one iteration of the event loop, in milliseconds. A command passes some three iterations from its socket to those
 * of its viewers, and waits this long in each. Less would make the iterations themselves the larger part of the time.
 */
const LEAST_BUDGET_MS = 0.25;

/** Where other work takes the iterations long, chunks get this share of its time, so that states still arrive: at most so many milliseconds. */
const SHARE = 1 / 8;
const MOST_BUDGET_MS = 2;

/** Memory of a state on its way beside its text, in bytes. */
const OVERHEAD_BYTES = 1024;

export interface UndeliveredOptions {
  /** Bytes that may wait in all, of states and of whatever else connections have not taken. */
  readonly limitBytes: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
  /** Calls back in the next iteration of the event loop. */
  readonly nextIteration?: (then: () => void) => void;
}

/** Hands the next chunk to its connection; true if the connection would take another one at once. */
export type Pump = () => boolean;

export class Undelivered {
  /** Called where there is no room, before a state is cut for it: to make room in other ways, and to say then what waits in them. */
  whenFull: (() => void) | undefined;
  readonly limitBytes: number;
  readonly #now: () => number;
  readonly #nextIteration: (then: () => void) => void;
  /** Those that have taken nothing for the longest time first. */
  readonly #states = new Set<UndeliveredState>();
  /** How many states on their way refer to these bytes. */
  readonly #references = new Map<ArrayBufferLike, number>();
  #bytes = 0;
  #otherBytes = 0;
  #cut = 0;
  #pumps: Pump[] = [];
  #spentMs = 0;
  #budgetMs = LEAST_BUDGET_MS;
  #isScheduled = false;

  constructor({
    limitBytes,
    now = () => performance.now(),
    nextIteration = (then) => void setImmediate(then),
  }: UndeliveredOptions) {
    this.limitBytes = limitBytes;
    this.#now = now;
    this.#nextIteration = nextIteration;
  }

  /** Memory that states on their way hold, in bytes: what several of them share counts once. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The same with what else connections have not taken, as it was last looked at. */
  get allBytes(): number {
    return this.#bytes + this.#otherBytes;
  }

  /** Connections cut for want of room, or because they took nothing. */
  get cut(): number {
    return this.#cut;
  }

  /** A state that begins its way. `cut` closes its connection. `otherBytes`: memory that is held beside it until it has arrived. */
  add(text: StateText, cut: () => void, otherBytes = 0): UndeliveredState {
    const state = new UndeliveredState(text, this, cut, this.#now(), otherBytes);
    this.#states.add(state);
    this.#bytes += OVERHEAD_BYTES + otherBytes;
    for (const bytes of state.holds) this.hold(bytes);
    this.#makeRoom();
    return state;
  }

  /** Bytes that wait on connections in other ways, as they were counted last. */
  get otherBytes(): number {
    return this.#otherBytes;
  }

  set otherBytes(bytes: number) {
    this.#otherBytes = bytes;
  }

  /** To be called now and then: cuts what has stood still for too long, and makes room if there is too little. */
  look(): void {
    const now = this.#now();
    for (const state of this.#states) {
      if (now - state.progressedAt <= STALL_MS) break;
      this.#close(state);
    }
    this.#makeRoom();
  }

  /** Calls the pump until it has enough: in turn with the others, so much of an iteration of the event loop. At once where none waits. */
  pump(pump: Pump): void {
    this.#pumps.push(pump);
    if (this.#pumps.length === 1) this.#run();
  }

  /** For UndeliveredState. */
  hold(bytes: Buffer): void {
    const references = this.#references.get(bytes.buffer) ?? 0;
    this.#references.set(bytes.buffer, references + 1);
    if (references === 0) this.#bytes += bytes.buffer.byteLength;
  }

  /** For UndeliveredState. */
  release(bytes: Buffer): void {
    const references = this.#references.get(bytes.buffer);
    if (references === undefined) return;
    if (references > 1) return void this.#references.set(bytes.buffer, references - 1);
    this.#references.delete(bytes.buffer);
    this.#bytes -= bytes.buffer.byteLength;
  }

  /** For UndeliveredState. */
  progressed(state: UndeliveredState): number {
    this.#states.delete(state);
    this.#states.add(state);
    return this.#now();
  }

  /** For UndeliveredState. */
  remove(state: UndeliveredState, otherBytes: number): void {
    if (this.#states.delete(state)) this.#bytes -= OVERHEAD_BYTES + otherBytes;
  }

  #makeRoom(): void {
    if (this.allBytes > this.limitBytes) this.whenFull?.();
    for (const state of this.#states) {
      if (this.allBytes <= this.limitBytes) return;
      this.#close(state);
    }
  }

  #close(state: UndeliveredState): void {
    this.#cut += 1;
    state.over();
    state.cut();
  }

  #run(): void {
    for (let pump = this.#pumps[0]; pump && this.#spentMs < this.#budgetMs; pump = this.#pumps[0]) {
      const startedAt = this.#now();
      const goesOn = pump();
      this.#pumps.shift();
      if (goesOn) this.#pumps.push(pump);
      this.#spentMs += this.#now() - startedAt;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const endedAt = this.#now();
    this.#nextIteration(() => {
      this.#isScheduled = false;
      this.#spentMs = 0;
      this.#budgetMs = Math.min(Math.max((this.#now() - endedAt) * SHARE, LEAST_BUDGET_MS), MOST_BUDGET_MS);
      if (this.#pumps.length > 0) this.#run();
    });
  }
}

/** One state on its way to one connection. */
export class UndeliveredState {
  /** Of the whole text, in bytes. */
  readonly length: number;
  readonly cut: () => void;
  /** When its connection last took some of it, on the monotonic clock in milliseconds. */
  progressedAt: number;
  readonly #all: Undelivered;
  readonly #otherBytes: number;
  #parts: readonly Buffer[];
  /** Those before this one are taken. */
  #first = 0;
  /** Where that one begins in the text. */
  #firstOffset = 0;

  constructor(text: StateText, all: Undelivered, cut: () => void, now: number, otherBytes: number) {
    this.#parts = partsOf(text);
    this.length = this.#parts.reduce((sum, { length }) => sum + length, 0);
    this.cut = cut;
    this.progressedAt = now;
    this.#all = all;
    this.#otherBytes = otherBytes;
  }

  /** It has arrived, or its connection was cut. */
  get isOver(): boolean {
    return this.#parts.length === 0;
  }

  /** What of it is held in memory. */
  get holds(): readonly Buffer[] {
    return this.#parts.slice(this.#first);
  }

  /**
   * The text from `offset` on, which must not be before what was taken: CHUNK_BYTES at most, valid until the next call. It ends where a
   * part ends, so that a part of that length is handed over as it is; smaller ones are copied together.
   */
  chunk(offset: number): Buffer {
    let at = this.#first;
    let within = offset - this.#firstOffset;
    while (within >= this.#parts[at]!.length) within -= this.#parts[at++]!.length;
    const part = this.#parts[at]!;
    let length = part.length - within;
    let next = at + 1;
    while (next < this.#parts.length && length + this.#parts[next]!.length <= CHUNK_BYTES)
      length += this.#parts[next++]!.length;
    if (next === at + 1) return part.subarray(within, within + CHUNK_BYTES);
    let end = 0;
    for (; at < next; at += 1, within = 0) end += this.#parts[at]!.copy(scratch, end, within);
    return scratch.subarray(0, end);
  }

  /** The connection has taken all before `offset`. */
  took(offset: number): void {
    for (
      let part = this.#parts[this.#first];
      part && this.#firstOffset + part.length <= offset;
      part = this.#parts[this.#first]
    ) {
      this.#firstOffset += part.length;
      this.#first += 1;
      this.#all.release(part);
    }
    this.progressedAt = this.#all.progressed(this);
  }

  /** It has arrived, or never will: nothing of it is held any more. */
  over(): void {
    for (const part of this.holds) this.#all.release(part);
    this.#parts = [];
    this.#first = 0;
    this.#all.remove(this, this.#otherBytes);
  }
}

const scratch = Buffer.allocUnsafeSlow(CHUNK_BYTES);

/** The text in bytes: large parts as they are, what is between them in copies of its own. */
function partsOf(text: StateText): Buffer[] {
  const parts: Buffer[] = [];
  let small: Buffer[] = [];
  for (const part of text) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    if (bytes.length < COPIED_BYTES) {
      small.push(bytes);
      continue;
    }
    if (small.length > 0) parts.push(copyOf(small));
    small = [];
    parts.push(bytes);
  }
  if (small.length > 0) parts.push(copyOf(small));
  return parts.filter(({ length }) => length > 0);
}

/** In memory of its own, and not in the pool that small buffers share, which would count as a whole. */
function copyOf(pieces: readonly Buffer[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const piece of pieces) end += piece.copy(copy, end);
  return copy;
}

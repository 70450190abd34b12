/**
 * Large states that are being sent, over all sockets and HTTP replies. A state is passed to its connection in chunks, each when the
 * previous one has been accepted. So the waiting data are references to bytes shared by all receivers of the same pages, not
 * copies. All waiting data share one memory budget. When it is exhausted, the connection that has accepted nothing for the longest
 * time is cut.
 */
import type { StateText } from './state-text.js';

/** Bytes passed to a connection at once. A smaller state is sent whole. */
export const CHUNK_BYTES = 64 * 1024;

/** How long a connection may accept nothing of its state, in milliseconds. */
export const STALL_MS = 60_000;

/** Parts below this size are copied, because a reference would take as much memory. In bytes. */
const COPIED_BYTES = 4 * 1024;

/**
 * Time for chunks per iteration of the event loop, in milliseconds. A command passes about three iterations from its socket to
 * those of its viewers, and waits this long in each. With a smaller value the overhead of the iterations would dominate.
 */
const LEAST_BUDGET_MS = 0.25;

/** If other work makes the iterations long, chunks get this share of its time, so that states still arrive; at most this many milliseconds. */
const SHARE = 1 / 8;
const MOST_BUDGET_MS = 2;

/** Memory of a state besides its text, in bytes. */
const OVERHEAD_BYTES = 1024;

export interface UndeliveredOptions {
  /** Bytes that may wait in total: states, and other data that connections have not accepted. */
  readonly limitBytes: number;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
  /** Calls back in the next iteration of the event loop. */
  readonly nextIteration?: (then: () => void) => void;
}

/** Passes the next chunk to its connection. True if the connection would accept another one immediately. */
export type Pump = () => boolean;

export class Undelivered {
  /** Called when the budget is exceeded, before a state is cut: it frees other memory and then updates `otherBytes`. */
  whenFull: (() => void) | undefined;
  readonly limitBytes: number;
  readonly #now: () => number;
  readonly #nextIteration: (then: () => void) => void;
  /** States that have made no progress for the longest time first. */
  readonly #states = new Set<UndeliveredState>();
  /** How many states refer to each buffer. */
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

  /** Memory that states hold, in bytes; shared buffers count once. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The same including other data that connections have not accepted, as last counted. */
  get allBytes(): number {
    return this.#bytes + this.#otherBytes;
  }

  /** Connections cut because the budget was exceeded or because they accepted nothing. */
  get cut(): number {
    return this.#cut;
  }

  /** Adds a state. `cut` closes its connection. `otherBytes`: memory held in addition until it has arrived. */
  add(text: StateText, cut: () => void, otherBytes = 0): UndeliveredState {
    const state = new UndeliveredState(text, this, cut, this.#now(), otherBytes);
    this.#states.add(state);
    this.#bytes += OVERHEAD_BYTES + otherBytes;
    for (const bytes of state.holds) this.hold(bytes);
    this.#makeRoom();
    return state;
  }

  /** Bytes that wait on connections in other ways, as last counted. */
  get otherBytes(): number {
    return this.#otherBytes;
  }

  set otherBytes(bytes: number) {
    this.#otherBytes = bytes;
  }

  /** Has to be called regularly: cuts stalled connections, and frees memory if the budget is exceeded. */
  look(): void {
    const now = this.#now();
    for (const state of this.#states) {
      if (now - state.progressedAt <= STALL_MS) break;
      this.#close(state);
    }
    this.#makeRoom();
  }

  /**
   * Calls the pump until it returns false, round robin with the others, within a budget per iteration of the event loop. Runs
   * immediately if no other is waiting.
   */
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
    let endedAt = this.#now();
    for (let pump = this.#pumps[0]; pump && this.#spentMs < this.#budgetMs; pump = this.#pumps[0]) {
      const startedAt = endedAt;
      const goesOn = pump();
      this.#pumps.shift();
      if (goesOn) this.#pumps.push(pump);
      endedAt = this.#now();
      this.#spentMs += endedAt - startedAt;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
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
  /** Length of the whole text, in bytes. */
  readonly length: number;
  readonly cut: () => void;
  /** When its connection last accepted some of it, on the monotonic clock in milliseconds. */
  progressedAt: number;
  readonly #all: Undelivered;
  readonly #otherBytes: number;
  #parts: readonly Buffer[];
  /** Parts before this index are accepted. */
  #first = 0;
  /** Offset of that part in the text. */
  #firstOffset = 0;

  constructor(text: StateText, all: Undelivered, cut: () => void, now: number, otherBytes: number) {
    this.#parts = partsOf(text);
    this.length = this.#parts.reduce((sum, { length }) => sum + length, 0);
    this.cut = cut;
    this.progressedAt = now;
    this.#all = all;
    this.#otherBytes = otherBytes;
  }

  /** Whether it has arrived or its connection was cut. */
  get isOver(): boolean {
    return this.#parts.length === 0;
  }

  /** The buffers it still holds. */
  get holds(): readonly Buffer[] {
    return this.#parts.slice(this.#first);
  }

  /**
   * The text from `offset` on, which must not be before the accepted part: at most CHUNK_BYTES, valid until the next call. It ends
   * at the end of a part, so that a part of that length is passed without a copy; smaller ones are copied together.
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

  /** The connection has accepted everything before `offset`. */
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

  /** It has arrived or never will: releases its memory. */
  over(): void {
    for (const part of this.holds) this.#all.release(part);
    this.#parts = [];
    this.#first = 0;
    this.#all.remove(this, this.#otherBytes);
  }
}

const scratch = Buffer.allocUnsafeSlow(CHUNK_BYTES);

/** The text as buffers: large parts as they are, smaller ones between them copied together. */
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

/** In its own buffer, not in the pool that small buffers share, which would count as a whole. */
function copyOf(pieces: readonly Buffer[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const piece of pieces) end += piece.copy(copy, end);
  return copy;
}

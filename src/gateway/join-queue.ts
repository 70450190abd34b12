/**
 * Joins sockets in order and within a time budget. If no socket waits, a new one gets its state immediately. If many arrive at
 * once, they get it first in first out, with a time limit per iteration of the event loop, so that events still reach the open
 * sockets in between.
 *
 * Messages that a socket sends before it has its state wait with it, because the state has to be its first message. They are
 * processed within the same budget, one at a time.
 *
 * A socket whose state depends on something else enters the queue when that is ready, and counts as waiting until then.
 */
import { RemovableQueue } from './removable-queue.js';

/** Time for states per iteration of the event loop, in milliseconds: the maximum delay of a push, except for a single state that takes longer. */
const BUDGET_MS = 2;

/** Bytes that a waiting socket may have sent, and all of them together. */
const HELD_LIMIT = 64 * 1024;
const ALL_HELD_LIMIT = 64 * 1024 * 1024;

/**
 * A socket that holds no more than this is accepted even beyond the total, so that others cannot use up its share. Each waiting
 * socket has this much. In bytes.
 */
const LIGHT_BYTES = 2 * 1024;

/** Minimum size that a held message counts as, in bytes: an empty one also needs memory, and time when it is processed. */
const LEAST_BYTES = 256;

export interface JoinQueueOptions {
  /** Sockets that may wait at a time; Infinity: no limit. */
  readonly limit: number;
  readonly budgetMs?: number;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
  /** Calls back in the next iteration of the event loop. */
  readonly nextIteration?: (then: () => void) => void;
}

/** The work that a socket waits for. If it has to wait for something else first, it does nothing and returns a promise of that. */
export type Work = () => Promise<void> | void;

interface Waiting {
  /** Sends the socket its state. Undefined when that is done, or if the socket has closed. */
  work: Work | undefined;
  /** Messages received in the meantime, to be processed afterwards; the first `done` of them have been. */
  readonly held: (() => void)[];
  done: number;
  heldBytes: number;
  /** Size of the message that it waits with. */
  readonly bytes: number;
}

export class JoinQueue<S extends object> {
  readonly #limit: number;
  readonly #budgetMs: number;
  readonly #now: () => number;
  readonly #nextIteration: (then: () => void) => void;
  readonly #queue = new RemovableQueue<S, readonly [S, Waiting]>();
  /** Sockets that are not in the queue yet. */
  readonly #early = new Map<S, Waiting>();
  /** Taken from the queue and not finished. */
  #current: readonly [S, Waiting] | undefined;
  #heldBytes = 0;
  #spentMs = 0;
  #scheduled = false;
  #running = false;

  constructor({
    limit,
    budgetMs = BUDGET_MS,
    now = () => performance.now(),
    nextIteration = (then) => void setImmediate(then),
  }: JoinQueueOptions) {
    this.#limit = limit;
    this.#budgetMs = budgetMs;
    this.#now = now;
    this.#nextIteration = nextIteration;
  }

  /** Waiting sockets, including closed ones with unprocessed messages. */
  get waiting(): number {
    return this.#queue.size + this.#early.size + (this.#current ? 1 : 0);
  }

  /** Whether no more sockets may wait. */
  get isFull(): boolean {
    return this.waiting >= this.#limit;
  }

  /** Bytes of the messages that wait with their sockets. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  isWaiting(socket: S): boolean {
    return this.#waitingOf(socket) !== undefined;
  }

  /**
   * Runs the work for a socket that is not waiting yet, when it is first in the queue: immediately if the queue is empty. Before
   * `ready` resolves, it does not delay others. `bytes`: size of the message that the work is for.
   */
  add(socket: S, work: Work, ready?: Promise<void>, bytes = 0): void {
    const waiting: Waiting = { work, held: [], done: 0, heldBytes: 0, bytes };
    this.#heldBytes += bytes;
    if (!ready) return this.#enqueue(socket, waiting);
    this.#waitFor(ready, socket, waiting);
  }

  /**
   * Keeps a message of a waiting socket until the socket has its state. Returns false, and keeps nothing, if this socket or all
   * waiting ones together have sent too much.
   */
  hold(socket: S, bytes: number, action: () => void): boolean {
    const waiting = this.#waitingOf(socket);
    if (!waiting) return false;
    const counted = Math.max(bytes, LEAST_BYTES);
    const own = waiting.heldBytes + counted;
    if (own > HELD_LIMIT || (this.#heldBytes + counted > ALL_HELD_LIMIT && own > LIGHT_BYTES)) return false;
    waiting.held.push(action);
    waiting.heldBytes += counted;
    this.#heldBytes += counted;
    return true;
  }

  /** The socket has closed: it needs no state any more, but its earlier messages are still processed in order. */
  leave(socket: S): void {
    const waiting = this.#waitingOf(socket);
    if (!waiting) return;
    waiting.work = undefined;
    const isEarly = this.#early.delete(socket);
    if (waiting.held.length > waiting.done) return isEarly ? this.#enqueue(socket, waiting) : undefined;
    if (this.#queue.remove(socket) || isEarly) this.#over(waiting);
  }

  #waitFor(ready: Promise<void>, socket: S, waiting: Waiting): void {
    this.#early.set(socket, waiting);
    void ready.then(() => this.#early.delete(socket) && this.#enqueue(socket, waiting));
  }

  #waitingOf(socket: S): Waiting | undefined {
    if (this.#current?.[0] === socket) return this.#current[1];
    return this.#early.get(socket) ?? this.#queue.get(socket)?.[1];
  }

  #over(waiting: Waiting): void {
    this.#heldBytes -= waiting.bytes + waiting.heldBytes;
  }

  #enqueue(socket: S, waiting: Waiting): void {
    this.#queue.add(socket, [socket, waiting]);
    this.#run();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#nextIteration(() => this.#runIteration());
  }

  #runIteration(): void {
    this.#scheduled = false;
    this.#spentMs = 0;
    this.#run();
    if (this.#spentMs > 0 || this.waiting > this.#early.size) this.#schedule();
  }

  /** Runs due work, in order, until the iteration's budget is spent. The work may add another socket, which then waits. */
  #run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#spentMs < this.#budgetMs && (this.#current || this.#queue.size > 0))
        this.#next((this.#current ??= this.#queue.take()));
    } finally {
      this.#running = false;
    }
  }

  #next([socket, waiting]: readonly [S, Waiting]): void {
    const startedAt = this.#now();
    const { work } = waiting;
    const ready = this.#step(waiting);
    this.#spentMs += this.#now() - startedAt;
    if (ready) {
      this.#current = undefined;
      waiting.work = work;
      return this.#waitFor(ready, socket, waiting);
    }
    if (waiting.work || waiting.done < waiting.held.length) return;
    this.#over(waiting);
    this.#current = undefined;
  }

  /** Sends the state, or processes the next held message. */
  #step(waiting: Waiting): Promise<void> | void {
    const { work, held } = waiting;
    if (work) {
      waiting.work = undefined;
      return work();
    }
    if (waiting.done < held.length) held[waiting.done++]?.();
  }
}

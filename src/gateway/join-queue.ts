/**
 * Who gets his state when. A socket that comes when nothing waits gets it at once; when all come at once, they get it in the
 * order of their coming, so much in each turn of the event loop that what happens meanwhile still reaches those who are there.
 *
 * What a socket sends before it has its state waits with it: the state is the first thing it hears. It is looked at within the same
 * budget, message by message.
 *
 * Whose state has to wait for something else first gets into the line when that is there, and counts as waiting until then.
 */
import { Line } from './removable-queue.js';

/** Time for states in one turn of the event loop, in milliseconds: what a push waits at the most, but for one state that takes longer. */
const BUDGET_MS = 2;

/** Bytes that a waiting socket may have sent, and all of them together. */
const HELD_LIMIT = 64 * 1024;
const ALL_HELD_LIMIT = 64 * 1024 * 1024;

/** A socket that holds no more than this is let in beyond that too: others cannot take its place. So many for each place in the line. In bytes. */
const LIGHT_BYTES = 2 * 1024;

/** What a held message counts at least, in bytes: also an empty one takes memory, and time when it is looked at. */
const LEAST_BYTES = 256;

export interface JoinQueueOptions {
  /** Sockets that may wait at a time; Infinity: any number. */
  readonly limit: number;
  readonly budgetMs?: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
  /** Calls back in the next turn of the event loop. */
  readonly nextTurn?: (then: () => void) => void;
}

/** What a socket waits for. It may find that it has to wait for something else first: then it does nothing, and returns that. */
export type Work = () => Promise<void> | void;

interface Waiting {
  /** Gives it its state; undefined once that is done, or needless because the socket has closed. */
  work: Work | undefined;
  /** What it has sent meanwhile, to be looked at afterwards: the first `done` of them have been. */
  readonly held: (() => void)[];
  done: number;
  heldBytes: number;
  /** Of the message that it waits with. */
  readonly bytes: number;
}

export class JoinQueue<S extends object> {
  readonly #limit: number;
  readonly #budgetMs: number;
  readonly #now: () => number;
  readonly #nextTurn: (then: () => void) => void;
  readonly #line = new Line<S, readonly [S, Waiting]>();
  /** Not in the line yet. */
  readonly #early = new Map<S, Waiting>();
  /** Taken out of the line, and not done yet. */
  #current: readonly [S, Waiting] | undefined;
  #heldBytes = 0;
  #spentMs = 0;
  #scheduled = false;
  #running = false;

  constructor({
    limit,
    budgetMs = BUDGET_MS,
    now = () => performance.now(),
    nextTurn = (then) => void setImmediate(then),
  }: JoinQueueOptions) {
    this.#limit = limit;
    this.#budgetMs = budgetMs;
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** Sockets that wait for their turn, and closed ones of which something is left to be looked at. */
  get waiting(): number {
    return this.#line.size + this.#early.size + (this.#current ? 1 : 0);
  }

  /** No socket more may be let wait. */
  get isFull(): boolean {
    return this.waiting >= this.#limit;
  }

  /** Bytes of messages that wait with their sockets. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  isWaiting(socket: S): boolean {
    return this.#waitingOf(socket) !== undefined;
  }

  /**
   * Does the work for the socket, which is not waiting yet, when its turn comes: now, if nobody is before it. It is in nobody's way
   * before `ready` resolves. `bytes`: of the message that the work is for.
   */
  admit(socket: S, work: Work, ready?: Promise<void>, bytes = 0): void {
    const waiting: Waiting = { work, held: [], done: 0, heldBytes: 0, bytes };
    this.#heldBytes += bytes;
    if (!ready) return this.#lineUp(socket, waiting);
    this.#waitFor(ready, socket, waiting);
  }

  /**
   * For a waiting socket: does what its message of so many bytes asks for, once it has its state. False, and nothing is kept, where it
   * has sent too much, or all waiting sockets together have.
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

  /** The socket has closed: it needs no state any more, but what it sent before still counts, at its turn. */
  leave(socket: S): void {
    const waiting = this.#waitingOf(socket);
    if (!waiting) return;
    waiting.work = undefined;
    const isEarly = this.#early.delete(socket);
    if (waiting.held.length > waiting.done) return isEarly ? this.#lineUp(socket, waiting) : undefined;
    if (this.#line.leave(socket) || isEarly) this.#over(waiting);
  }

  #waitFor(ready: Promise<void>, socket: S, waiting: Waiting): void {
    this.#early.set(socket, waiting);
    void ready.then(() => this.#early.delete(socket) && this.#lineUp(socket, waiting));
  }

  #waitingOf(socket: S): Waiting | undefined {
    if (this.#current?.[0] === socket) return this.#current[1];
    return this.#early.get(socket) ?? this.#line.get(socket)?.[1];
  }

  #over(waiting: Waiting): void {
    this.#heldBytes -= waiting.bytes + waiting.heldBytes;
  }

  #lineUp(socket: S, waiting: Waiting): void {
    this.#line.add(socket, [socket, waiting]);
    this.#run();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#nextTurn(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    this.#spentMs = 0;
    this.#run();
    if (this.#spentMs > 0 || this.waiting > this.#early.size) this.#schedule();
  }

  /** Does what is due, in order, until the turn's budget is spent. What is done may bring another socket here: that one waits then. */
  #run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#spentMs < this.#budgetMs && (this.#current || this.#line.size > 0))
        this.#next((this.#current ??= this.#line.take()));
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

  /** Its state, or else the next of what it has sent. */
  #step(waiting: Waiting): Promise<void> | void {
    const { work, held } = waiting;
    if (work) {
      waiting.work = undefined;
      return work();
    }
    if (waiting.done < held.length) held[waiting.done++]?.();
  }
}

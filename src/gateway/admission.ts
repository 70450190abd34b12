/**
 * Who gets his state when. A socket that comes when nothing waits gets it at once; when all come at once, they get it in the
 * order of their coming, so much in each turn of the event loop that what happens meanwhile still reaches those who are there.
 *
 * What a socket sends before it has its state waits with it: the state is the first thing it hears.
 *
 * Whose state has to wait for something else first gets into the line when that is there, and counts as waiting until then.
 */
import { Line } from './line.js';

/** Time for states in one turn of the event loop, in milliseconds: what a push waits at the most, but for one state that takes longer. */
const BUDGET_MS = 2;

/** Bytes a waiting socket may have sent; with more it gets its turn at once, rather than that they pile up. */
const HELD_LIMIT = 64 * 1024;

export interface AdmissionOptions {
  /** Sockets that may wait at a time; Infinity: any number. */
  readonly limit: number;
  readonly budgetMs?: number;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
  /** Calls back in the next turn of the event loop. */
  readonly nextTurn?: (then: () => void) => void;
}

interface Waiting {
  /** Gives it its state. */
  readonly work: () => void;
  /** What it has sent meanwhile, to be looked at afterwards. */
  readonly held: (() => void)[];
  heldBytes: number;
}

export class Admission<S extends object> {
  readonly #limit: number;
  readonly #budgetMs: number;
  readonly #now: () => number;
  readonly #nextTurn: (then: () => void) => void;
  readonly #line = new Line<S, Waiting>();
  /** Not in the line yet. */
  readonly #early = new Map<S, Waiting>();
  #spentMs = 0;
  #scheduled = false;

  constructor({ limit, budgetMs = BUDGET_MS, now = () => performance.now(), nextTurn = (then) => void setImmediate(then) }: AdmissionOptions) {
    this.#limit = limit;
    this.#budgetMs = budgetMs;
    this.#now = now;
    this.#nextTurn = nextTurn;
  }

  /** Sockets that wait for their turn. */
  get waiting(): number {
    return this.#line.size + this.#early.size;
  }

  /** No socket more may be let wait. */
  get isFull(): boolean {
    return this.waiting >= this.#limit;
  }

  isWaiting(socket: S): boolean {
    return this.#line.has(socket) || this.#early.has(socket);
  }

  /** Does the work for the socket, which is not waiting yet, when its turn comes: now, if nobody is before it. It is in nobody's way before `ready` resolves. */
  admit(socket: S, work: () => void, ready?: Promise<void>): void {
    const waiting: Waiting = { work, held: [], heldBytes: 0 };
    if (!ready) return this.#lineUp(socket, waiting);
    this.#early.set(socket, waiting);
    void ready.then(() => this.#early.delete(socket) && this.#lineUp(socket, waiting));
  }

  /** For a waiting socket: does what its message of so many bytes asks for, once it has its state. */
  hold(socket: S, bytes: number, action: () => void): void {
    const waiting = (this.#early.get(socket) ?? this.#line.get(socket))!;
    waiting.held.push(action);
    waiting.heldBytes += bytes;
    if (waiting.heldBytes <= HELD_LIMIT) return;
    this.#forget(socket);
    this.#run(waiting);
  }

  /** The socket has closed: it needs no state any more, but what it sent before still counts. */
  leave(socket: S): void {
    const waiting = this.#early.get(socket) ?? this.#line.get(socket);
    if (!waiting) return;
    this.#forget(socket);
    for (const action of waiting.held) action();
  }

  #forget(socket: S): void {
    this.#early.delete(socket);
    this.#line.leave(socket);
  }

  #lineUp(socket: S, waiting: Waiting): void {
    if (this.#line.size === 0 && this.#spentMs < this.#budgetMs) this.#run(waiting);
    else this.#line.add(socket, waiting);
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
    while (this.#line.size > 0 && this.#spentMs < this.#budgetMs) this.#run(this.#line.take());
    if (this.#spentMs > 0) this.#schedule();
  }

  #run({ work, held }: Waiting): void {
    const startedAt = this.#now();
    work();
    for (const action of held) action();
    this.#spentMs += this.#now() - startedAt;
  }
}

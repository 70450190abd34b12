/**
 * From a socket's opening to its state. One that was opened to resume is expected to say what it holds; any other, and one that does
 * not say so in time, gets its whole state. What a socket sends before it has its state waits in the join queue.
 */
import type { Delivery } from '../delivery/delivery.js';
import { RESUME_WAIT_MS } from '../delivery/recovery.js';
import type { ReadBudget } from '../net/read-budget.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import { JoinQueue } from './join-queue.js';
import type { Socket } from './socket.js';

export interface JoiningOptions {
  /** Sockets that may wait at a time; Infinity: any number. */
  readonly limit: number;
  readonly projection: Projection;
  readonly delivery: Delivery;
  readonly reads: ReadBudget;
}

export class Joining {
  readonly #options: JoiningOptions;
  readonly #queue: JoinQueue<Socket>;
  /** Sockets that were opened to resume and have not said from where: since when, on the monotonic clock, those of longest ago first. */
  readonly #awaited = new Map<Socket, number>();

  constructor(options: JoiningOptions) {
    this.#options = options;
    this.#queue = new JoinQueue({ limit: options.limit });
  }

  /** Sockets that wait for their state. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Whether no more of them may wait. */
  get isFull(): boolean {
    return this.#queue.isFull;
  }

  /** `resumes`: it will say what it holds. */
  opened(socket: Socket, resumes: boolean): void {
    if (resumes) this.#awaited.set(socket, performance.now());
    else this.#join(socket);
  }

  /** Whether the socket was opened to resume, and has not. */
  isAwaited(socket: Socket): boolean {
    return this.#awaited.has(socket);
  }

  /** The socket has said what it holds. */
  resumed(socket: Socket): void {
    this.#awaited.delete(socket);
  }

  /** Whether the socket has not got its state yet: what it sends has to wait. */
  isPending(socket: Socket): boolean {
    return this.#queue.isWaiting(socket) || this.#awaited.has(socket);
  }

  /** For a pending socket: reads its message of so many bytes when it is due. Closes a socket that has sent too much. */
  readLater(socket: Socket, bytes: number, read: () => void): void {
    // A resume, most likely: it waits in the queue too, because when all sockets come at once, answering them takes as long as joining.
    if (!this.#queue.isWaiting(socket)) return this.#admit(socket, read, bytes);
    if (!this.#queue.hold(socket, bytes, read)) socket.end('sent_too_much');
  }

  /** To be called now and then: gives the whole state to those that did not resume in time. `now` is on the monotonic clock. */
  look(now: number): void {
    for (const [socket, since] of [...this.#awaited]) {
      if (now - since < RESUME_WAIT_MS) break;
      // What it has sent may be its resume: that is seen when it is read.
      if (!this.#queue.isWaiting(socket)) this.#join(socket);
    }
  }

  closed(socket: Socket): void {
    this.#awaited.delete(socket);
    this.#queue.leave(socket);
  }

  #join(socket: Socket): void {
    const { delivery, reads } = this.#options;
    this.#awaited.delete(socket);
    this.#admit(socket, () => {
      const startedAt = performance.now();
      socket.viewer = delivery.join(socket.userId, socket);
      reads.spend(socket.userId, performance.now() - startedAt, socket.sentBytes);
    });
  }

  /**
   * First this node has to know what the client has heard on another one: otherwise the client would see a page again that was taken
   * from it, and its own changes undone.
   */
  #admit(socket: Socket, work: () => void, bytes = 0): void {
    const { delivery, projection } = this.#options;
    const whenTold = (): Promise<void> | void => delivery.whenSettled(socket.userId) ?? work();
    this.#queue.admit(socket, whenTold, projection.present(POSITION_WAIT_MS), bytes);
  }
}

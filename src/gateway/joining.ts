/**
 * Handles a socket from its opening to its state. A socket that was opened to resume is expected to send a resume; any other, and
 * one that does not send it in time, gets the whole state. Messages that it sends earlier wait in the join queue.
 */
import type { Delivery } from '../delivery/delivery.js';
import { RESUME_WAIT_MS } from '../delivery/recovery.js';
import type { ReadBudget } from '../net/read-budget.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import { JoinQueue } from './join-queue.js';
import type { Socket } from './socket.js';

export interface JoiningOptions {
  /** Sockets that may wait at a time; Infinity: no limit. */
  readonly limit: number;
  readonly projection: Projection;
  readonly delivery: Delivery;
  readonly reads: ReadBudget;
}

export class Joining {
  readonly #options: JoiningOptions;
  readonly #queue: JoinQueue<Socket>;
  /** Sockets that were opened to resume and have not yet, with their opening time on the monotonic clock, oldest first. */
  readonly #awaited = new Map<Socket, number>();

  constructor(options: JoiningOptions) {
    this.#options = options;
    this.#queue = new JoinQueue({ limit: options.limit });
  }

  /** Sockets that wait for their state. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Whether no more sockets may wait. */
  get isFull(): boolean {
    return this.#queue.isFull;
  }

  /** `resumes`: it will send a resume. */
  opened(socket: Socket, resumes: boolean): void {
    if (resumes) this.#awaited.set(socket, performance.now());
    else this.#join(socket);
  }

  /** Whether the socket was opened to resume and has not yet. */
  isAwaited(socket: Socket): boolean {
    return this.#awaited.has(socket);
  }

  /** The socket has sent its resume. */
  resumed(socket: Socket): void {
    this.#awaited.delete(socket);
  }

  /** Whether the socket does not have its state yet: its messages have to wait. */
  isPending(socket: Socket): boolean {
    return this.#queue.isWaiting(socket) || this.#awaited.has(socket);
  }

  /** Keeps a message of a pending socket until it is due. Closes a socket that has sent too much. */
  readLater(socket: Socket, bytes: number, read: () => void): void {
    // Most likely a resume. It waits in the queue too: when all sockets reconnect at once, answering them takes as long as joining.
    if (!this.#queue.isWaiting(socket)) return this.#enqueue(socket, read, bytes);
    if (!this.#queue.hold(socket, bytes, read)) socket.end('sent_too_much');
  }

  /** Has to be called regularly: sends the whole state to sockets that did not resume in time. `now`: monotonic clock, in milliseconds. */
  look(now: number): void {
    for (const [socket, since] of [...this.#awaited]) {
      if (now - since < RESUME_WAIT_MS) break;
      // The message it has sent may be its resume, which is only known when it is read.
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
    this.#enqueue(socket, () => {
      const startedAt = performance.now();
      socket.viewer = delivery.join(socket, socket);
      reads.spend(socket.userId, performance.now() - startedAt, socket.sentBytes);
    });
  }

  /**
   * Waits until this node has caught up with what the client may have received from another one. Otherwise the client would see a
   * removed page again, and its own changes undone.
   */
  #enqueue(socket: Socket, work: () => void, bytes = 0): void {
    const { delivery, projection } = this.#options;
    const whenSettled = (): Promise<void> | void => delivery.whenSettled(socket) ?? work();
    this.#queue.add(socket, whenSettled, projection.present(POSITION_WAIT_MS), bytes);
  }
}

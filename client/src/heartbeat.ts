/**
 * Detects a dead connection that has not been closed, by the time without messages. The server's pings are answered below this
 * client, and a browser hides them. So after half of the limit a request is sent, and after the limit the connection is dropped.
 */
import type { Timers } from './timers.js';

export class Heartbeat {
  readonly #timers: Timers;
  readonly #limitMs: number;
  readonly #probe: () => void;
  readonly #dead: () => void;
  #receivedAt = 0;
  /** A request was sent and nothing was received since. */
  #isProbed = false;
  #timer: unknown;

  /** `limitMs` 0: never. */
  constructor(timers: Timers, limitMs: number, probe: () => void, dead: () => void) {
    this.#timers = timers;
    this.#limitMs = limitMs;
    this.#probe = probe;
    this.#dead = dead;
  }

  start(): void {
    this.stop();
    this.received();
    if (this.#limitMs > 0) this.#wait(this.#limitMs / 2);
  }

  /** Something was received. */
  received(): void {
    this.#receivedAt = this.#timers.now();
    this.#isProbed = false;
  }

  stop(): void {
    this.#timers.clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = this.#timers.setTimeout(() => this.#check(), ms);
  }

  #check(): void {
    if (this.#isProbed) return this.#dead();
    const silentMs = this.#timers.now() - this.#receivedAt;
    if (silentMs < this.#limitMs / 2) return this.#wait(this.#limitMs / 2 - silentMs);
    this.#isProbed = true;
    this.#wait(this.#limitMs / 2);
    this.#probe();
  }
}

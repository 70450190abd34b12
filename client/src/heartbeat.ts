/**
 * Finds a connection that is dead without having ended, by its silence. The server's pings are answered below this client,
 * and a browser shows none of them: so after half of the time it is asked for an answer, and after all of it given up.
 */
import type { Timers } from './timers.js';

export class Heartbeat {
  readonly #timers: Timers;
  readonly #limitMs: number;
  readonly #probe: () => void;
  readonly #dead: () => void;
  #heardAt = 0;
  /** Asked, and nothing heard since. */
  #isAsked = false;
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
    this.heard();
    if (this.#limitMs > 0) this.#wait(this.#limitMs / 2);
  }

  /** Anything came. */
  heard(): void {
    this.#heardAt = this.#timers.now();
    this.#isAsked = false;
  }

  stop(): void {
    this.#timers.clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = this.#timers.setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    if (this.#isAsked) return this.#dead();
    const silentMs = this.#timers.now() - this.#heardAt;
    if (silentMs < this.#limitMs / 2) return this.#wait(this.#limitMs / 2 - silentMs);
    this.#isAsked = true;
    this.#wait(this.#limitMs / 2);
    this.#probe();
  }
}

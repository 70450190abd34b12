/**
 * A socket that triggers alarms. An alarm is in flight from its trigger until its own update is back (with ids: until the
 * answer is), and is not triggered again before: so that an update tells by its alarm which trigger it belongs to, without
 * ids. Free alarms are used in rotation.
 *
 * Closed loop: as many in flight as asked for, always. Open loop: one trigger every 1/rate s whatever the server does, or so many
 * at once and the next as much later; one that finds no free alarm waits, and its latency still counts from the time it was due,
 * so what a slow server delays is not omitted.
 */
import { nowUs } from './clock.js';
import { textFrame } from './frames.js';
import type { Measurement } from './measurement.js';
import { ViewerSocket, type ViewerSocketOptions } from './viewer-socket.js';

export interface PublisherOptions extends ViewerSocketOptions {
  /** Id and number of each alarm that is this publisher's own. */
  readonly alarms: readonly { readonly id: string; readonly number: number }[];
  readonly ids: boolean;
  readonly measurement: Measurement;
  /** A trigger of this alarm (by number) is done. */
  readonly done: (alarm: number) => void;
}

export class Publisher {
  readonly member: ViewerSocket;
  readonly #options: PublisherOptions;
  /** Alarm's number → when its trigger in flight was due, µs. */
  readonly #inFlight = new Map<number, number>();
  readonly #idOf: ReadonlyMap<number, string>;
  /** Free alarms: `#freeCount` of them, from `#firstFree` on. */
  readonly #ring: Int32Array;
  #firstFree = 0;
  #freeCount: number;
  #running = false;
  #sent = 0;
  #outgoing = '';
  /** Open loop: when the next burst is due, and the time between two, in µs. */
  #dueUs = 0;
  #intervalUs = 0;
  /** Open loop: triggers that are due at the same time, and how many of them are sent. */
  #burst = 1;
  #ofBurst = 0;
  #idle: (() => void) | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#idOf = new Map(options.alarms.map(({ id, number }) => [number, JSON.stringify(id)]));
    this.#ring = Int32Array.from(options.alarms, ({ number }) => number);
    this.#freeCount = this.#ring.length;
    this.member = new ViewerSocket(
      options,
      options.ids
        ? { answered: ({ kind, id }, now) => this.#settle(parseInt(id ?? '', 10), kind === 'success', now) }
        : { triggered: (alarm, _sentAt, now) => this.#settle(alarm, true, now) },
    );
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Keeps `inFlight` triggers in flight until `stop`. */
  startClosed(inFlight: number): void {
    this.#running = true;
    for (let i = 0; i < inFlight; i++) this.#send(nowUs());
  }

  /** Sends `rate` triggers a second from `startUs` on, `burst` of them at a time, until `stop`. */
  startOpen(rate: number, startUs: number, burst: number): void {
    this.#running = true;
    this.#burst = burst;
    this.#intervalUs = (burst * 1e6) / rate;
    this.#dueUs = startUs;
    this.#keepPace();
  }

  /** Sends no more. Resolves when nothing is in flight. */
  stop(): Promise<void> {
    this.#running = false;
    return new Promise((resolve) => {
      this.#idle = resolve;
      if (this.#inFlight.size === 0) resolve();
    });
  }

  /** A timer is right to a millisecond or two; the rest of the wait spins, letting sockets be read in between. */
  readonly #keepPace = (): void => {
    if (!this.#running) return;
    this.#sendDue();
    const waitMs = (this.#dueUs - nowUs()) / 1_000;
    if (waitMs > 3) setTimeout(this.#keepPace, waitMs - 2);
    else setImmediate(this.#keepPace);
  };

  #sendDue(): void {
    const now = nowUs();
    while (this.#dueUs <= now && this.#freeCount > 0) {
      this.#send(this.#dueUs);
      this.#ofBurst = (this.#ofBurst + 1) % this.#burst;
      if (this.#ofBurst === 0) this.#dueUs += this.#intervalUs;
    }
  }

  /** Triggers the next free alarm. Its price is when that was due: see send-times.ts. */
  #send(dueUs: number): void {
    const { ids, pageSet } = this.#options;
    const alarm = this.#ring[this.#firstFree]!;
    this.#firstFree = (this.#firstFree + 1) % this.#ring.length;
    this.#freeCount--;
    const us = Math.round(dueUs);
    this.#inFlight.set(alarm, us);
    pageSet.sendTimes.sent(alarm, us);
    const id = ids ? `"id":"${alarm}.${this.#sent++}",` : '';
    if (!this.#outgoing) setImmediate(this.#flush);
    this.#outgoing += textFrame(
      `{"type":"trigger_alarm",${id}"payload":{"alarm_id":${this.#idOf.get(alarm)},"price":${us}}}`,
    );
  }

  /**
   * One write a tick, after all sockets that had bytes were read: written earlier, the triggers of a closed loop fall into
   * two halves that alternate, or do not, by chance, and throughput jumps between two values half as much apart.
   */
  readonly #flush = (): void => {
    const frames = this.#outgoing;
    this.#outgoing = '';
    this.member.send(frames);
  };

  #settle(alarm: number, done: boolean, now: number): void {
    const sentAt = this.#inFlight.get(alarm);
    if (sentAt === undefined) return;
    this.#inFlight.delete(alarm);
    this.#ring[(this.#firstFree + this.#freeCount++) % this.#ring.length] = alarm;
    if (done) {
      this.#options.measurement.done(sentAt, now);
      this.#options.done(alarm);
    }
    if (this.#running) {
      if (this.#intervalUs) this.#sendDue();
      else this.#send(nowUs());
    } else if (this.#inFlight.size === 0) this.#idle?.();
  }
}

/** What one worker counts: totals for the progress line, and what falls into the measured window. */
import { LatencyRecorder } from './latency.js';

export class Measurement {
  /** Since the start, warm-up included. */
  triggersSoFar = 0;
  deliveriesSoFar = 0;
  /** Whose answer or arrival fell into the window. */
  triggers = 0;
  deliveries = 0;
  /** From a trigger to its own publisher, and to each viewer: of those sent in the window, however late they came. */
  readonly toPublisher = new LatencyRecorder();
  readonly toViewer = new LatencyRecorder();
  #from = Infinity;
  #to = Infinity;

  /** Sets the window, on the clock of nowUs. */
  window(fromUs: number, toUs: number): void {
    this.#from = fromUs;
    this.#to = toUs;
  }

  done(sentAt: number, now: number): void {
    this.triggersSoFar++;
    if (now >= this.#from && now < this.#to) this.triggers++;
    if (sentAt >= this.#from && sentAt < this.#to) this.toPublisher.record(now - sentAt);
  }

  /** `sentAt` may be NaN: then the delivery counts, and no latency. */
  delivered(sentAt: number, now: number): void {
    this.deliveriesSoFar++;
    if (now >= this.#from && now < this.#to) this.deliveries++;
    if (sentAt >= this.#from && sentAt < this.#to) this.toViewer.record(now - sentAt);
  }
}

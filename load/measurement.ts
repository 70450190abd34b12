/** What one worker counts: totals for the progress line, and what falls into each measured window. */
import { LatencyRecorder } from './latency.js';
import type { WindowReport } from './worker-protocol.js';

/** Events that arrived, and how late. */
class Reading {
  events = 0;
  readonly latency = new LatencyRecorder();
}

class Window {
  /** Whose answer or arrival fell into it. */
  triggers = 0;
  deliveries = 0;
  /** From a trigger to its own publisher, and to each viewer: of those sent in the window, however late they came. */
  readonly toPublisher = new LatencyRecorder();
  readonly toViewer = new LatencyRecorder();
  /** The same of those who read events. */
  readonly followers = new Reading();
  readonly consumers = new Reading();
  acknowledged = 0;
  readonly fromUs: number;
  readonly toUs: number;

  constructor(fromUs: number, toUs: number) {
    this.fromUs = fromUs;
    this.toUs = toUs;
  }

  report(): WindowReport {
    const { triggers, deliveries, toPublisher, toViewer, followers, consumers, acknowledged } = this;
    return {
      triggers,
      deliveries,
      followed: followers.events,
      consumed: consumers.events,
      acknowledged,
      toPublisher: toPublisher.encode(),
      toViewer: toViewer.encode(),
      toFollower: followers.latency.encode(),
      toConsumer: consumers.latency.encode(),
    };
  }
}

export class Measurement {
  /** Since the start, warm-up included. */
  triggersSoFar = 0;
  deliveriesSoFar = 0;
  readonly #windows: Window[] = [];
  #last = new Window(Infinity, Infinity);

  /** Adds a window, on the clock of nowUs; none of those before may reach into it. */
  window(fromUs: number, toUs: number): void {
    this.#last = new Window(fromUs, toUs);
    this.#windows.push(this.#last);
  }

  done(sentAt: number, now: number): void {
    this.triggersSoFar++;
    const arrived = this.#at(now);
    if (arrived) arrived.triggers++;
    this.#at(sentAt)?.toPublisher.record(now - sentAt);
  }

  /** `sentAt` may be NaN: then the delivery counts, and no latency. */
  delivered(sentAt: number, now: number): void {
    this.deliveriesSoFar++;
    const arrived = this.#at(now);
    if (arrived) arrived.deliveries++;
    this.#at(sentAt)?.toViewer.record(now - sentAt);
  }

  /** An event came over an event stream or to a consumer. `sentAt` may be NaN. */
  read(by: 'followers' | 'consumers', sentAt: number, now: number): void {
    const arrived = this.#at(now);
    if (arrived) arrived[by].events++;
    this.#at(sentAt)?.[by].latency.record(now - sentAt);
  }

  acknowledged(now: number): void {
    const window = this.#at(now);
    if (window) window.acknowledged++;
  }

  /** One a window, in their order. */
  report(): WindowReport[] {
    return this.#windows.map((window) => window.report());
  }

  #at(us: number): Window | undefined {
    const last = this.#last;
    if (us >= last.fromUs) return us < last.toUs ? last : undefined;
    return this.#windows.length > 1 ? this.#windows.find(({ fromUs, toUs }) => us >= fromUs && us < toUs) : undefined;
  }
}

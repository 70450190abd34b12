/**
 * When the trigger behind an update was sent. The price of each trigger is that time in µs, so a server that repeats the
 * price reports it to any process. For one that does not, the publishers of this process keep the time of each alarm
 * in flight, and the first reader of its update notes it under the page and revision: later readers come when
 * the alarm may be in flight again. Of triggers sent by another process nothing is known then.
 */

/** Updates of a page that may lie between the first reader and the last. */
const KEPT = 1 << 16;

export class SendTimes {
  /** By alarm: when its trigger in flight was sent. */
  readonly #inFlight: Float64Array;
  readonly #read = new Map<string, { readonly seqs: Float64Array; readonly times: Float64Array }>();

  constructor(alarms: number) {
    this.#inFlight = new Float64Array(alarms).fill(NaN);
  }

  /** A trigger of `alarm` was (or should have been) sent at `us`. */
  sent(alarm: number, us: number): void {
    this.#inFlight[alarm] = us;
  }

  /** In µs; NaN where it cannot be known. `seq` counts the page's events, whether or not the server numbers them. */
  of(alarm: number, price: number | undefined, page: string, seq: number): number {
    if (alarm < 0) return NaN;
    if (price !== undefined) return price;
    let read = this.#read.get(page);
    if (!read) this.#read.set(page, (read = { seqs: new Float64Array(KEPT), times: new Float64Array(KEPT) }));
    const slot = seq & (KEPT - 1);
    if (read.seqs[slot] !== seq) {
      read.seqs[slot] = seq;
      read.times[slot] = this.#inFlight[alarm]!;
    }
    return read.times[slot]!;
  }
}

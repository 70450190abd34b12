/**
 * The bytes that all sockets with the same page set must get: each event's frame as the first of them got it, after it was parsed
 * and found to be the next of its page. What the others get is compared with it natively, chunk by chunk, which costs a
 * hundredth of parsing; only where bytes differ is a socket read frame by frame (see checker.ts).
 *
 * A place between two frames is described by the revisions its pages stand at: a vector, one number a page.
 */

/** Bytes and frames kept for sockets that are behind; one that falls out of it is read frame by frame until it has caught up. */
const BYTES = 8 * 1024 * 1024;
const FRAMES = 1 << 15;
const MASK = FRAMES - 1;

/** A socket that is compared with the stream and may fall too far behind. */
export interface Straggler {
  /** Number of the first frame that it has not got to the end of. */
  readonly frame: number;
  /** It must take what it needs of the stream now, and read on by itself. */
  leave(): void;
}

export class ReferenceStream {
  /** Offset at which the next frame will begin. Offsets count from the stream's beginning and are never reused. */
  end = 0;
  /** Number of frames so far; also the next one's number. */
  frameCount = 0;
  /** By frame number & mask: where it ends, the alarm it says was triggered (-1: none of this run), when that was sent (µs). */
  readonly ends = new Float64Array(FRAMES);
  readonly alarms = new Int32Array(FRAMES);
  readonly sentAt = new Float64Array(FRAMES);
  readonly mask = MASK;
  readonly stragglers = new Set<Straggler>();
  /** By frame number & mask: its page, and that page's revision before it. */
  readonly #pages = new Int32Array(FRAMES);
  readonly #before = new Float64Array(FRAMES);
  /** The vector at the end. */
  readonly #head: Float64Array;
  readonly #bytes = Buffer.allocUnsafe(BYTES);
  /** Offset and number of the oldest frame kept. */
  #oldestStart = 0;
  #oldest = 0;

  /** A stream that begins at the vector `start`. */
  constructor(start: Float64Array) {
    this.#head = Float64Array.from(start);
  }

  /** How many bytes of `bytes` from `at` on equal the stream's from `offset` on, to the end of either; -1 if one differs. */
  match(offset: number, bytes: Buffer, at: number, limit: number): number {
    const length = Math.min(limit - at, this.end - offset);
    if (length === 0) return 0;
    const from = offset - this.#oldestStart;
    return this.#bytes.compare(bytes, at, at + length, from, from + length) === 0 ? length : -1;
  }

  revision(page: number): number {
    return this.#head[page]!;
  }

  /** Adds the frame in bytes [start, end), which brings `page` to `seq`. */
  append(bytes: Buffer, start: number, end: number, page: number, seq: number, alarm: number, sentAt: number): void {
    const length = end - start;
    if (this.end + length - this.#oldestStart > BYTES || this.frameCount - this.#oldest === FRAMES)
      this.#forget(length);
    bytes.copy(this.#bytes, this.end - this.#oldestStart, start, end);
    this.end += length;
    const slot = this.frameCount++ & MASK;
    this.ends[slot] = this.end;
    this.alarms[slot] = alarm;
    this.sentAt[slot] = sentAt;
    this.#pages[slot] = page;
    this.#before[slot] = this.#head[page]!;
    this.#head[page] = seq;
  }

  startOf(frame: number): number {
    return frame === this.#oldest ? this.#oldestStart : this.ends[(frame - 1) & MASK]!;
  }

  /** A copy of the stream from the beginning of `frame` to `offset`. */
  slice(frame: number, offset: number): Buffer {
    return Buffer.from(this.#bytes.subarray(this.startOf(frame) - this.#oldestStart, offset - this.#oldestStart));
  }

  /** The vector right before `frame`. */
  vectorBefore(frame: number): Float64Array {
    const vector = Float64Array.from(this.#head);
    for (let later = this.frameCount - 1; later >= frame; later--)
      vector[this.#pages[later & MASK]!] = this.#before[later & MASK]!;
    return vector;
  }

  /** The frame before which the stream stands at `vector`; undefined where it never did, as far as is kept. */
  frameAfter(vector: Float64Array): number | undefined {
    const at = Float64Array.from(this.#head);
    let unequal = 0;
    for (let page = 0; page < at.length; page++) if (at[page] !== vector[page]) unequal++;
    for (let frame = this.frameCount; ; frame--) {
      if (unequal === 0) return frame;
      if (frame === this.#oldest) return undefined;
      const slot = (frame - 1) & MASK;
      const page = this.#pages[slot]!;
      // Revisions only grow: further back they can only be smaller still.
      if (at[page]! < vector[page]!) return undefined;
      if (at[page] === vector[page]) unequal++;
      at[page] = this.#before[slot]!;
      if (at[page] === vector[page]) unequal--;
    }
  }

  /** Keeps the latest quarter, and room for `needed` bytes. */
  #forget(needed: number): void {
    let oldest = this.frameCount;
    while (
      oldest > this.#oldest &&
      this.end - this.startOf(oldest - 1) <= BYTES / 4 &&
      this.frameCount - oldest < FRAMES / 4
    )
      oldest--;
    for (const straggler of this.stragglers) if (straggler.frame < oldest) straggler.leave();
    const start = this.startOf(oldest);
    this.#bytes.copyWithin(0, start - this.#oldestStart, this.end - this.#oldestStart);
    this.#oldest = oldest;
    this.#oldestStart = start;
    if (this.end + needed - start > BYTES)
      throw new RangeError(`a frame of ${needed} bytes is more than a stream of this tool can hold`);
  }
}

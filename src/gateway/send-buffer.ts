/**
 * How many updates a socket gets with one system call. uWebSockets.js copies up to 32 messages that were published to a socket into a
 * buffer of 16 KiB and sends that. A message that does not fit any more goes through memory of its own and a second call: of 630 bytes
 * each to 1,000 sockets, 128 messages at once cost 391 µs a message, 25 at once 262 µs (docs/performance.md, "Updates at once").
 */
const BUFFER_BYTES = 16 * 1024;
const MESSAGES = 32;

/** Of a message between 126 and 65,535 bytes. */
const FRAME_HEADER_BYTES = 4;

/** For fewer sockets the second call costs less than a smaller commit does. */
const MANY_SOCKETS = 64;

/** How much of the longest length remains after each message, so that a single long one is forgotten in time. */
const MEMORY = 0.99;

export class SendBuffer {
  /** Bytes of a message as long as the longest ones of late. */
  #length = 0;

  /** A message of this many bytes was published. */
  published(bytes: number): void {
    this.#length = Math.max(bytes, this.#length * MEMORY);
  }

  /** Updates that are sent with one call to each of `sockets`; Infinity where it is not worth caring. */
  updates(sockets: number): number {
    if (sockets < MANY_SOCKETS) return Infinity;
    const fitting = Math.floor((BUFFER_BYTES - 1) / (this.#length + FRAME_HEADER_BYTES));
    return Math.max(1, Math.min(MESSAGES, fitting));
  }
}

/**
 * A reply whose length is not known when it begins: NDJSON, CSV or server-sent events of any duration. The body is pulled from its
 * source only as fast as the connection takes it, so a stream holds one chunk of the source and what the connection has not taken of it.
 *
 * uWebSockets.js sends such a body in HTTP chunks, buffers what the connection does not take, and does not say when its buffer is empty.
 * So after a refused write the next one begins with a single byte: if that is accepted, the buffer has been emptied.
 *
 * It gathers what is written within a cork in 16 KiB. Of a piece that does not fit it sends the chunk's head first, and if the connection takes
 * no byte of that, it forgets the piece (uNetworking/uWebSockets.js#1249; mended there in April 2026). So a piece and its head always fit.
 */
import type uWS from 'uWebSockets.js';
import { CHUNK_BYTES, type Undelivered, type UndeliveredState } from '../net/undelivered.js';

export type StreamChunk = string | Uint8Array;

export interface StreamedBody {
  /**
   * Opens the source; called once per reply, but not for HEAD. `ending` is aborted when the stream should end soon: the server stops, or
   * the client has gone. A source that waits for something must then stop waiting. If the client has gone, or the stream is cut,
   * `return()` of the iterator is called, once.
   */
  readonly open: (ending: AbortSignal) => AsyncIterable<StreamChunk>;
  /**
   * Sent at once, with the head, which cannot be sent alone. Without it the client receives the head with the first chunk of the source.
   * For `text/event-stream` a comment: `:\n\n`.
   */
  readonly opening?: string;
  /** Called once when the stream is over, if its source was opened. */
  readonly onOver?: () => void;
  /** Charges the bytes sent, and returns how many milliseconds to wait before the source is asked for more. */
  readonly charge?: (bytes: number) => number;
}

/** Thrown by a source whose stream has to be cut, though the server works as it should. The message says why. */
export class StreamCut extends Error {
  override readonly name = 'StreamCut';
}

/** Headers of every stream: no proxy may store it or hold it back. */
export const streamHeaders = { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' } as const;

/**
 * uWebSockets.js closes a connection that has taken nothing for 8 to 12 s. Pausing and resuming it restarts that timeout and changes nothing
 * else, so this interval, in milliseconds, keeps it open: how long a stream may make no progress is decided by net/undelivered.ts (60 s).
 */
const KEEP_OPEN_MS = 3_000;

/** Bytes handed over within one cork: 16 KiB, less the heads of two HTTP chunks. */
const PIECE_BYTES = 16 * 1024 - 64;

/** How long one stream may keep the event loop with chunks that are there at once, in milliseconds. */
const SLICE_MS = 0.25;

/** What a stream tells whoever started it. */
export interface ReplyStreamObserver {
  /** The source has thrown: the client has received a part. */
  onFailed(error: unknown): void;
  onOver(): void;
}

const noBytes = Buffer.alloc(0);

let newest: { readonly text: string; readonly bytes: Uint8Array } = { text: '', bytes: noBytes };

/** All who follow the same events get the same text, one after the other. */
function encoded(text: string): Uint8Array {
  if (text !== newest.text) newest = { text, bytes: Buffer.from(text) };
  return newest.bytes;
}

/** One streamed reply. */
export class ReplyStream {
  readonly #res: uWS.HttpResponse;
  readonly #body: StreamedBody;
  readonly #undelivered: Undelivered;
  readonly #observer: ReplyStreamObserver;
  readonly #ending = new AbortController();
  readonly #keepOpen: NodeJS.Timeout;
  #source: AsyncIterator<StreamChunk> | undefined;
  /** What is being written, without what uWebSockets.js has of it. */
  #rest: Uint8Array = noBytes;
  /** uWebSockets.js may still hold bytes of earlier pieces, and has said so. */
  #isRefused = false;
  /** Counts the piece while its connection has not taken it. */
  #blocked: UndeliveredState | undefined;
  /** Whether the connection takes more after the piece. */
  #isTaken = false;
  // Made once, since they are needed for each piece.
  readonly #pump = (): boolean => {
    this.#write();
    return false;
  };
  readonly #handPiece = (): void => {
    if (this.#isRefused) this.#hand(1);
    if (!this.#isRefused && this.#rest.length > 0) this.#hand(Math.min(this.#rest.length, PIECE_BYTES));
  };
  /** Continues after a write, or ends a pause: to be called when the stream is over, too. */
  #proceed: () => void = () => undefined;
  /** When this stream last left the event loop to others. At first it leaves it at once: what is sent now is within the cork of its head. */
  #slicedAt = Number.NEGATIVE_INFINITY;
  #isOpened = false;
  #isOver = false;

  constructor(res: uWS.HttpResponse, body: StreamedBody, undelivered: Undelivered, observer: ReplyStreamObserver) {
    this.#res = res;
    this.#body = body;
    this.#undelivered = undelivered;
    this.#observer = observer;
    res.onWritable(() => this.#onWritable());
    this.#keepOpen = setInterval(() => {
      res.pause();
      // Restores the events that pause() has saved; without it, it would stop the connection for good.
      res.resume();
    }, KEEP_OPEN_MS).unref();
  }

  /** Asks the source to end. */
  endSoon(): void {
    this.#ending.abort();
  }

  /** Sends the whole body. Never rejects. */
  async run(): Promise<void> {
    try {
      if (this.#body.opening !== undefined) await this.#send(Buffer.from(this.#body.opening));
      if (this.#isOver) return;
      this.#isOpened = true;
      this.#source = this.#body.open(this.#ending.signal)[Symbol.asyncIterator]();
      for (let chunk = await this.#pull(); chunk !== undefined; chunk = await this.#pull()) {
        const sending = this.#send(chunk);
        if (sending) await sending;
      }
      this.#end();
    } catch (error) {
      if (this.#isOver) return;
      if (!this.#ending.signal.aborted || error instanceof StreamCut) this.#observer.onFailed(error);
      this.cut();
    }
  }

  /** Closes the connection without a proper end, so that the client sees that something is missing. */
  cut(): void {
    if (this.#isOver) return;
    this.gone();
    this.#res.close();
  }

  /** The connection is closed, or is about to be. */
  gone(): void {
    if (this.#isOver) return;
    this.#over();
    this.#ending.abort();
    const source = this.#source;
    this.#source = undefined;
    // An error during its cleanup is only logged: no caller is left.
    source?.return?.().catch((error: unknown) => this.#observer.onFailed(error));
  }

  /** The next chunk of the source; undefined if it has ended, or the stream is over. */
  async #pull(): Promise<Uint8Array | undefined> {
    if (performance.now() - this.#slicedAt > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#slicedAt = performance.now();
    }
    const source = this.#source;
    if (!source) return undefined;
    try {
      const { done, value } = await source.next();
      if (!done) return typeof value === 'string' ? encoded(value) : value;
      this.#source = undefined;
      return undefined;
    } catch (error) {
      // A source that has thrown has ended: its return() is not called.
      this.#source = undefined;
      throw error;
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#over();
    this.#res.cork(() => this.#res.end());
  }

  #over(): void {
    this.#isOver = true;
    clearInterval(this.#keepOpen);
    if (this.#isOpened) this.#body.onOver?.();
    this.#unblock();
    this.#proceed();
    this.#observer.onOver();
  }

  /**
   * Resolves when the connection takes more, and the bytes are paid for; or when the stream is over. Undefined if there is nothing to wait
   * for, as with most events of most followers.
   */
  #send(bytes: Uint8Array): Promise<void> | undefined {
    if (bytes.length === 0) return undefined;
    const isShort = bytes.length <= CHUNK_BYTES;
    const isTaken = this.#isTakenAtOnce(isShort ? bytes : bytes.subarray(0, CHUNK_BYTES));
    if (!isTaken || !isShort) return this.#sendRest(bytes, isTaken);
    const waitMs = this.#isOver ? 0 : (this.#body.charge?.(bytes.length) ?? 0);
    return waitMs > 0 ? this.#pause(waitMs) : undefined;
  }

  /** `isTaken`: whether the connection has taken the first piece, which it was given. */
  async #sendRest(bytes: Uint8Array, isTaken: boolean): Promise<void> {
    for (let at = CHUNK_BYTES, isReady = isTaken; ; at += CHUNK_BYTES) {
      if (!isReady && !this.#isOver)
        await new Promise<void>((resolve) => {
          this.#proceed = resolve;
        });
      if (this.#isOver) return;
      if (at >= bytes.length) break;
      isReady = this.#isTakenAtOnce(bytes.subarray(at, at + CHUNK_BYTES));
    }
    const waitMs = this.#body.charge?.(bytes.length) ?? 0;
    if (waitMs > 0) await this.#pause(waitMs);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#proceed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Whether the connection takes more after this piece; if not, #proceed is called when it does. */
  #isTakenAtOnce(piece: Uint8Array): boolean {
    this.#rest = piece;
    this.#isTaken = false;
    // Scheduled together with the other large replies and states that are sent in this iteration of the event loop.
    this.#undelivered.pump(this.#pump);
    return this.#isTaken;
  }

  #write(): void {
    if (this.#isOver) return;
    do this.#res.cork(this.#handPiece);
    while (!this.#isRefused && this.#rest.length > 0);
    if (!this.#isRefused) return this.#taken();
    // Not cut at once: the connection may be in the middle of a write.
    this.#blocked ??= this.#undelivered.add([], () => void setImmediate(() => this.cut()), CHUNK_BYTES);
  }

  /** Hands over the next `length` bytes: they are sent or buffered in any case. */
  #hand(length: number): void {
    const isWhole = length === this.#rest.length;
    this.#isRefused = !this.#res.write(isWhole ? this.#rest : this.#rest.subarray(0, length));
    this.#rest = isWhole ? noBytes : this.#rest.subarray(length);
  }

  #onWritable(): boolean {
    if (this.#isOver) return true;
    this.#blocked?.took(0);
    if (this.#rest.length > 0) {
      this.#write();
      return true;
    }
    // Sends what uWebSockets.js has buffered, which it does not do by itself once there is a handler.
    this.#res.cork(() => undefined);
    if (this.#blocked) this.#taken();
    return true;
  }

  #taken(): void {
    this.#isTaken = true;
    this.#unblock();
    this.#proceed();
  }

  #unblock(): void {
    this.#blocked?.over();
    this.#blocked = undefined;
  }
}

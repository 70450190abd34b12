/**
 * A reply whose length is not known when it begins: NDJSON, CSV or server-sent events of any duration. The body is pulled from its
 * source only as fast as the connection takes it, so a stream holds one chunk of the source and what the connection has not taken of it.
 *
 * uWebSockets.js sends such a body in HTTP chunks, buffers what the connection does not take, and does not say when its buffer is empty.
 * So after a refused write the next one begins with a single byte: if that is accepted, the buffer has been emptied.
 */
import type uWS from 'uWebSockets.js';
import type { Logger } from 'pino';
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
  /** Charges the bytes sent, and returns how many milliseconds to wait before the source is asked for more. */
  readonly charge?: (bytes: number) => number;
}

/** Headers of every stream: no proxy may store it or hold it back. */
export const streamHeaders = { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' } as const;

/**
 * uWebSockets.js closes a connection that has taken nothing for 8 to 12 s. Pausing and resuming it restarts that timeout and changes nothing
 * else, so this interval, in milliseconds, keeps it open: how long a stream may make no progress is decided by net/undelivered.ts (60 s).
 */
const KEEP_OPEN_MS = 3_000;

/** How long one stream may keep the event loop with chunks that are there at once, in milliseconds. */
const SLICE_MS = 0.25;

/** How long streams have to end when the server stops, in milliseconds; then they are cut. */
const GRACE_MS = 2_000;

export interface ReplyStreamsOptions {
  /** Counts what connections have not taken, and cuts those that take nothing. */
  readonly undelivered: Undelivered;
  readonly logger: Logger;
}

/** All streams that are open. */
export class ReplyStreams {
  readonly #options: ReplyStreamsOptions;
  readonly #open = new Set<ReplyStream>();
  #isDraining = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: ReplyStreamsOptions) {
    this.#options = options;
  }

  /** Streams open now. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Streams the body; status and headers must have been written. Returns what must be called when the connection breaks. `request` is the
   * request's id in the log.
   */
  start(res: uWS.HttpResponse, body: StreamedBody, request: string): () => void {
    const stream = new ReplyStream(res, body, this.#options.undelivered, {
      onFailed: (error) =>
        this.#options.logger.error({ err: error, request }, 'a streamed reply was cut by an error of the server'),
      onOver: () => {
        this.#open.delete(stream);
        if (this.#open.size === 0) this.#onEmpty?.();
      },
    });
    this.#open.add(stream);
    if (this.#isDraining) stream.endSoon();
    void stream.run();
    return () => stream.gone();
  }

  /** Asks all streams, and those that begin from now on, to end. Resolves when all have ended; those that have not within `graceMs` are cut. */
  async drain(graceMs = GRACE_MS): Promise<void> {
    this.#isDraining = true;
    for (const stream of [...this.#open]) stream.endSoon();
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    for (const stream of [...this.#open]) stream.cut();
  }
}

interface Observer {
  /** The source has thrown: the client has received a part. */
  onFailed(error: unknown): void;
  onOver(): void;
}

const noBytes = Buffer.alloc(0);

class ReplyStream {
  readonly #res: uWS.HttpResponse;
  readonly #body: StreamedBody;
  readonly #undelivered: Undelivered;
  readonly #observer: Observer;
  readonly #ending = new AbortController();
  readonly #keepOpen: NodeJS.Timeout;
  #source: AsyncIterator<StreamChunk> | undefined;
  /** The piece that is being written, without what uWebSockets.js has of it. */
  #rest: Uint8Array = noBytes;
  /** uWebSockets.js may still hold bytes of earlier pieces. */
  #isRefused = false;
  /** Counts the piece while its connection has not taken it. */
  #blocked: UndeliveredState | undefined;
  /** Continues after a write, or ends a pause: to be called when the stream is over, too. */
  #proceed: () => void = () => undefined;
  /** When this stream last left the event loop to others. */
  #slicedAt = performance.now();
  #isOver = false;

  constructor(res: uWS.HttpResponse, body: StreamedBody, undelivered: Undelivered, observer: Observer) {
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
      this.#source = this.#body.open(this.#ending.signal)[Symbol.asyncIterator]();
      for (let chunk = await this.#pull(); chunk !== undefined; chunk = await this.#pull()) await this.#send(chunk);
      this.#end();
    } catch (error) {
      if (this.#isOver) return;
      if (!this.#ending.signal.aborted) this.#observer.onFailed(error);
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
      if (!done) return typeof value === 'string' ? Buffer.from(value) : value;
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
    this.#unblock();
    this.#proceed();
    this.#observer.onOver();
  }

  /** Resolves when the connection takes more, and the bytes are paid for; or when the stream is over. */
  async #send(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#isOver; at += CHUNK_BYTES) {
      this.#rest = bytes.subarray(at, at + CHUNK_BYTES);
      await new Promise<void>((resolve) => {
        this.#proceed = resolve;
        // Scheduled together with the other large replies and states that are sent in this iteration of the event loop.
        this.#undelivered.pump(() => {
          this.#write();
          return false;
        });
      });
    }
    const waitMs = this.#isOver ? 0 : (this.#body.charge?.(bytes.length) ?? 0);
    if (waitMs > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#proceed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
  }

  #write(): void {
    if (this.#isOver) return;
    this.#res.cork(() => {
      if (this.#isRefused) this.#hand(1);
      if (!this.#isRefused && this.#rest.length > 0) this.#hand(this.#rest.length);
    });
    if (!this.#isRefused) return this.#taken();
    // Not cut at once: the connection may be in the middle of a write.
    this.#blocked ??= this.#undelivered.add([], () => void setImmediate(() => this.cut()), CHUNK_BYTES);
  }

  /** Hands over the next `length` bytes: they are sent or buffered in any case. */
  #hand(length: number): void {
    this.#isRefused = !this.#res.write(this.#rest.subarray(0, length));
    this.#rest = this.#rest.subarray(length);
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
    this.#unblock();
    this.#proceed();
  }

  #unblock(): void {
    this.#blocked?.over();
    this.#blocked = undefined;
  }
}

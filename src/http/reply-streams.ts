/** The streamed replies that are open (reply-stream.ts): started, counted, and ended when the server stops. */
import type uWS from 'uWebSockets.js';
import type { Logger } from 'pino';
import type { Undelivered } from '../net/undelivered.js';
import { ReplyStream, StreamCut, type StreamedBody } from './reply-stream.js';

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
      onFailed: (error) => this.#logCut(error, request),
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

  #logCut(error: unknown, request: string): void {
    const { logger } = this.#options;
    if (error instanceof StreamCut) logger.info({ request }, `a streamed reply was cut: ${error.message}`);
    else logger.error({ err: error, request }, 'a streamed reply was cut by an error of the server');
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

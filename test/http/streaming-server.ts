/** The server's HTTP part alone, with endpoints that stream what a test gives them. */

import uWS from 'uWebSockets.js';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { pino } from 'pino';
import type { Test } from 'tap';
import type { Endpoint, Reply } from '../../src/http/endpoint.js';
import { serveEndpoints } from '../../src/http/http-server.js';
import type { StreamChunk, StreamedBody } from '../../src/http/reply-stream.js';
import { ReplyStreams } from '../../src/http/reply-streams.js';
import { AllowedOrigins } from '../../src/net/allowed-origins.js';
import { RefusalLog } from '../../src/net/refusal-log.js';
import { Undelivered } from '../../src/net/undelivered.js';

export interface StreamingServer {
  readonly url: string;
  readonly streams: ReplyStreams;
  readonly undelivered: Undelivered;
  /** Lines of the log. */
  readonly lines: { msg: string; request?: string }[];
}

/** `replies` by path. `now`: the clock of what is undelivered. */
export function serveStreams(
  t: Test,
  replies: Readonly<Record<string, () => Reply | Promise<Reply>>>,
  now?: () => number,
): StreamingServer {
  const lines: StreamingServer['lines'] = [];
  const logger = pino({}, { write: (text: string) => void lines.push(JSON.parse(text) as (typeof lines)[0]) });
  const undelivered = new Undelivered({ limitBytes: 256 * 1024 * 1024, ...(now ? { now } : {}) });
  const streams = new ReplyStreams({ undelivered, logger });
  const endpoints = Object.entries(replies).map(
    ([path, handle]): Endpoint => ({
      method: 'GET',
      path,
      describe: {
        tag: 'operations',
        id: 'get_stream',
        summary: path,
        authenticated: false,
        success: { status: 200, description: path },
      },
      handle,
    }),
  );
  const app = uWS.App();
  serveEndpoints(app, endpoints, {
    logger,
    refusals: new RefusalLog(logger),
    clientAddress: () => '127.0.0.1',
    connections: { isCrowded: () => false, ended: () => undefined },
    allowedOrigins: new AllowedOrigins([]),
    isTls: false,
    undelivered,
    streams,
    onRequest: () => undefined,
  });
  let port = 0;
  app.listen('127.0.0.1', 0, 1, (socket) => socket && (port = uWS.us_socket_local_port(socket)));
  t.teardown(() => app.close());
  return { url: `http://127.0.0.1:${port}`, streams, undelivered, lines };
}

/** A stream of what `chunks` yields, which records how its source was used. */
export class RecordedSource {
  opened = 0;
  pulled = 0;
  returned = 0;
  ending: AbortSignal | undefined;
  readonly #chunks: (ending: AbortSignal) => AsyncIterable<StreamChunk>;

  constructor(chunks: (ending: AbortSignal) => AsyncIterable<StreamChunk>) {
    this.#chunks = chunks;
  }

  reply(more: Partial<StreamedBody> = {}, contentType = 'application/x-ndjson'): Reply {
    return {
      status: 200,
      headers: { 'Content-Type': contentType },
      stream: { ...more, open: (ending) => this.#open(ending) },
    };
  }

  #open(ending: AbortSignal): AsyncIterable<StreamChunk> {
    this.opened += 1;
    this.ending = ending;
    const source = this.#chunks(ending)[Symbol.asyncIterator]();
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          this.pulled += 1;
          return source.next();
        },
        return: async () => {
          this.returned += 1;
          return (await source.return?.()) ?? { done: true, value: undefined };
        },
      }),
    };
  }
}

export interface Asked {
  readonly asking: ClientRequest;
  /** Not read yet. */
  readonly answer: IncomingMessage;
}

/** Resolves with the head of the answer. Its connection is closed at the end of the test, if not before. */
export async function ask(t: Test, url: string, method = 'GET'): Promise<Asked> {
  const asking = request(url, { method, agent: false });
  t.teardown(() => asking.destroy());
  asking.on('error', () => undefined);
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return { asking, answer };
}

/** Reads to the end, proper or not. */
export async function read(answer: IncomingMessage): Promise<{ text: string; isComplete: boolean }> {
  const parts: Buffer[] = [];
  answer.on('data', (part: Buffer) => parts.push(part));
  await new Promise((resolve) => answer.once('close', resolve));
  return { text: Buffer.concat(parts).toString(), isComplete: answer.complete };
}

/** Resolves when it holds, looked at in each iteration of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** An honest user who repeatedly logs in, takes a ticket and opens a socket with it: are they served during an attack? */
import { request } from '@alarm-server/client';
import { WebSocket } from 'ws';

/** Between two visits, in ms. */
const EVERY_MS = 500;
/** Milliseconds after which an unserved user has given up. */
const PATIENCE_MS = 10_000;

export interface Served {
  readonly tried: number;
  readonly served: number;
  readonly slowest_ms: number;
  /** Why others were not, the most frequent first. */
  readonly why: readonly [string, number][];
}

export class Newcomer {
  readonly #url: string;
  readonly #credentials: { readonly username: string; readonly password: string };
  readonly #why = new Map<string, number>();
  #tried = 0;
  #served = 0;
  #slowestMs = 0;

  constructor(url: string, credentials: { username: string; password: string }) {
    this.#url = url;
    this.#credentials = credentials;
  }

  /** Comes every half second for so long, and resolves when the last visit is over. */
  async visit(seconds: number): Promise<Served> {
    const visits: Promise<void>[] = [];
    for (let n = 0; n < (seconds * 1_000) / EVERY_MS; n++) {
      visits.push(this.#visit());
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    await Promise.all(visits);
    return {
      tried: this.#tried,
      served: this.#served,
      slowest_ms: Math.round(this.#slowestMs),
      why: [...this.#why].sort(([, a], [, b]) => b - a),
    };
  }

  async #visit(): Promise<void> {
    this.#tried += 1;
    const began = performance.now();
    try {
      const { data } = await request<{ access_token: string }>(this.#url, 'POST', '/login', {
        body: new URLSearchParams(this.#credentials),
        timeoutMs: PATIENCE_MS,
      });
      const { data: given } = await request<{ ticket: string }>(this.#url, 'POST', '/ws-ticket', {
        token: data.access_token,
        timeoutMs: PATIENCE_MS,
      });
      await this.#open(given.ticket);
      this.#served += 1;
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - began);
    } catch (error) {
      const { status, code, message, name } = error as {
        status?: number;
        code?: string;
        message: string;
        name: string;
      };
      const why = status === undefined ? `${name}: ${message}` : `${status} ${code ?? ''}`;
      this.#why.set(why, (this.#why.get(why) ?? 0) + 1);
    }
  }

  #open(ticket: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`${this.#url.replace(/^http/, 'ws')}/ws?ticket=${ticket}`);
      const timer = setTimeout(() => end(new Error('no state within 10 s')), PATIENCE_MS);
      const end = (error?: Error): void => {
        clearTimeout(timer);
        socket.on('error', () => undefined);
        socket.terminate();
        if (error) reject(error);
        else resolve();
      };
      socket.once('message', () => end());
      socket.once('error', end);
      socket.once('unexpected-response', (_request, { statusCode }) =>
        end(new Error(`socket refused with ${statusCode}`)),
      );
    });
  }
}

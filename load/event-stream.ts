/** Follows GET /events from the start of the log on, as NDJSON or as server-sent events; what it receives is checked. */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { nowUs } from './clock.js';
import { EventChecker } from './event-checker.js';
import type { EventLines } from './event-lines.js';
import type { Faults } from './faults.js';
import type { PageViewers } from './page-viewers.js';

export interface EventStreamOptions {
  readonly name: string;
  /** The server's address. */
  readonly url: URL;
  readonly token: string;
  readonly pageSet: PageViewers;
  readonly as: 'ndjson' | 'sse';
  readonly lines: EventLines;
  readonly faults: Faults;
  /** An event came. `sentAt` as in SendTimes, NaN for what is no trigger; µs. */
  readonly received: (sentAt: number, now: number) => void;
}

const accept = { ndjson: 'application/x-ndjson', sse: 'text/event-stream' } as const;

export class EventStream {
  readonly checker: EventChecker;
  /** Resolves when it has caught up for the first time. */
  readonly ready: Promise<void>;
  isOpen = true;
  readonly #options: EventStreamOptions;
  readonly #request: ClientRequest;
  #isReady: () => void = () => {};
  #rest = '';
  /** Of server-sent events: the id of the one that is being read. */
  #id: string | undefined;

  constructor(options: EventStreamOptions) {
    const { name, url, token, pageSet, as, faults } = options;
    this.#options = options;
    this.checker = new EventChecker(name, pageSet, faults);
    let reject = (_error: Error): void => {};
    this.ready = new Promise((...settle) => ([this.#isReady, reject] = settle));
    const end = (why: string): void => {
      if (!this.isOpen) return;
      this.isOpen = false;
      reject(new Error(`${name}: ${why}`));
      faults.add('closed', 1, () => `${name}: ${why}`);
    };
    this.#request = (url.protocol === 'https:' ? requestTls : request)(new URL('events?follow=1&after=start', url), {
      headers: { authorization: `Bearer ${token}`, accept: accept[as] },
      agent: false,
    });
    this.#request.on('error', (error) => end(`the connection broke: ${error.message}`));
    this.#request.on('response', (response) => {
      if (response.statusCode !== 200) return refused(response, end);
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        try {
          this.#receive(text);
        } catch (error) {
          faults.add('errors', 1, () => `${name}: ${(error as Error).message}`);
        }
      });
      response.on('close', () => end('the server ended the stream'));
      response.on('error', (error) => end(`the connection broke: ${error.message}`));
    });
    this.#request.end();
  }

  close(): void {
    this.isOpen = false;
    this.#request.destroy();
  }

  #receive(text: string): void {
    const now = nowUs();
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') continue;
      if (this.#options.as === 'ndjson') this.#take(line, now);
      else if (line.startsWith('data: ')) this.#take(line.slice(6), now);
      else if (line.startsWith('id: ')) this.#id = line.slice(4);
    }
  }

  #take(text: string, now: number): void {
    const { name, lines, faults, received, as } = this.#options;
    const line = lines.read(text);
    if (line.kind === 'scope') {
      faults.add('errors', 1, () => `${name}: what it may see changed, which nobody asked for: ${line.text}`);
      return;
    }
    const { cursor } = line.kind === 'mark' ? line : line.record;
    if (as === 'sse' && this.#id !== cursor)
      faults.add('errors', 1, () => `${name}: an event has the id ${this.#id} and the cursor ${cursor}`);
    this.checker.place(cursor, line.kind === 'mark' ? 'a mark' : `seq ${line.record.seq} of page ${line.record.page}`);
    if (line.kind === 'record') received(this.checker.record(line.record) ?? NaN, now);
    else if (line.isCaughtUp) this.#isReady();
  }
}

function refused(response: IncomingMessage, end: (why: string) => void): void {
  let body = '';
  response.setEncoding('utf8').on('data', (text: string) => (body += text));
  response.on('close', () => end(`the server answered ${response.statusCode}: ${body.slice(0, 200)}`));
}

/** Reads GET /events in each representation, as programs do. */
import { request } from 'node:http';
import type { Test } from 'tap';

export interface Line {
  readonly cursor?: string;
  readonly id?: string;
  readonly type?: string;
  readonly page_id?: string;
  readonly seq?: number;
  readonly data?: any;
  readonly void?: true;
  readonly mark?: { readonly cursor: string; readonly caught_up: boolean };
  readonly scope?: { readonly lost?: string; readonly gained?: string; readonly seq?: number };
}

export interface EventStream {
  readonly status: number;
  readonly contentType: string;
  /** What has arrived so far. */
  readonly lines: Line[];
  /** The text as it arrived. */
  readonly text: () => string;
  /** Resolves when a line has arrived for which this is true. */
  until(found: (line: Line) => boolean): Promise<Line>;
  /** Resolves at its end; true if it was ended properly. */
  readonly ended: Promise<boolean>;
  close(): void;
}

/** Opens a stream that goes on: NDJSON with follow=1, or server-sent events. */
export async function openStream(
  t: Test,
  url: string,
  token: string,
  query = 'follow=1',
  headers: Readonly<Record<string, string>> = { Accept: 'application/x-ndjson' },
): Promise<EventStream> {
  const asked = request(`${url}/events?${query}`, {
    headers: { Authorization: `Bearer ${token}`, ...headers },
    agent: false,
  });
  asked.end();
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    asked.on('response', resolve);
    asked.on('error', reject);
  });
  const lines: Line[] = [];
  const waiting: { found: (line: Line) => boolean; resolve: (line: Line) => void }[] = [];
  let text = '';
  let rest = '';
  answer.setEncoding('utf8');
  answer.on('data', (part: string) => {
    text += part;
    rest += part;
    const whole = rest.split('\n');
    rest = whole.pop() ?? '';
    for (const one of whole) {
      const json = one.startsWith('data: ') ? one.slice(6) : one;
      if (!json.startsWith('{')) continue;
      const line = JSON.parse(json) as Line;
      lines.push(line);
      for (const waiter of waiting.splice(0)) {
        if (waiter.found(line)) waiter.resolve(line);
        else waiting.push(waiter);
      }
    }
  });
  const ended = new Promise<boolean>((resolve) => answer.on('close', () => resolve(answer.complete)));
  answer.on('error', () => undefined);
  asked.on('error', () => undefined);
  const close = (): void => void asked.destroy();
  t.teardown(close);
  return {
    status: answer.statusCode ?? 0,
    contentType: String(answer.headers['content-type']),
    lines,
    text: () => text,
    until: (found) => {
      const there = lines.find(found);
      if (there) return Promise.resolve(there);
      return new Promise((resolve) => waiting.push({ found, resolve }));
    },
    ended,
    close,
  };
}

export const recordsOf = (lines: readonly Line[]): Line[] => lines.filter(({ id }) => id !== undefined);

/** The events of all pages that the user may see, in log order, as an iterator that resumes by itself. */
import { httpAddress } from './addresses.js';
import { BACK_OFF, type BackOff, pauseMs } from './back-off.js';
import type { Source } from './credential.js';
import { AlarmServerError } from './errors.js';
import { refusalOf } from './http.js';
import { checkToken } from './outgoing.js';

/** An event, as its page's history shows it to the user. */
export interface EventRecord {
  /** Where to go on after it. */
  readonly cursor: string;
  readonly id: string;
  /** PageCreated, AlarmTriggered … */
  readonly type: string;
  readonly page_id: string;
  readonly seq: number;
  /** RFC 3339, UTC, with milliseconds. */
  readonly at: string;
  readonly by: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** As in the event's `alarm_update`: `acknowledged`, `triggered_quietly` … Absent where `type` says it. */
  readonly change?: string;
  /** Why a trigger was counted quietly. */
  readonly quiet?: string;
  /** What ended a snooze: `user` or `timer`. */
  readonly cause?: string;
  /** The how many-th time an open alarm was told again. */
  readonly n?: number;
  /** What its actor said with it. Null: it was erased. */
  readonly comment?: string | null;
  /** The event had no effect. */
  readonly void?: true;
}

/** Everything up to the cursor was looked at. */
export interface EventMark {
  readonly mark: { readonly cursor: string; readonly caught_up: boolean };
}

/** A page that the user sees from now on (its events up to `seq` are in its history), or does not see any more. */
export interface EventScope {
  readonly scope: { readonly gained: string; readonly seq: number } | { readonly lost: string };
}

export type EventItem = EventRecord | EventMark | EventScope;

/** What is used of an AbortSignal. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface EventsOptions {
  /** `start`, `now`, or the cursor of a record or a mark. Default: `start`. */
  readonly after?: string;
  /** A moment (RFC 3339) to begin at, instead of `after`. */
  readonly from?: string;
  /** Event types; default: all, with events that had no effect. */
  readonly types?: readonly string[];
  /** Ids of pages; default: all. */
  readonly pages?: readonly string[];
  /** Ends the iteration, which then returns. */
  readonly signal?: StopSignal;
  /** A connection on which nothing arrived for so long, in ms, is replaced. Default: 45,000; the server sends a mark every 15 s. */
  readonly silenceLimitMs?: number;
  readonly backOff?: BackOff;
}

/** These do not change by asking again. */
const isFinal = (error: unknown): boolean =>
  error instanceof AlarmServerError &&
  error.status !== undefined &&
  error.status < 500 &&
  error.status !== 408 &&
  error.status !== 429;

/**
 * Goes on for ever, over disconnections: each event once, in order, from the last cursor on. `token` is called for each connection.
 * Throws AlarmServerError when the server refuses: 401 (the token is not valid any more), 410 `log_changed` (the cursor is of another log),
 * 422; and as `token` does.
 */
export async function* events(
  baseUrl: string,
  token: string | Source,
  options: EventsOptions = {},
): AsyncGenerator<EventItem, void> {
  const { signal, backOff = BACK_OFF } = options;
  let place = options.from === undefined ? { after: options.after ?? 'start' } : { from: options.from };
  for (let failures = 0; !signal?.aborted; ) {
    let retryAfterMs: number | undefined;
    try {
      const bearer = checkToken(typeof token === 'function' ? await token() : token, 'token');
      for await (const item of connection(baseUrl, bearer, place, options)) {
        failures = 0;
        if ('cursor' in item) place = { after: item.cursor };
        else if ('mark' in item) place = { after: item.mark.cursor };
        yield item;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (isFinal(error) || !isOfConnection(error)) throw error;
      if (error instanceof AlarmServerError) retryAfterMs = error.retryAfterMs;
    }
    failures += 1;
    await pause(pauseMs(failures, backOff, Math.random(), retryAfterMs), signal);
  }
}

/** An error of the network, or a refusal that may pass; others are mistakes. fetch reports a broken connection as a TypeError. */
const isOfConnection = (error: unknown): boolean =>
  error instanceof AlarmServerError ||
  error instanceof SilentConnection ||
  (error instanceof TypeError && /fetch|network|terminated|load failed/i.test(error.message));

class SilentConnection extends Error {
  override readonly name = 'SilentConnection';
}

/** What one connection brings. */
async function* connection(
  baseUrl: string,
  bearer: string,
  place: { readonly after: string } | { readonly from: string },
  { types, pages, signal, silenceLimitMs = 45_000 }: EventsOptions,
): AsyncGenerator<EventItem, void> {
  const query = new URLSearchParams({ ...place, follow: '1' });
  if (types) query.set('types', types.join(','));
  if (pages) query.set('pages', pages.join(','));
  const ended = new AbortController();
  const end = (): void => ended.abort();
  signal?.addEventListener('abort', end);
  let isSilent = false;
  const silent = (): void => {
    isSilent = true;
    end();
  };
  let timer = setTimeout(silent, silenceLimitMs);
  try {
    const response = await fetch(`${httpAddress(baseUrl)}/events?${query}`, {
      headers: { authorization: `Bearer ${bearer}`, accept: 'application/x-ndjson, application/problem+json' },
      signal: ended.signal,
    });
    if (!response.ok || !response.body) throw refusalOf(response, await response.text());
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (let rest = ''; ; ) {
      const { done, value } = await reader.read();
      // A line that was cut is read again after the cursor before it.
      if (done) return;
      clearTimeout(timer);
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as EventItem;
      timer = setTimeout(silent, silenceLimitMs);
    }
  } catch (error) {
    throw isSilent ? new SilentConnection('nothing arrived for too long') : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
    end();
  }
}

function pause(milliseconds: number, signal: StopSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    signal?.addEventListener('abort', over);
    if (signal?.aborted) over();
  });
}

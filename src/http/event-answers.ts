/** The answers to GET /events: one document of the events that are there, or a stream of lines. */
import type { EventFeed } from '../projections/event-feed.js';
import { type EventReader, type ReadPart, type Scope, TablesBehind } from '../projections/event-reader.js';
import { json, type Reply } from './endpoint.js';
import { type EventTexts, openingOf, type Representation, representations } from './event-representations.js';
import { problem } from './problems.js';

/** Size of a JSON document or a batch after which no more events are added, in characters. */
const DOCUMENT_CHARACTERS = 4 * 1024 * 1024;

/** Events that one document looks at: with a filter that matches few, it ends before the limit. */
const DOCUMENT_LOOKED_AT = 50_000;

/** Events looked at without a match after which a mark is sent. */
const MARK_EVENTS = 10_000;

/** A stream without events sends a mark at least this often, in milliseconds. */
const MARK_MS = 15_000;

/** A request that was understood. */
export interface Asked {
  readonly reader: EventReader;
  /** Events to return; Infinity: all. */
  readonly limit: number;
  readonly waitMs: number;
  /** Whether it goes on when it has caught up. */
  readonly follows: boolean;
  /** Whether the user still may read. */
  readonly isAllowed: () => boolean;
  /** Charges events that were looked at and did not match, which cost nothing else. Returns how many milliseconds to pause. */
  readonly charge: (unmatched: number) => number;
}

export async function eventsAnswer(
  asked: Asked,
  as: Representation,
  texts: EventTexts,
  feed: EventFeed,
): Promise<Reply> {
  if (as === 'json' || as === 'cloudEvents') return document(asked, as, texts, feed);
  return {
    status: 200,
    headers: { 'Content-Type': representations[as] },
    stream: {
      open: (ending) => lines(asked, as, texts, feed, ending),
      ...(as === 'sse' ? { opening: openingOf(as) } : {}),
    },
  };
}

async function document(asked: Asked, as: 'json' | 'cloudEvents', texts: EventTexts, feed: EventFeed): Promise<Reply> {
  const { reader, limit, waitMs, isAllowed, charge } = asked;
  const until = performance.now() + waitMs;
  const scopes: Scope[] = [];
  let parts: { readonly pageId: string; readonly text: string }[] = [];
  let characters = 0;
  let lookedAt = 0;
  try {
    for (;;) {
      const part = await reader.read(limit - parts.length);
      // The session may have ended meanwhile.
      if (!isAllowed()) return problem('unauthorized', 'The session ended while the read was waiting: log in again');
      scopes.push(...part.scopes);
      // Lost while the document was read.
      const lost = new Set(part.scopes.map((scope) => ('lost' in scope ? scope.lost : undefined)));
      if (lost.size > 0 && parts.length > 0) parts = parts.filter(({ pageId }) => !lost.has(pageId));
      lookedAt += part.looked;
      charge(part.looked - part.events.length);
      for (const event of part.events) {
        const text = as === 'json' ? texts.record(event) : texts.cloudEvent(event);
        characters += text.length;
        parts.push({ pageId: event.pageId, text });
      }
      const isFull = parts.length >= limit || characters >= DOCUMENT_CHARACTERS || lookedAt >= DOCUMENT_LOOKED_AT;
      if (
        isFull ||
        (reader.isCaughtUp && (parts.length > 0 || scopes.length > 0 || performance.now() >= until || feed.isEnding))
      )
        break;
      if (reader.isCaughtUp) await reader.wait(until);
      else await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    if (error instanceof TablesBehind)
      return problem('not_caught_up', 'The history is still being written: try again', { retryAfterMs: 1_000 });
    throw error;
  }
  const next = texts.cursor(reader.position);
  const records = parts.map(({ text }) => text).join(',');
  if (as === 'json')
    return json(
      200,
      `{"events":[${records}],"next":"${next}","caught_up":${reader.isCaughtUp},"scope":${JSON.stringify(scopes)}}`,
    );
  return {
    status: 200,
    headers: {
      'Content-Type': representations.cloudEvents,
      'Events-Next': next,
      'Events-Caught-Up': String(reader.isCaughtUp),
    },
    body: `[${records}]`,
  };
}

/** Ends when the limit is reached, when it has caught up and does not follow, when the session has ended, and when the server stops. */
async function* lines(
  { reader, limit, waitMs, follows, isAllowed, charge }: Asked,
  as: 'ndjson' | 'sse',
  texts: EventTexts,
  feed: EventFeed,
  ending: AbortSignal,
): AsyncGenerator<string> {
  ending.addEventListener('abort', () => reader.endWait(), { once: true });
  const until = performance.now() + waitMs;
  let sent = 0;
  let markedAt = performance.now();
  let unmatched = 0;
  /** Whether the reader was told that it has caught up, and has been since. */
  let isTold = false;
  while (!ending.aborted && !feed.isEnding) {
    const startedAt = reader.position;
    const part = await readUnlessBehind(reader, limit - sent);
    if (!isAllowed() || ending.aborted) return;
    if (!part) {
      // The tables are behind: a reader that hears nothing would take the connection for dead.
      if (performance.now() - markedAt < MARK_MS) continue;
      markedAt = performance.now();
      isTold = false;
      yield texts.mark(as, startedAt, false);
      continue;
    }
    const { scopes, events, looked } = part;
    sent += events.length;
    unmatched = events.length > 0 ? 0 : unmatched + looked;
    let text = texts.lines(as, scopes, events, startedAt);
    const isCaughtUp = reader.isCaughtUp;
    if (!isCaughtUp) isTold = false;
    const isOver =
      sent >= limit || (isCaughtUp && !follows && (sent > 0 || scopes.length > 0 || performance.now() >= until));
    const isDue = unmatched >= MARK_EVENTS || performance.now() - markedAt >= MARK_MS;
    if (isOver || isDue || (isCaughtUp && !isTold)) {
      text += texts.mark(as, reader.position, isCaughtUp);
      markedAt = performance.now();
      unmatched = 0;
      isTold = isCaughtUp;
    }
    if (text !== '') yield text;
    if (isOver) return;
    const pauseMs = charge(looked - events.length);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (!isCaughtUp) continue;
    const dueAt = markedAt + MARK_MS;
    await reader.wait(follows ? dueAt : Math.min(dueAt, until));
  }
}

/** Undefined if the tables were not written in time: then the stream goes on later. */
async function readUnlessBehind(reader: EventReader, limit: number): Promise<ReadPart | undefined> {
  try {
    return await reader.read(limit);
  } catch (error) {
    if (error instanceof TablesBehind) return undefined;
    throw error;
  }
}

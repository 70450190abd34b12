/** How the stream of events is written: as NDJSON, as server-sent events, as one JSON document, as a batch of CloudEvents. */

import { cursorPrefix } from '../log/cursor.js';
import type { EventLog, Position } from '../log/event-log.js';
import type { ReadEvent, Scope } from '../projections/event-reader.js';
import { cloudEventJson, markJson, recordJson } from '../protocol/event-records.js';
import { acceptedTypes } from './accepted-types.js';
import { shownData } from './history-endpoints.js';

export const representations = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream',
  cloudEvents: 'application/cloudevents-batch+json',
} as const;
export type Representation = keyof typeof representations;

/** The representation that an Accept header asks for; JSON if it names none of them. */
export function representationOf(accept: string): Representation {
  for (const type of acceptedTypes(accept))
    for (const [name, mediaType] of Object.entries(representations))
      if (type === mediaType) return name as Representation;
  return 'json';
}

/** How long a browser waits before it connects again, in milliseconds. */
const RETRY_MS = 2_000;

interface NewestLine {
  entry: ReadEvent['entry'] | undefined;
  line: string;
}

/** An owner is told more of some events than others are. */
const newestLines = (): Record<'toOwner' | 'toOthers', NewestLine> => ({
  toOwner: { entry: undefined, line: '' },
  toOthers: { entry: undefined, line: '' },
});

/** The texts of one log's events. */
export class EventTexts {
  readonly #prefix: string;
  readonly #source: string;
  readonly #newest = { ndjson: newestLines(), sse: newestLines() };

  constructor(log: Pick<EventLog, 'id' | 'engine'>) {
    this.#prefix = cursorPrefix(log);
    this.#source = `urn:alarm-server:${log.id}`;
  }

  cursor(position: Position): string {
    return `${this.#prefix}${position}`;
  }

  record({ pageId, entry, isOwner }: ReadEvent): string {
    return recordJson(this.cursor(entry.position), pageId, entry, shownData(entry, isOwner));
  }

  cloudEvent({ pageId, entry, isOwner }: ReadEvent): string {
    return cloudEventJson(this.cursor(entry.position), pageId, entry, shownData(entry, isOwner), this.#source);
  }

  /** Lines of a stream: the scopes at `position`, then the events. */
  lines(as: 'ndjson' | 'sse', scopes: readonly Scope[], events: readonly ReadEvent[], position: Position): string {
    let text = '';
    for (const scope of scopes) text += framed(as, 'scope', this.cursor(position), JSON.stringify({ scope }));
    for (const event of events) text += this.#line(as, event);
    return text;
  }

  /** All who follow get an event at about the same time: its line is made once. */
  #line(as: 'ndjson' | 'sse', event: ReadEvent): string {
    const newest = this.#newest[as][event.isOwner ? 'toOwner' : 'toOthers'];
    if (newest.entry !== event.entry) {
      newest.entry = event.entry;
      newest.line = framed(as, undefined, this.cursor(event.entry.position), this.record(event));
    }
    return newest.line;
  }

  mark(as: 'ndjson' | 'sse', position: Position, caughtUp: boolean): string {
    const cursor = this.cursor(position);
    return framed(as, 'mark', cursor, markJson(cursor, caughtUp));
  }
}

/** What a stream begins with. */
export const openingOf = (as: 'ndjson' | 'sse'): string => (as === 'sse' ? `retry: ${RETRY_MS}\n\n` : '');

/** `json` has no line breaks. */
const framed = (as: 'ndjson' | 'sse', event: 'scope' | 'mark' | undefined, cursor: string, json: string): string =>
  as === 'ndjson' ? `${json}\n` : `${event === undefined ? '' : `event: ${event}\n`}id: ${cursor}\ndata: ${json}\n\n`;

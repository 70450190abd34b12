/** The events that a server gives to an auditor (GET /audit/events), as lines of NDJSON, of any number. */
import { setTimeout as pause } from 'node:timers/promises';
import type { StoredText } from '../log/event-codec.js';
import { type AuditorConnection, Refused } from './auditor-connection.js';

export interface AuditedEvent {
  readonly position: string;
  /** Its place among all events that are not private, from 0: its leaf in the tree. */
  readonly index: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly v: number;
  readonly at: string;
  readonly by: string;
  /** As it is shown. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly storedData: string;
  readonly storedMetadata: string;
}

export interface AuditedLine {
  readonly line: string;
  readonly event: AuditedEvent;
}

/** Attempts to go on without a new event in between. */
const ATTEMPTS = 5;

const isText = (value: unknown): value is string => typeof value === 'string';

/** The event of a line; undefined if the line is none. */
export function auditedEvent(line: string): AuditedEvent | undefined {
  let parsed: Readonly<Record<string, unknown>>;
  try {
    parsed = JSON.parse(line) as typeof parsed;
  } catch {
    return undefined;
  }
  const { position, index, stream, revision, id, type, v, at, by, data, stored } = parsed ?? {};
  const { data: storedData, metadata: storedMetadata } = (stored ?? {}) as { data?: unknown; metadata?: unknown };
  if (![position, stream, id, type, at, by, storedData, storedMetadata].every(isText)) return undefined;
  if (![index, revision, v].every(Number.isSafeInteger) || typeof data !== 'object' || data === null) return undefined;
  return { position, index, stream, revision, id, type, v, at, by, data, storedData, storedMetadata } as AuditedEvent;
}

/** What the tree's entry of the event is made of. */
export const storedTextOf = ({
  position,
  stream,
  revision,
  id,
  type,
  storedData,
  storedMetadata,
}: AuditedEvent): StoredText => ({
  position,
  stream,
  revision,
  id,
  type,
  data: storedData,
  metadata: storedMetadata,
});

/** Some at a time, in log order. A connection that breaks is made again, and goes on after the last event. Rejects with a sentence. */
export async function* auditedEvents(
  connection: AuditorConnection,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<readonly AuditedLine[], void> {
  let after = query['after'];
  for (let attempt = 1; ; attempt += 1) {
    try {
      for await (const lines of linesFrom(connection, { ...query, ...(after === undefined ? {} : { after }) })) {
        const events = lines.map(parsedLine);
        yield events;
        after = events.at(-1)?.event.position ?? after;
        attempt = 1;
      }
      return;
    } catch (error) {
      if (error instanceof Refused || error instanceof BadLine || attempt >= ATTEMPTS) throw error;
      await pause(500 * attempt);
    }
  }
}

class BadLine extends Error {
  override readonly name = 'BadLine';
}

function parsedLine(line: string): AuditedLine {
  const event = auditedEvent(line);
  if (!event) throw new BadLine(`The server answered a line that is no event: ${line.slice(0, 200)}`);
  return { line, event };
}

/** Whole lines, as many as have come. */
async function* linesFrom(
  connection: AuditorConnection,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<readonly string[], void> {
  const search = new URLSearchParams(query).toString();
  const answer = await connection.open(`/audit/events${search === '' ? '' : `?${search}`}`, {
    accept: 'application/x-ndjson',
  });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer.body ?? []) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines.filter((line) => line !== '');
  }
  if (rest.trim() !== '') yield [rest];
}

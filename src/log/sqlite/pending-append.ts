/** An append that waits for the commit of this iteration of the event loop. */
import type { NewEvent, Resolved } from '../event-log.js';
import type { LogStatements } from './statements.js';
import type { Stream } from './streams.js';

export interface PendingAppend {
  readonly stream: string;
  readonly expected: number;
  readonly events: readonly NewEvent[];
  /** Whether the data of the stream's earlier events are overwritten with those of the last one. */
  readonly overwrites?: boolean;
  readonly resolve: (resolved: Resolved) => void;
}

/** The answer to a repeated append; undefined if the stream contains other events there. */
export function repeated(
  { idsFrom }: Pick<LogStatements, 'idsFrom'>,
  stream: Stream,
  expected: number,
  events: readonly NewEvent[],
): Resolved | undefined {
  const rows = idsFrom.all(stream.no, expected, events.length) as { id: string; position: number }[];
  const last = rows.at(-1);
  if (!last || rows.length < events.length || rows.some((row, at) => row.id !== events[at]?.id)) return undefined;
  return { kind: 'appended', revision: expected + events.length, position: String(last.position) };
}

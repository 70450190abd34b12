/**
 * A cursor: a position of one log on one engine, as programs keep it. `<log id>.<engine><position>`, the engine as one letter. Clients
 * treat it as opaque; of one log, later cursors have higher positions.
 */
import type { EventLog, Position } from './event-log.js';

export type ParsedCursor =
  | { readonly kind: 'position'; readonly position: Position }
  /** A cursor of another log, or of this log on another engine. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed' };

/** Before every event. */
export const START_POSITION: Position = '0';

type LogOfCursors = Pick<EventLog, 'id' | 'engine'>;

const letterOf = (engine: string): string => engine.charAt(0);

/** What every cursor of this log begins with; the position follows. */
export const cursorPrefix = ({ id, engine }: LogOfCursors): string => `${id}.${letterOf(engine)}`;

export function parseCursor(text: string, log: LogOfCursors): ParsedCursor {
  const parts = /^([\w-]{1,64})\.([a-z])(0|[1-9]\d{0,18})$/.exec(text);
  if (!parts) return { kind: 'malformed' };
  const [, id, letter, position = START_POSITION] = parts;
  return id === log.id && letter === letterOf(log.engine) ? { kind: 'position', position } : { kind: 'foreign' };
}

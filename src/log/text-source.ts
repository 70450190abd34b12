/** Where the stored text of events is read from (text-reader.ts). */
import type { StoredText } from './event-codec.js';
import type { Position } from './event-log.js';

/** Where the log is. Can be passed to a thread. */
export type LogSource =
  | { readonly engine: 'sqlite'; readonly file: string }
  | { readonly engine: 'eventstoredb'; readonly connectionString: string; readonly prefix: string };

export interface TextReader {
  /** The next events after a position (undefined: from the start), in log order; at most `limit`, and fewer only at the end. */
  read(after: Position | undefined, limit: number): Promise<readonly StoredText[]>;
  close(): Promise<void>;
}

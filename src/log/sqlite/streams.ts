/**
 * The streams of the embedded log by name, with their last revision. Recently used ones are kept in memory; others are read again
 * on demand, so that memory does not grow with pages that were created and deleted.
 */
import { NO_STREAM } from '../event-log.js';
import type { Database, Statement } from './database.js';

/** Maximum number of streams in memory, in addition to those that one commit touches: about 5 MB. */
const LIMIT = 20_000;

export interface Stream {
  readonly no: number;
  readonly name: string;
  revision: number;
}

export class SqliteStreams {
  readonly #insert: Statement;
  readonly #find: Statement;
  readonly #limit: number;
  /** Most recently used last. */
  readonly #held = new Map<string, Stream>();

  constructor(db: Database, limit = LIMIT) {
    this.#insert = db.prepare('INSERT INTO streams (name) VALUES (?)');
    this.#find = db.prepare(
      'SELECT no, name, (SELECT max(revision) FROM events WHERE stream = no) AS revision FROM streams WHERE name = ?',
    );
    this.#limit = limit;
  }

  get held(): number {
    return this.#held.size;
  }

  /** Undefined if the log has no such stream. */
  find(name: string): Stream | undefined {
    const stream = this.#held.get(name) ?? this.#read(name);
    if (!stream) return undefined;
    this.#held.delete(name);
    this.#held.set(name, stream);
    return stream;
  }

  /** Call it within the transaction that appends its first event. */
  create(name: string): Stream {
    const no = Number(this.#insert.run(name).lastInsertRowid);
    const stream = { no, name, revision: NO_STREAM };
    this.#held.set(name, stream);
    return stream;
  }

  /** Its transaction was rolled back. NO_STREAM: the stream was created in it. */
  putBack(stream: Stream, revision: number): void {
    if (revision === NO_STREAM) this.#held.delete(stream.name);
    else stream.revision = revision;
  }

  /** Drops the least recently used streams. Only between transactions, because streams touched by one are not in the log yet. */
  trim(): void {
    for (const name of this.#held.keys()) {
      if (this.#held.size <= this.#limit) return;
      this.#held.delete(name);
    }
  }

  #read(name: string): Stream | undefined {
    const row = this.#find.get(name) as { no: number; name: string; revision: number | null } | undefined;
    return row && { ...row, revision: row.revision ?? NO_STREAM };
  }
}

/**
 * The streams of the embedded log by name, with their last revision. Those in use are held in memory; the others are read again when
 * they are asked for, so that memory does not grow with pages that were made and deleted.
 */
import { NO_STREAM } from '../event-log.js';
import type { Database, Statement } from './database.js';

/** Streams held in memory at the most, beside those that one commit touches: some 5 MB. */
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
  /** Those used last are at the end. */
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

  /** Undefined if no such stream is in the log. */
  find(name: string): Stream | undefined {
    const stream = this.#held.get(name) ?? this.#read(name);
    if (!stream) return undefined;
    this.#held.delete(name);
    this.#held.set(name, stream);
    return stream;
  }

  /** Within the transaction that appends its first event. */
  create(name: string): Stream {
    const no = Number(this.#insert.run(name).lastInsertRowid);
    const stream = { no, name, revision: NO_STREAM };
    this.#held.set(name, stream);
    return stream;
  }

  /** Its transaction was rolled back. NO_STREAM: it was made in that. */
  putBack(stream: Stream, revision: number): void {
    if (revision === NO_STREAM) this.#held.delete(stream.name);
    else stream.revision = revision;
  }

  /** Lets go of those not used for longest. Only between transactions: what one has touched is not in the log yet. */
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

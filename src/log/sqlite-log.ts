/**
 * The embedded log: one SQLite file. What is appended in one turn of the event loop is one transaction, and one fsync.
 *
 * It commits on the serving thread: a hop to another thread costs more than the commit of a good disk does
 * (docs/performance.md). The port is asynchronous, so a thread can take its place where a disk stalls for long.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EVENT_VERSION, type DomainEvent, type Metadata } from '../domain/events.js';
import { isPrivate, LOG_STREAM } from '../domain/streams.js';
import { NO_STREAM, type CredentialSet, type EventLog, type NewEvent, type Position, type RecordedEvent, type Resolved, type Subscriber, type Subscription } from './event-log.js';
import { isFull, openDatabase, type Database, type Statement } from './sqlite.js';

/** Marks the file as ours ("ALRM"); the user version is the version of the tables below. */
export const APPLICATION_ID = 0x414c524d;
export const FORMAT = 1;

/** No index but the one that guards (stream, revision): each further one makes every commit dirty more pages. */
const TABLES = `
  CREATE TABLE streams (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream   INTEGER NOT NULL REFERENCES streams (no),
    revision INTEGER NOT NULL,
    id       TEXT    NOT NULL,
    type     TEXT    NOT NULL,
    data     TEXT    NOT NULL,
    metadata TEXT    NOT NULL,
    UNIQUE (stream, revision)
  );
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

/**
 * Pages of the WAL (4 KiB each) at which they are copied into the file; SQLite's own default. SQLite would also do it by
 * itself, but within the commit that answers wait for, and without telling when an fsync failed.
 */
const CHECKPOINT_PAGES = 1_000;

/** Events read at a time by a subscription that catches up. */
const CATCH_UP_BATCH = 2_000;

export interface SqliteLogOptions {
  readonly file: string;
  /** Called when the disk failed in a way after which nothing is known to be durable. The process must end. */
  readonly onFatal: (error: Error) => void;
  /** Told the duration of each commit in milliseconds, and how many events it held. */
  readonly onCommit?: (milliseconds: number, events: number) => void;
}

interface Stream {
  readonly no: number;
  readonly name: string;
  revision: number;
}

interface PendingAppend {
  readonly stream: string;
  readonly expected: number;
  readonly events: readonly NewEvent[];
  readonly resolve: (resolved: Resolved) => void;
}

interface Row {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

const recorded = (row: Row): RecordedEvent => ({
  id: row.id,
  event: { type: row.type, data: JSON.parse(row.data) } as DomainEvent,
  metadata: JSON.parse(row.metadata) as Metadata,
  stream: row.stream,
  revision: row.revision,
  position: String(row.position),
});

/** Opens the log in `file`, creating it if need be. Throws with a sentence if the file is not a log of this format. */
export function openSqliteLog(options: SqliteLogOptions): SqliteLog {
  const db = openDatabase(options.file, { timeout: 100 });
  db.pragma('journal_mode = WAL');
  db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
  db.pragma('wal_autocheckpoint = 0');
  if (db.pragma('application_id', { simple: true }) === 0 && db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0) {
    db.exec(`BEGIN; ${TABLES} COMMIT;`);
  }
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID || db.pragma('user_version', { simple: true }) !== FORMAT) {
    db.close();
    throw new Error(`${options.file} is not an event log of format ${FORMAT} of this server; it was left as it is. Set DATA_DIR to another folder, or start the version that wrote it.`);
  }
  // A fresh WAL database falls back to NORMAL at its first write: so set here, after it, and read back.
  db.pragma('synchronous = FULL');
  if (db.pragma('synchronous', { simple: true }) !== 2) throw new Error(`${options.file}: SQLite does not accept synchronous = FULL, without which nothing is durable.`);
  return new SqliteLog(db, options);
}

export class SqliteLog implements EventLog {
  readonly id: string;
  readonly engine = 'sqlite';
  readonly isShared = false;
  readonly isAvailable = true;
  readonly #db: Database;
  readonly #options: SqliteLogOptions;
  readonly #streams = new Map<string, Stream>();
  readonly #live = new Set<Subscriber>();
  readonly #insert: Statement;
  readonly #statements: Record<'begin' | 'commit' | 'rollback' | 'walPages' | 'checkpoint' | 'insertStream' | 'findStream' | 'after' | 'lastData' | 'idsFrom' | 'head', Statement>;
  #position: number;
  #fedPosition: number;
  #pending: PendingAppend[] = [];
  #checkpointPlanned = false;
  #closed = false;

  constructor(db: Database, options: SqliteLogOptions) {
    this.#db = db;
    this.#options = options;
    this.#insert = db.prepare('INSERT INTO events (position, stream, revision, id, type, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)');
    const rows = 'SELECT position, s.name AS stream, revision, id, type, data, metadata FROM events JOIN streams s ON s.no = stream';
    this.#statements = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      rollback: db.prepare('ROLLBACK'),
      walPages: db.prepare('PRAGMA wal_checkpoint(NOOP)'),
      checkpoint: db.prepare('PRAGMA wal_checkpoint(PASSIVE)'),
      insertStream: db.prepare('INSERT INTO streams (name) VALUES (?)'),
      findStream: db.prepare('SELECT no, name, (SELECT max(revision) FROM events WHERE stream = no) AS revision FROM streams WHERE name = ?'),
      after: db.prepare(`${rows} WHERE position > ? ORDER BY position LIMIT ${CATCH_UP_BATCH}`),
      lastData: db.prepare('SELECT data FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1').pluck(),
      idsFrom: db.prepare('SELECT id, position FROM events WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?'),
      head: db.prepare(`SELECT position FROM events JOIN streams s ON s.no = stream WHERE s.name NOT LIKE 'credential-%' ORDER BY position DESC LIMIT 1`).pluck(),
    };
    this.#position = db.prepare('SELECT coalesce(max(position), 0) FROM events').pluck().get() as number;
    if (this.#position === 0) this.#appendLogCreated();
    this.#fedPosition = this.#statements.head.get() as number;
    this.id = (JSON.parse(this.#statements.lastData.get(this.#stream(LOG_STREAM).no) as string) as { log_id: string }).log_id;
  }

  append(stream: string, expected: number, events: readonly NewEvent[]): Promise<Resolved> {
    if (this.#closed) return Promise.reject(new Error('The log is closed.'));
    return new Promise((resolve) => {
      // The tick queue runs when the caller's callback has returned: all that it appended is one commit.
      if (this.#pending.length === 0) process.nextTick(() => this.#commitPending());
      this.#pending.push({ stream, expected, events, resolve });
    });
  }

  subscribe(after: Position | undefined, subscriber: Subscriber): Subscription {
    let open = true;
    let position = after === undefined ? 0 : Number(after);
    const catchUp = async (): Promise<void> => {
      while (open && !this.#closed) {
        await nextTurn();
        const rows = this.#statements.after.all(position) as Row[];
        if (rows.length > 0) position = rows.at(-1)!.position;
        const fed = rows.filter((row) => !isPrivate(row.stream)).map(recorded);
        const pause = fed.length > 0 ? subscriber.deliver(fed) : undefined;
        if (pause) await pause;
        // Commits happen on this thread: nothing can have been appended between that read and going live.
        else if (rows.length < CATCH_UP_BATCH) return void this.#live.add(subscriber);
      }
    };
    return {
      caughtUp: catchUp(),
      close: () => {
        open = false;
        this.#live.delete(subscriber);
      },
    };
  }

  async readCredential(name: string): Promise<(CredentialSet & { revision: number }) | undefined> {
    if (!this.#known(name)) return undefined;
    const { no, revision } = this.#stream(name);
    return { type: 'CredentialSet', data: JSON.parse(this.#statements.lastData.get(no) as string) as CredentialSet['data'], revision };
  }

  async head(): Promise<Position> {
    return String(this.#fedPosition);
  }

  /** Caps the file's size in pages, as a full disk would: for tests of that case. */
  limitPages(pages: number): void {
    this.#db.pragma(`max_page_count = ${pages}`);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#commitPending();
    this.#closed = true;
    this.#live.clear();
    this.#db.close();
  }

  #commitPending(): void {
    const appends = this.#pending;
    if (appends.length === 0) return;
    this.#pending = [];
    const startedAt = performance.now();
    const answers: Resolved[] = [];
    const written: RecordedEvent[] = [];
    const position = this.#position;
    const touched = new Map<Stream, number>();
    try {
      this.#statements.begin.run();
      for (const append of appends) answers.push(this.#write(append, written, touched));
      this.#statements.commit.run();
    } catch (error) {
      this.#undo(position, touched);
      if (!isFull(error)) return this.#options.onFatal(error as Error);
      for (const { resolve } of appends) resolve({ kind: 'full' });
      return;
    }
    this.#options.onCommit?.(performance.now() - startedAt, this.#position - position);
    const fed = written.filter((event) => !isPrivate(event.stream));
    if (fed.length > 0) {
      this.#fedPosition = Number(fed.at(-1)!.position);
      for (const subscriber of this.#live) subscriber.deliver(fed);
    }
    appends.forEach(({ resolve }, at) => resolve(answers[at]!));
    this.#planCheckpoint();
  }

  /** Later in this turn of the event loop, when what was committed has been pushed and answered. */
  #planCheckpoint(): void {
    const { log, checkpointed } = this.#statements.walPages.get() as { log: number; checkpointed: number };
    if (log - checkpointed < CHECKPOINT_PAGES || this.#checkpointPlanned) return;
    this.#checkpointPlanned = true;
    setImmediate(() => this.#checkpoint());
  }

  #checkpoint(): void {
    this.#checkpointPlanned = false;
    if (this.#closed) return;
    try {
      this.#statements.checkpoint.get();
    } catch (error) {
      // Without room all of it stays in the WAL, until there is.
      if (!isFull(error)) this.#options.onFatal(error as Error);
    }
  }

  #write({ stream: name, expected, events }: PendingAppend, written: RecordedEvent[], touched: Map<Stream, number>): Resolved {
    const known = this.#known(name);
    const actual = known ? this.#stream(name).revision : NO_STREAM;
    if (actual !== expected) return (known && this.#repeated(this.#stream(name), expected, events)) || { kind: 'conflict', actual };
    const stream = this.#stream(name);
    if (!touched.has(stream)) touched.set(stream, stream.revision);
    for (const { id, event, metadata } of events) {
      const position = ++this.#position;
      const revision = ++stream.revision;
      this.#insert.run(position, stream.no, revision, id, event.type, JSON.stringify(event.data), JSON.stringify(metadata));
      written.push({ id, event: event as DomainEvent, metadata, stream: name, revision, position: String(position) });
    }
    return { kind: 'appended', revision: stream.revision, position: String(this.#position) };
  }

  /** The answer to an append that was made before, or undefined if what stands there is something else. */
  #repeated(stream: Stream, expected: number, events: readonly NewEvent[]): Resolved | undefined {
    const rows = this.#statements.idsFrom.all(stream.no, expected, events.length) as { id: string; position: number }[];
    if (events.length === 0 || rows.length < events.length || rows.some((row, at) => row.id !== events[at]!.id)) return undefined;
    return { kind: 'appended', revision: expected + events.length, position: String(rows.at(-1)!.position) };
  }

  #undo(position: number, touched: Map<Stream, number>): void {
    if (this.#db.inTransaction) this.#statements.rollback.run();
    this.#position = position;
    for (const [stream, revision] of touched) {
      if (revision === NO_STREAM) this.#streams.delete(stream.name);
      else stream.revision = revision;
    }
  }

  #known(name: string): boolean {
    return this.#streams.has(name) || this.#load(name);
  }

  #load(name: string): boolean {
    const row = this.#statements.findStream.get(name) as Stream | undefined;
    if (row) this.#streams.set(name, row);
    return row !== undefined;
  }

  #stream(name: string): Stream {
    if (!this.#known(name)) {
      const no = Number(this.#statements.insertStream.run(name).lastInsertRowid);
      this.#streams.set(name, { no, name, revision: NO_STREAM });
    }
    return this.#streams.get(name)!;
  }

  #appendLogCreated(): void {
    const log_id = randomUUID();
    const metadata: Metadata = { at: new Date().toISOString(), by: 'system', via: 'self', command: 'create_log', key: log_id, v: EVENT_VERSION };
    this.#db.transaction(() => this.#write({ stream: LOG_STREAM, expected: NO_STREAM, events: [{ id: randomUUID(), event: { type: 'LogCreated', data: { log_id } }, metadata }], resolve: () => undefined }, [], new Map()))();
  }
}

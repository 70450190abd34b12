/**
 * The embedded log: one SQLite file. Appends of one iteration of the event loop are one transaction and one fsync.
 *
 * It commits on the serving thread, because passing data to another thread costs more than a commit on a good disk
 * (docs/performance.md). The port is asynchronous, so a thread can be added for disks with long stalls.
 */
import { randomUUID } from 'node:crypto';
import { type DomainEvent, eventVersions, type LogEvent } from '../../domain/events.js';
import { isPrivate, LOG_STREAM, registeredFamily } from '../../domain/streams.js';
import { eventDigest, storedText } from '../event-codec.js';
import {
  type EventLog,
  type EventMark,
  type NewEvent,
  NO_STREAM,
  type Position,
  type RecordedEvent,
  type RecordedPrivateEvent,
  type Resolved,
  type Subscriber,
  type Subscription,
} from '../event-log.js';
import { privateEventOf } from '../private-events.js';
import type { State, StateOutcome, StateStore } from '../state-store.js';
import { Checkpoints } from './checkpoints.js';
import { type Database, isFull, openDatabase } from './database.js';
import { lineageIn } from './lineage.js';
import { inspectLogFile } from './log-file.js';
import { type PendingAppend, repeated } from './pending-append.js';
import { type LogStatements, prepareStatements } from './statements.js';
import { SqliteStates } from './states.js';
import { SqliteStreams, type Stream } from './streams.js';
import { Subscribers } from './subscribers.js';
import { DROP_BACKUP_MARK, type EventRow, recordedOf, TABLES, tryToWrite } from './tables.js';

export interface SqliteLogOptions {
  readonly file: string;
  /** Maximum number of streams kept in memory between commits; for tests. */
  readonly heldStreams?: number;
  /** Called when the disk failed in a way after which nothing is known to be durable. The process must end. */
  readonly onFatal: (error: Error) => void;
  /** Called with each commit's duration in milliseconds, its number of events, and the last of them, before anybody else is notified. */
  readonly onCommit?: (milliseconds: number, events: number, last: RecordedEvent | undefined) => void;
  /** Called before and after the WAL is copied into the file. */
  readonly onCheckpoint?: (stage: 'begins' | 'is over') => void;
}

/**
 * Opens the log in `file`, creating it if necessary. Throws a readable error if the file is not a log of this format, does
 * not belong to the -wal next to it or lacks events; the file is then unchanged.
 */
export function openSqliteLog(options: SqliteLogOptions): SqliteLog {
  const { file } = options;
  const isNew = inspectLogFile(file) === 'none';
  const db = openDatabase(file, { timeout: 100 });
  try {
    // Before there is a WAL, so that the file identifies itself from its first page on.
    if (isNew) db.exec(`BEGIN; ${TABLES} COMMIT;`);
    db.pragma('journal_mode = WAL');
    db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
    db.pragma('wal_autocheckpoint = 0');
    // What is overwritten leaves no trace in the file.
    db.pragma('secure_delete = ON');
    // A new WAL database falls back to NORMAL at its first write, so this is set afterwards and read back.
    db.pragma('synchronous = FULL');
    if (db.pragma('synchronous', { simple: true }) !== 2)
      throw new Error(`${file}: SQLite does not accept synchronous = FULL, without which nothing is durable.`);
    const log = new SqliteLog(db, options);
    tryToWrite(db, file);
    return log;
  } catch (error) {
    db.close();
    throw error;
  }
}

export class SqliteLog implements EventLog, StateStore {
  readonly engine = 'sqlite';
  readonly isShared = false;
  readonly isAvailable = true;
  readonly #db: Database;
  readonly #options: SqliteLogOptions;
  readonly #streams: SqliteStreams;
  readonly #subscribers: Subscribers;
  readonly #statements: LogStatements;
  readonly #checkpoints: Checkpoints;
  #lineage: readonly string[];
  #position: number;
  #publicPosition: number;
  #pending: PendingAppend[] = [];
  readonly #states: SqliteStates;
  #closed = false;

  constructor(db: Database, options: SqliteLogOptions) {
    this.#db = db;
    this.#options = options;
    this.#statements = prepareStatements(db);
    this.#checkpoints = new Checkpoints(db, options);
    this.#subscribers = new Subscribers(this.#statements.after);
    this.#streams = new SqliteStreams(db, options.heldStreams);
    this.#states = new SqliteStates(db);
    this.#position = this.#statements.newest.get() as number;
    this.isNew = this.#position === 0;
    if (this.isNew) this.#appendOfLog({ type: 'LogCreated', data: { log_id: randomUUID() } }, 'create_log');
    this.#publicPosition = this.#statements.head.get() as number;
    this.#lineage = lineageIn(this.#statements, this.#options.file);
  }

  /** Whether it was created by this call. */
  readonly isNew: boolean;

  get id(): string {
    return this.#lineage.at(-1)!;
  }

  get lineage(): readonly string[] {
    return this.#lineage;
  }

  /** The last event of all, private streams included. */
  get last(): EventMark {
    return this.markAt(this.#position)!;
  }

  /** The event at this position, private streams included; undefined if there is none. */
  markAt(position: number): EventMark | undefined {
    const row = this.#statements.at.get(position) as EventRow | undefined;
    return row && { position: String(row.position), id: row.id, digest: eventDigest(recordedOf(row)) };
  }

  /** Writes the whole log to a new file, if its own file was deleted while it was open. */
  saveTo(file: string): void {
    this.#db.prepare('VACUUM INTO ?').run(file);
  }

  /** Gives the log a new id, because its history may have been replaced. Has to be called before anybody subscribes. `at`: RFC 3339. */
  restore(at?: string): void {
    this.#db.exec(DROP_BACKUP_MARK);
    this.#appendOfLog({ type: 'LogRestored', data: { log_id: randomUUID(), previous: this.id } }, 'restore_log', at);
    this.#publicPosition = this.#position;
    this.#lineage = lineageIn(this.#statements, this.#options.file);
  }

  append(stream: string, expected: number, events: readonly NewEvent[]): Promise<Resolved> {
    return this.#append({ stream, expected, events });
  }

  overwrite(stream: string, expected: number, event: NewEvent): Promise<Resolved> {
    // The first event of a stream has none before it.
    return this.#append({ stream, expected, events: [event], overwrites: expected !== NO_STREAM });
  }

  #append(append: Omit<PendingAppend, 'resolve'>): Promise<Resolved> {
    registeredFamily(append.stream);
    if (this.#closed) return Promise.reject(new Error('The log is closed.'));
    return new Promise((resolve) => {
      // The nextTick queue runs after the caller's callback has returned, so all its appends are one commit.
      this.#planCommit();
      this.#pending.push({ ...append, resolve });
    });
  }

  async readState(id: string): Promise<State | undefined> {
    return this.#states.read(id);
  }

  /** In the commit of this iteration's appends. */
  writeState(id: string, value: unknown, fence: number): Promise<StateOutcome> {
    if (this.#closed) return Promise.resolve('unavailable');
    return new Promise((resolve) => {
      this.#planCommit();
      this.#states.add({ id, value, fence, resolve });
    });
  }

  #planCommit(): void {
    if (this.#pending.length === 0 && this.#states.pending === 0) process.nextTick(() => this.#commitPending());
  }

  subscribe(after: Position | undefined, subscriber: Subscriber): Subscription {
    return this.#subscribers.subscribe(after, subscriber);
  }

  async readPrivate(name: string): Promise<RecordedPrivateEvent | undefined> {
    const stream = this.#streams.find(name);
    if (!stream) return undefined;
    return privateEventOf(recordedOf(this.#statements.last.get(stream.no) as EventRow));
  }

  async head(): Promise<Position> {
    return String(this.#publicPosition);
  }

  async eventAt(position: Position): Promise<EventMark | undefined> {
    return this.markAt(Number(position));
  }

  /** Limits the file's size in pages, like a full disk: for tests. */
  limitPages(pages: number): void {
    this.#db.pragma(`max_page_count = ${pages}`);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#commitPending();
    this.#closed = true;
    this.#subscribers.close();
    this.#checkpoints.close();
    this.#db.close();
  }

  #commitPending(): void {
    const appends = this.#pending;
    if (appends.length === 0 && this.#states.pending === 0) return;
    this.#pending = [];
    const startedAt = performance.now();
    const answers: Resolved[] = [];
    const written: RecordedEvent[] = [];
    const position = this.#position;
    const touched = new Map<Stream, number>();
    try {
      this.#statements.begin.run();
      for (const append of appends) answers.push(this.#write(append, written, touched));
      this.#states.write();
      this.#statements.commit.run();
    } catch (error) {
      this.#undo(position, touched);
      if (!isFull(error)) return this.#options.onFatal(error as Error);
      for (const { resolve } of appends) resolve({ kind: 'full' });
      this.#states.full();
      return;
    }
    this.#options.onCommit?.(performance.now() - startedAt, this.#position - position, written.at(-1));
    this.#streams.trim();
    const publicEvents = written.filter((event) => !isPrivate(event.stream));
    const last = publicEvents.at(-1);
    if (last) {
      this.#publicPosition = Number(last.position);
      this.#subscribers.deliver(publicEvents);
    }
    answers.forEach((answer, at) => appends[at]?.resolve(answer));
    this.#states.committed();
    if (appends.some(({ overwrites }) => overwrites)) this.#checkpoints.emptyWal();
    else this.#checkpoints.plan(written.length);
  }

  #write(
    { stream: name, expected, events, overwrites }: PendingAppend,
    written: RecordedEvent[],
    touched: Map<Stream, number>,
  ): Resolved {
    const known = this.#streams.find(name);
    const actual = known?.revision ?? NO_STREAM;
    if (actual !== expected)
      return (known && repeated(this.#statements, known, expected, events)) || { kind: 'conflict', actual };
    const stream = known ?? this.#streams.create(name);
    if (!touched.has(stream)) touched.set(stream, stream.revision);
    for (const { id, event, metadata } of events) {
      const position = ++this.#position;
      const revision = ++stream.revision;
      this.#statements.insert.run(
        position,
        stream.no,
        revision,
        id,
        event.type,
        storedText(event.data),
        storedText(metadata),
      );
      written.push({ id, event: event as DomainEvent, metadata, stream: name, revision, position: String(position) });
    }
    if (overwrites) this.#statements.overwrite.run(storedText(events.at(-1)?.event.data), stream.no, stream.revision);
    return { kind: 'appended', revision: stream.revision, position: String(this.#position) };
  }

  #undo(position: number, touched: Map<Stream, number>): void {
    if (this.#db.inTransaction) this.#statements.rollback.run();
    this.#position = position;
    for (const [stream, revision] of touched) this.#streams.putBack(stream, revision);
  }

  /** Appends an event to the log's own stream, in its own transaction. */
  #appendOfLog(event: LogEvent, command: string, at = new Date().toISOString()): void {
    const metadata = { at, by: 'system', via: 'self', command, key: event.data.log_id, v: eventVersions[event.type] };
    const expected = this.#streams.find(LOG_STREAM)?.revision ?? NO_STREAM;
    this.#db.transaction(() =>
      this.#write(
        {
          stream: LOG_STREAM,
          expected,
          events: [{ id: event.data.log_id, event, metadata }],
          resolve: () => undefined,
        },
        [],
        new Map(),
      ),
    )();
  }
}

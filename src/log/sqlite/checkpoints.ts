/**
 * Copies the WAL into the log's file. SQLite could do it automatically, but within the commit that answers wait for, and without
 * reporting a failed fsync.
 */
import { type Database, isFull, type Statement } from './database.js';

/** Pages of the WAL (4 KiB each) at which they are copied; SQLite's own default. */
const CHECKPOINT_PAGES = 1_000;

/**
 * After so many commits fewer pages are enough: where commits are small, a copy of 250 pages delays the next ones by a fifth of what 1,000
 * pages do (p99.9 at 2,000 triggers a second 12 instead of 28 ms, docs/performance.md). Large commits reach CHECKPOINT_PAGES earlier.
 */
const SMALL_COMMITS = 60;
const SMALL_COMMITS_PAGES = 250;

/** The length of the WAL is asked for after so many commits or events: it costs several microseconds, and each adds a few pages. */
const COMMITS_UNASKED = 16;
const EVENTS_UNASKED = 200;

export interface CheckpointsOptions {
  /** Called when the disk failed in a way after which nothing is known to be durable. */
  readonly onFatal: (error: Error) => void;
  /** Called before and after the WAL is copied. */
  readonly onCheckpoint?: (stage: 'begins' | 'is over') => void;
}

export class Checkpoints {
  readonly #options: CheckpointsOptions;
  readonly #walPages: Statement;
  readonly #checkpoint: Statement;
  readonly #truncate: Statement;
  #isToEmpty = false;
  #isPlanned = false;
  #commits = 0;
  #events = 0;
  #commitsSinceCopy = 0;
  #closed = false;

  constructor(db: Database, options: CheckpointsOptions) {
    this.#options = options;
    this.#walPages = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    this.#truncate = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /**
   * Has to be called after a commit with its number of events. Copies later in this iteration of the event loop, after the committed events
   * were pushed and answered.
   */
  plan(events: number): void {
    this.#commits += 1;
    this.#events += events;
    if (this.#isPlanned || (this.#commits < COMMITS_UNASKED && this.#events < EVENTS_UNASKED)) return;
    this.#commitsSinceCopy += this.#commits;
    this.#commits = 0;
    this.#events = 0;
    const { log, checkpointed } = this.#walPages.get() as { log: number; checkpointed: number };
    const enough = this.#commitsSinceCopy < SMALL_COMMITS ? CHECKPOINT_PAGES : SMALL_COMMITS_PAGES;
    if (log - checkpointed < enough) return;
    this.#commitsSinceCopy = 0;
    this.#isPlanned = true;
    setImmediate(() => this.#copy());
  }

  /** Copies the WAL and empties it, later in this iteration of the event loop and, while somebody reads the log, after later commits. */
  emptyWal(): void {
    this.#isToEmpty = true;
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => this.#copy());
  }

  close(): void {
    this.#closed = true;
  }

  #copy(): void {
    this.#isPlanned = false;
    if (this.#closed) return;
    this.#options.onCheckpoint?.('begins');
    try {
      if (this.#isToEmpty) {
        const { busy } = this.#truncate.get() as { busy: number };
        this.#isToEmpty = busy !== 0;
      } else this.#checkpoint.get();
      this.#options.onCheckpoint?.('is over');
    } catch (error) {
      // If the disk is full, the WAL keeps everything until there is space.
      if (!isFull(error)) this.#options.onFatal(error as Error);
    }
  }
}

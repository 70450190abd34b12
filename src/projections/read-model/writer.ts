/**
 * The read-model writer: keeps the SQLite read models up to date on its own thread, some tens of milliseconds behind the live
 * state. Rows that change while a change set is being written go into the next one, so under load the sets grow and cost less per
 * row.
 */
import { Worker } from 'node:worker_threads';
import { comparePositions, type Position } from '../../log/event-log.js';
import { loading } from '../../thread-loading.js';
import type { Folded, LiveState } from '../live-state.js';
import { PositionWaiters } from '../position-waiters.js';
import type { HistoryEntry } from './alarm-events.js';
import type { ChangeSet, WriterReport, WriterStart } from './change-set.js';
import { DirtyRows } from './dirty-rows.js';
import type { IdempotencyRecord } from './idempotency-records.js';
import type { Cell } from './table.js';

/** How long events are collected before they are written, in milliseconds. A waiting reader starts the write immediately. */
const COLLECT_MS = 25;

/** The same while more than BUSY_EVENTS arrive in that time: hot pages of the tables are then written once for all of them. */
const BUSY_COLLECT_MS = 150;
const BUSY_EVENTS = 500;

/** This many events are written without waiting; otherwise the thread would be idle for a sixth of a rebuild's time. */
const ENOUGH_EVENTS = 10_000;

/** Unwritten events at which commands are slowed down: some seconds of the writer's work. */
const QUEUE_LIMIT = 100_000;

export interface ReadModelWriterOptions {
  readonly file: string;
  /** The read model is built next to the one in use, and is not used before it is complete. */
  readonly isRebuild?: boolean;
  /** Called when the read model can no longer be written for a reason other than a full disk. */
  readonly onFailed: (message: string) => void;
  /** Called when the disk becomes full, and then once a minute. */
  readonly onFull: () => void;
  /** Called when the rows that waited for disk space are written. */
  readonly onRoom?: () => void;
}

/** Time between two calls of onFull while the disk stays full, in milliseconds. */
const FULL_AGAIN_MS = 60_000;

export class ReadModelWriter {
  /** Resolves when the thread can be given something to write; rejects if it cannot be started, and the read model stays as it is. */
  readonly loaded: Promise<void>;
  readonly #options: ReadModelWriterOptions;
  readonly #thread: Worker;
  readonly #dirtyRows: DirtyRows;
  readonly #waiters = new PositionWaiters();
  readonly #unwritten = new Map<string, IdempotencyRecord>();
  #isLoaded = false;
  #keys: string[] = [];
  #keysInWriting: string[] = [];
  #inWriting: ChangeSet | undefined;
  /** When onFull was last called, while the disk is full. */
  #fullReportedAt: number | undefined;
  #eventsInWriting = 0;
  #lastEvents = 0;
  #firstNotedAt = 0;
  #writingSince = 0;
  #position: Position | undefined;
  #noted: Position | undefined;
  #timer: NodeJS.Timeout | undefined;
  #drained: (() => void)[] = [];
  #closed: (() => void) | undefined;

  constructor(live: LiveState, checkpoint: Position | undefined, options: ReadModelWriterOptions) {
    this.#dirtyRows = new DirtyRows(live);
    this.#options = options;
    this.#position = this.#noted = checkpoint;
    this.#thread = new Worker(new URL('./writer-thread.js', import.meta.url), {
      workerData: { file: options.file, isRebuild: options.isRebuild ?? false } satisfies WriterStart,
      // Preloaded modules of the main thread, such as a test runner's hooks, are not meant for this thread and would slow its
      // start.
      execArgv: [],
    });
    this.#thread.on('message', (report: WriterReport) => this.#onReport(report));
    this.#thread.on('error', (error) => this.#isLoaded && options.onFailed(error.message));
    this.loaded = loading(this.#thread, 'The thread that writes the read model');
    this.#thread.on('exit', () => this.#closed?.());
  }

  /** How far the tables are behind: in events, and in milliseconds since the oldest of them was collected. */
  get lag(): { events: number; milliseconds: number } {
    const since = this.#writingSince || this.#firstNotedAt;
    return {
      events: this.#dirtyRows.events + this.#eventsInWriting,
      milliseconds: since === 0 ? 0 : performance.now() - since,
    };
  }

  /** True while so much is unwritten that no more events should be accepted; `whenDrained` calls back at the end. */
  get isBehind(): boolean {
    return this.#dirtyRows.events + this.#eventsInWriting > QUEUE_LIMIT;
  }

  whenDrained(then: () => void): void {
    this.#drained.push(then);
  }

  /** The idempotency record of a command that the tables do not have yet. */
  unwrittenCommand(key: string): IdempotencyRecord | undefined {
    return this.#unwritten.get(key);
  }

  /** `entry`: of an event of a page, its row in alarm_events. */
  note(folded: Folded, entry: HistoryEntry | undefined, command: IdempotencyRecord | undefined): void {
    if (command) {
      this.#unwritten.set(command.key, command);
      this.#keys.push(command.key);
    }
    if (this.#dirtyRows.events === 0) this.#firstNotedAt = performance.now();
    this.#dirtyRows.note(folded, entry, command);
    this.#noted = folded.recorded.position;
    if (this.#eventsInWriting === 0) this.#scheduleWrite();
  }

  /** Whether all events up to a position are in the tables, which may be behind what was noted since. */
  has(position: Position): boolean {
    return this.#position !== undefined && comparePositions(this.#position, position) >= 0;
  }

  /** Resolves to true when all events noted before the call are in the tables, to false after `timeoutMs`. */
  async catchUp(timeoutMs: number): Promise<boolean> {
    if (this.#noted === undefined || this.#noted === this.#position) return true;
    if (this.#eventsInWriting === 0) this.#write();
    return this.#waiters.wait(this.#noted, timeoutMs);
  }

  /** Like catchUp, but while the disk is full it resolves to true without waiting: rows that are not in the tables are in `unwrittenHistory`. */
  async readable(timeoutMs: number): Promise<boolean> {
    return this.isFull || (await this.catchUp(timeoutMs)) || this.isFull;
  }

  get isFull(): boolean {
    return this.#fullReportedAt !== undefined;
  }

  /** Cells of alarm_events that are not in the table yet, row by row, oldest first. */
  unwrittenHistory(): readonly (readonly Cell[])[] {
    return [this.#inWriting?.alarmEvents ?? [], this.#dirtyRows.alarmEvents];
  }

  /** Cells of access_changes that are not in the table yet, row by row, oldest first. */
  unwrittenAccess(): readonly (readonly Cell[])[] {
    return [this.#inWriting?.accessChanges ?? [], this.#dirtyRows.accessChanges];
  }

  /** Writes the rest, then ends the thread. */
  async close(): Promise<void> {
    await this.catchUp(5_000);
    const exited = new Promise<void>((resolve) => (this.#closed = resolve));
    this.#thread.postMessage('close');
    await exited;
  }

  #scheduleWrite(): void {
    if (this.#dirtyRows.events >= ENOUGH_EVENTS) return this.#write();
    this.#timer ??= setTimeout(() => this.#write(), this.#lastEvents > BUSY_EVENTS ? BUSY_COLLECT_MS : COLLECT_MS);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#eventsInWriting = this.#lastEvents = this.#dirtyRows.events;
    const changes = this.#dirtyRows.take();
    if (!changes) return;
    this.#keysInWriting = this.#keys;
    this.#keys = [];
    this.#writingSince = this.#firstNotedAt;
    this.#firstNotedAt = 0;
    this.#inWriting = changes;
    this.#thread.postMessage(changes);
  }

  /** The thread reports it twice a second. */
  #full(): void {
    const now = performance.now();
    if (this.#fullReportedAt !== undefined && now - this.#fullReportedAt < FULL_AGAIN_MS) return;
    this.#fullReportedAt = now;
    this.#options.onFull();
  }

  #onReport(report: WriterReport): void {
    if (report.kind === 'loaded') return void (this.#isLoaded = true);
    if (report.kind === 'failed') return this.#options.onFailed(report.message);
    if (report.kind === 'full') return this.#full();
    if (this.#fullReportedAt !== undefined) this.#options.onRoom?.();
    this.#fullReportedAt = undefined;
    this.#inWriting = undefined;
    this.#position = report.position;
    for (const key of this.#keysInWriting) this.#unwritten.delete(key);
    this.#keysInWriting = [];
    this.#eventsInWriting = 0;
    this.#writingSince = 0;
    this.#waiters.reached(report.position);
    if (this.#waiters.size > 0) this.#write();
    else if (this.#dirtyRows.events > 0) this.#scheduleWrite();
    if (this.isBehind) return;
    for (const then of this.#drained.splice(0)) then();
  }
}

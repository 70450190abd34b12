/**
 * Follows the live state with the SQLite read models, on a thread of its own, some tens of milliseconds behind. What is
 * noted while a change set is being written goes into the next: under load the sets grow, and cost less a row.
 */
import { Worker } from 'node:worker_threads';
import type { Position } from '../../log/event-log.js';
import type { Folded, LiveState } from '../live-state.js';
import { PositionWaiters } from '../position-waiters.js';
import type { ChangeSet, WriterReport, WriterStart } from './change-set.js';
import { DirtyRows } from './dirty-rows.js';
import type { IdempotencyRecord } from './idempotency-records.js';
import type { Cell } from './table.js';

/** How long events may gather before they are written, in milliseconds. A reader who waits does not wait for this. */
const GATHER_MS = 25;

/** The same while more than BUSY_EVENTS come in that time: the tables' hot pages are then written once for all of them. */
const BUSY_GATHER_MS = 150;
const BUSY_EVENTS = 500;

/** So many events are worth a change set of their own: the thread would only stand idle meanwhile, a sixth of a rebuild's time. */
const ENOUGH_EVENTS = 10_000;

/** Unwritten events at which commands are slowed down: some seconds of the writer's work. */
const QUEUE_LIMIT = 100_000;

export interface ReadModelWriterOptions {
  readonly file: string;
  /** The read model is being built beside the one in use, and counts for nothing before it is whole. */
  readonly isRebuild?: boolean;
  /** The read model cannot be written any more, for another reason than a full disk. */
  readonly onFailed: (message: string) => void;
  /** The disk is full: called when that begins, and then once a minute. */
  readonly onFull: () => void;
  /** What waited for room is written. */
  readonly onRoom?: () => void;
}

/** Between two calls of onFull while the disk stays full, in milliseconds. */
const FULL_AGAIN_MS = 60_000;

export class ReadModelWriter {
  readonly #options: ReadModelWriterOptions;
  readonly #thread: Worker;
  readonly #collector: DirtyRows;
  readonly #waiters = new PositionWaiters();
  readonly #unwritten = new Map<string, IdempotencyRecord>();
  #keys: string[] = [];
  #keysInWriting: string[] = [];
  #inWriting: ChangeSet | undefined;
  /** When onFull was called last, while the disk is full. */
  #fullSaidAt: number | undefined;
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
    this.#collector = new DirtyRows(live);
    this.#options = options;
    this.#position = this.#noted = checkpoint;
    this.#thread = new Worker(new URL('./writer-thread.js', import.meta.url), {
      workerData: { file: options.file, isRebuild: options.isRebuild ?? false } satisfies WriterStart,
      // What is preloaded for the main thread, a test runner's hooks say, is not for this one, and would slow its start.
      execArgv: [],
    });
    this.#thread.on('message', (report: WriterReport) => this.#onReport(report));
    this.#thread.on('error', (error) => options.onFailed(error.message));
    this.#thread.on('exit', () => this.#closed?.());
  }

  /** How far the tables are behind: in events, and in milliseconds since the oldest of them was noted. */
  get lag(): { events: number; milliseconds: number } {
    const since = this.#writingSince || this.#firstNotedAt;
    return {
      events: this.#collector.events + this.#eventsInWriting,
      milliseconds: since === 0 ? 0 : performance.now() - since,
    };
  }

  /** True while so much is unwritten that no more should be taken in; `whenDrained` tells the end of it. */
  get isBehind(): boolean {
    return this.#collector.events + this.#eventsInWriting > QUEUE_LIMIT;
  }

  whenDrained(then: () => void): void {
    this.#drained.push(then);
  }

  /** The record of a command that the tables do not have yet. */
  unwrittenCommand(key: string): IdempotencyRecord | undefined {
    return this.#unwritten.get(key);
  }

  note(folded: Folded, data: string, command: IdempotencyRecord | undefined): void {
    if (command) {
      this.#unwritten.set(command.key, command);
      this.#keys.push(command.key);
    }
    if (this.#collector.events === 0) this.#firstNotedAt = performance.now();
    this.#collector.note(folded, data, command);
    this.#noted = folded.recorded.position;
    if (this.#eventsInWriting === 0) this.#gather();
  }

  /** Resolves to true when all that was noted before the call is in the tables, to false if it takes `timeoutMs`. */
  async catchUp(timeoutMs: number): Promise<boolean> {
    if (this.#noted === undefined || this.#noted === this.#position) return true;
    if (this.#eventsInWriting === 0) this.#write();
    return this.#waiters.wait(this.#noted, timeoutMs);
  }

  /**
   * As catchUp; but while the disk is full it resolves to true without waiting: what is not in the tables then is in `unwritten`.
   */
  async readable(timeoutMs: number): Promise<boolean> {
    return this.isFull || (await this.catchUp(timeoutMs)) || this.isFull;
  }

  get isFull(): boolean {
    return this.#fullSaidAt !== undefined;
  }

  /** Cells of alarm_events that are not in the table yet, row after row, oldest first. */
  unwrittenHistory(): readonly (readonly Cell[])[] {
    return [this.#inWriting?.alarmEvents ?? [], this.#collector.alarmEvents];
  }

  /** Writes what is left, then ends the thread. */
  async close(): Promise<void> {
    await this.catchUp(5_000);
    const exited = new Promise<void>((resolve) => (this.#closed = resolve));
    this.#thread.postMessage('close');
    await exited;
  }

  #gather(): void {
    if (this.#collector.events >= ENOUGH_EVENTS) return this.#write();
    this.#timer ??= setTimeout(() => this.#write(), this.#lastEvents > BUSY_EVENTS ? BUSY_GATHER_MS : GATHER_MS);
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#eventsInWriting = this.#lastEvents = this.#collector.events;
    const changes = this.#collector.take();
    if (!changes) return;
    this.#keysInWriting = this.#keys;
    this.#keys = [];
    this.#writingSince = this.#firstNotedAt;
    this.#firstNotedAt = 0;
    this.#inWriting = changes;
    this.#thread.postMessage(changes);
  }

  /** The thread says so twice a second. */
  #full(): void {
    const now = performance.now();
    if (this.#fullSaidAt !== undefined && now - this.#fullSaidAt < FULL_AGAIN_MS) return;
    this.#fullSaidAt = now;
    this.#options.onFull();
  }

  #onReport(report: WriterReport): void {
    if (report.kind === 'failed') return this.#options.onFailed(report.message);
    if (report.kind === 'full') return this.#full();
    if (this.#fullSaidAt !== undefined) this.#options.onRoom?.();
    this.#fullSaidAt = undefined;
    this.#inWriting = undefined;
    this.#position = report.position;
    for (const key of this.#keysInWriting) this.#unwritten.delete(key);
    this.#keysInWriting = [];
    this.#eventsInWriting = 0;
    this.#writingSince = 0;
    this.#waiters.reached(report.position);
    if (this.#waiters.size > 0) this.#write();
    else if (this.#collector.events > 0) this.#gather();
    if (this.isBehind) return;
    for (const then of this.#drained.splice(0)) then();
  }
}

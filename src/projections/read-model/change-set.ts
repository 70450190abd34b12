/** What the writer thread writes in one transaction: changed rows, new history, used command ids, the checkpoint. */
import type { EventMark, Position } from '../../log/event-log.js';
import type { Loaded } from '../../thread-loading.js';
import type { Cell, RowChanges } from './table.js';

export interface ChangeSet {
  /** The last event it contains. */
  readonly last: EventMark;
  /** The latest time of any event so far. Of two events received at the same time, the last one's may be slightly earlier. */
  readonly newestAt: string;
  /** Time that has certainly passed in the log by then, in milliseconds. */
  readonly passedMs: number;
  /** Number of events in the log by then. */
  readonly events: number;
  /** By table name. */
  readonly rows: Readonly<Record<string, RowChanges>>;
  /** Cells of alarm_events, row by row. */
  readonly alarmEvents: Cell[];
  /** Cells of access_changes, row by row. */
  readonly accessChanges: Cell[];
  /** Cells of moments, row by row. */
  readonly moments: Cell[];
  /** Cells of commands, row by row. */
  readonly commands: Cell[];
}

/** Start parameters of the writer thread. */
export interface WriterStart {
  /** The read model, which exists. */
  readonly file: string;
  /** Whether it is being built next to the one in use. */
  readonly isRebuild: boolean;
}

/** Messages of the writer thread. */
export type WriterReport =
  | Loaded
  | { readonly kind: 'written'; readonly position: Position }
  /** The disk is full. The thread retries and reports `written` when it has succeeded. */
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly message: string };

/** What the writer's thread is to write in one transaction: changed rows, new history, used command ids, the checkpoint. */
import type { EventMark, Position } from '../../log/event-log.js';
import type { Cell, RowChanges } from './table.js';

export interface ChangeSet {
  /** The last event that is in it. */
  readonly last: EventMark;
  /** The latest time of any event so far: where two were taken at once, the last one's may be a little earlier. */
  readonly newestAt: string;
  /** How much time has passed in the log for certain by then, in milliseconds. */
  readonly passedMs: number;
  /** By the table's name. */
  readonly rows: Readonly<Record<string, RowChanges>>;
  /** Cells of alarm_events, row after row. */
  readonly alarmEvents: Cell[];
  /** Cells of commands, row after row. */
  readonly commands: Cell[];
}

/** What the writer's thread is started with. */
export interface WriterStart {
  /** The read model, which stands. */
  readonly file: string;
  /** Whether it is being built beside one in use. */
  readonly isRebuild: boolean;
}

/** What the writer's thread says back. */
export type WriterReport =
  | { readonly kind: 'written'; readonly position: Position }
  /** No room on the disk; it tries again by itself, and says `written` when it could. */
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly message: string };

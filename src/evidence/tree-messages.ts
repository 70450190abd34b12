/** What the server and the tree's thread say to each other. */
import type { Position } from '../log/event-log.js';
import type { LogSource } from '../log/text-source.js';
import type { Checkpoint, TreeHead } from './checkpoint.js';
import type { TreeFault } from './tree-check.js';

export interface TreeStart {
  readonly source: LogSource;
  /** Of the tree's files. */
  readonly folder: string;
  readonly checkpoints: readonly Checkpoint[];
}

export type ToTree =
  /** Read what is new, and report. */
  | { readonly kind: 'advance' }
  /** The entries from leaf `first` on, as an entry bundle. */
  | { readonly kind: 'entries'; readonly request: number; readonly first: number; readonly count: number }
  | { readonly kind: 'close' };

export interface TreeState extends TreeHead {
  /** Of the last event in the tree. */
  readonly position: Position | undefined;
}

export type FromTree =
  | {
      readonly kind: 'checked';
      readonly state: TreeState;
      readonly fault: TreeFault | undefined;
      readonly confirmed: number;
      readonly givenUp: number;
      readonly logId: string | undefined;
    }
  /** All events that were in the log when `advance` came. */
  | { readonly kind: 'advanced'; readonly state: TreeState }
  | { readonly kind: 'entries'; readonly request: number; readonly bundle: Uint8Array | undefined }
  /** It is tried again. */
  | { readonly kind: 'failed'; readonly message: string };

/** What the server and the tree's thread say to each other. */
import type { KeyObject } from 'node:crypto';
import type { Position } from '../log/event-log.js';
import type { LogSource } from '../log/text-source.js';
import type { Loaded } from '../thread-loading.js';
import type { TreeHead } from './checkpoint.js';
import type { TreeFault } from './tree-check.js';

export interface TreeStart {
  readonly source: LogSource;
  readonly dataDir: string;
  /** The public key of the checkpoints; undefined: none is compared. */
  readonly key: KeyObject | undefined;
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
  | Loaded
  | {
      readonly kind: 'checked';
      readonly state: TreeState;
      readonly fault: TreeFault | undefined;
      readonly givenUp: number;
      /** Checkpoints that are not signed with the key. */
      readonly unsigned: number;
    }
  /** All events that were in the log when `advance` came. */
  | { readonly kind: 'advanced'; readonly state: TreeState }
  | { readonly kind: 'entries'; readonly request: number; readonly bundle: Uint8Array | undefined }
  /** It is tried again. */
  | { readonly kind: 'failed'; readonly message: string };

/**
 * The checkpoints of a data folder, for a check. A signature takes a hundred times as long to verify as a root to compare, so only those
 * signatures are verified on which a result depends.
 */
import type { KeyObject } from 'node:crypto';
import { type Checkpoint, originOf, parseCheckpoint, readCheckpoint } from './checkpoint.js';
import { eachNote, noteAt } from './checkpoint-file.js';
import { namedSigner } from './signed-note.js';

export interface KeptCheckpoints {
  readonly checkpoints: readonly Checkpoint[];
  /** Lines that are no checkpoint, or are signed with another key. */
  readonly foreign: number;
  /** Whether the signature of one of `checkpoints` is valid. */
  isSigned(checkpoint: Checkpoint): boolean;
}

interface Kept extends Checkpoint {
  /** Its line in the file. */
  readonly start: number;
  readonly end: number;
}

/** Without a key there are none. */
export function keptCheckpoints(folder: string, key: KeyObject | undefined): KeptCheckpoints {
  if (!key) return { checkpoints: [], foreign: 0, isSigned: () => false };
  const checkpoints: Kept[] = [];
  const namesKey = namedSigner(key);
  let foreign = 0;
  let logId = '';
  eachNote(folder, (note, start, end) => {
    const found = parseCheckpoint(note);
    if (!found || !namesKey(found.opened, originOf(found.checkpoint.logId))) {
      foreign += 1;
      return;
    }
    const { checkpoint } = found;
    // One text for all of a log: there are many checkpoints.
    if (checkpoint.logId !== logId) ({ logId } = checkpoint);
    checkpoints.push({ ...checkpoint, logId, start, end });
  });
  return {
    checkpoints,
    foreign,
    isSigned: (checkpoint) => {
      const { start, end } = checkpoint as Kept;
      return readCheckpoint(noteAt(folder, start, end), key)?.isSigned ?? false;
    },
  };
}

/**
 * What one durable SQLite commit costs on this disk: the unit of `npm run bench`. WAL, synchronous=FULL, one row of 300 bytes a
 * commit, nothing else in the file: as small as a commit that survives a power cut can be.
 */
import { statfsSync } from 'node:fs';
import { withDurableRows } from './durable-rows.js';

/** Not counted: the first commits make the WAL grow to a size it is then used at. */
const WARM_UP = 200;
const COMMITS = 2_000;
/** statfs's type of a file system in memory (Linux, magic.h). */
const TMPFS = 0x01021994;

export interface CommitCost {
  /** In ms. */
  readonly p50: number;
  readonly p99: number;
}

/** Commits in a file of its own in `folder`, and removes it. Throws where SQLite does not keep the settings. */
export const measureCommit = (folder: string): CommitCost =>
  withDurableRows(folder, (commit) => {
    const times = new Float64Array(COMMITS);
    for (let n = -WARM_UP; n < COMMITS; n++) {
      const began = performance.now();
      commit(1);
      if (n >= 0) times[n] = performance.now() - began;
    }
    times.sort();
    return { p50: times[COMMITS / 2]!, p99: times[Math.floor(COMMITS * 0.99)]! };
  });

/** Is `folder` in memory? There an fsync costs nothing, and durable figures mean nothing. */
export const isInMemory = (folder: string): boolean => statfsSync(folder).type === TMPFS;

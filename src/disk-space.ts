/** What the file system of a folder has left. */
import { statfsSync } from 'node:fs';
import type { DiskSpace } from './commands/handling/write-quota.js';

/** Of the file system that the folder is on; undefined where the system does not say. */
export function diskSpace(folder: string): DiskSpace | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return undefined;
  }
}

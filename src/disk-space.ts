/** Free space of a folder's file system. */
import { statfsSync } from 'node:fs';
import type { DiskSpace } from './commands/handling/write-quota.js';

/** Of the file system that contains the folder; undefined if the system does not report it. */
export function diskSpace(folder: string): DiskSpace | undefined {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return undefined;
  }
}

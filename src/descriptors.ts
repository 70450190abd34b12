/** How many files and connections this process may have open. */
import { readFileSync } from 'node:fs';

/** Infinity if it is not known. Node raises the soft limit to the hard one. */
export function openFilesLimit(): number {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}

/** How many files and connections the system lets this process have open. */
import { readFileSync } from 'node:fs';

/** Infinity where it is not known. Node has raised the soft limit to the hard one. */
export function openFilesLimit(): number {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}

/** How many files and connections this process may have open. */
import { readFileSync } from 'node:fs';

/**
 * A start below it is refused: a start opens some 150 files at once to load its modules (Node 20; 140 are too few), and a running server has
 * some 40 open before the first connection.
 */
const FEWEST_FILES = 256;

/** Throws a readable error if this process may have too few files open to start. */
export function refuseFewFiles(): void {
  const limit = openFilesLimit();
  if (limit < FEWEST_FILES)
    throw new Error(
      `This process may have ${limit} files open, and the server needs ${FEWEST_FILES} at least, one more for each connection. Raise the limit (ulimit -n; LimitNOFILE of systemd; --ulimit nofile of Docker).`,
    );
}

/** Infinity if it is not known. Node raises the soft limit to the hard one. */
export function openFilesLimit(): number {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}

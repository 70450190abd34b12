/** The start of a thread: it is not there before its modules are loaded, and while it loads them it opens many files at once. */
import type { Worker } from 'node:worker_threads';

/** A thread's first message, sent when its modules are loaded. */
export interface Loaded {
  readonly kind: 'loaded';
}

const NO_DESCRIPTORS: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

/** Resolves at the thread's first message. Rejects with a readable error if there is none. `name`: of the thread, for the error. */
export function loading(thread: Worker, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.once('message', () => resolve());
    thread.once('exit', (code) => reject(new Error(`${name} does not start: it ended with ${code}`)));
    thread.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Error(
          `${name} does not start: ${error.message}${NO_DESCRIPTORS.has(error.code) ? '. Let the process have more files open (ulimit -n, LimitNOFILE)' : ''}`,
        ),
      ),
    );
  });
}

/** A time limit on what another machine answers: the client's own does not always end a call. */
import { LogUnavailable } from '../event-log.js';

/** What the promise resolves to; rejects with LogUnavailable where that takes longer. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>(
    (_resolve, reject) =>
      (timer = setTimeout(() => reject(new LogUnavailable(`no answer within ${milliseconds} ms`)), milliseconds)),
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

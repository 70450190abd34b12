/** A time limit for calls to another machine: the client's own does not always end a call. */
import { LogUnavailable } from '../event-log.js';

/** The result of the promise; rejects with LogUnavailable if it takes longer. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>(
    (_resolve, reject) =>
      (timer = setTimeout(() => reject(new LogUnavailable(`no answer within ${milliseconds} ms`)), milliseconds)),
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

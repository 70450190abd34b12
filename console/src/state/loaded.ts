/** What is read over HTTP for a view: loading, failed, or there; and read again on demand. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { isForbidden, sentence } from './failure.js';

export interface Loaded<Value> {
  readonly value: Value | undefined;
  /** A sentence. What was read before stays. */
  readonly failure: string | undefined;
  readonly isForbidden: boolean;
  readonly reload: () => void;
}

/** Reads when the view appears, when one of `by` changes, and when `reload` is called. An answer that is overtaken by another is dropped. */
export function useLoaded<Value>(read: () => Promise<Value>, by: readonly unknown[]): Loaded<Value> {
  const [state, setState] = useState<Omit<Loaded<Value>, 'reload'>>({
    value: undefined,
    failure: undefined,
    isForbidden: false,
  });
  const [round, setRound] = useState(0);
  const latest = useRef(0);
  useEffect(() => {
    const own = (latest.current += 1);
    read().then(
      (value) => own === latest.current && setState({ value, failure: undefined, isForbidden: false }),
      (error: unknown) =>
        own === latest.current &&
        setState(({ value }) => ({ value, failure: sentence(error), isForbidden: isForbidden(error) })),
    );
  }, [...by, round]);
  const reload = useCallback(() => setRound((round) => round + 1), []);
  return { ...state, reload };
}

/** A list that is read in parts: the first when the view appears, the others on demand. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { sentence } from './failure.js';
import { patiently } from './patience.js';

export interface Part<Item> {
  readonly items: readonly Item[];
  /** Where the next part begins; null at the end. */
  readonly next: string | null;
}

export interface Paged<Item> {
  /** What was read; undefined before the first part. */
  readonly items: readonly Item[] | undefined;
  readonly failure: string | undefined;
  /** Reads the next part; undefined at the end. */
  readonly more: (() => void) | undefined;
  /** After a failure: goes on where it was. */
  readonly again: () => void;
}

/** Begins anew when one of `by` changes. An answer that is overtaken by another is dropped. */
export function usePaged<Item>(
  read: (after: string | undefined) => Promise<Part<Item>>,
  by: readonly unknown[],
): Paged<Item> {
  const [{ items, next, failure }, set] = useState<Part<Item> & { readonly failure?: string }>({
    items: [],
    next: null,
  });
  const [isRead, setRead] = useState(false);
  const latest = useRef(0);
  const take = async (before: readonly Item[], after: string | undefined): Promise<void> => {
    const own = (latest.current += 1);
    try {
      const part = await patiently(() => read(after));
      if (own !== latest.current) return;
      set({ items: [...before, ...part.items], next: part.next });
      setRead(true);
    } catch (error) {
      if (own === latest.current) set({ items: before, next: after ?? null, failure: sentence(error) });
    }
  };
  useEffect(() => {
    setRead(false);
    set({ items: [], next: null });
    void take([], undefined);
  }, by);
  return {
    items: isRead ? items : undefined,
    failure,
    more: next === null ? undefined : () => void take(items, next),
    again: () => void take(items, next ?? undefined),
  };
}

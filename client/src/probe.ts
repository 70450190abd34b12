/** A request whose answer shows that the connection is alive. */
import type { PendingRequests } from './pending-requests.js';
import type { AlarmStore } from './store.js';
import type { Timers } from './timers.js';

/**
 * Sends it, and calls `answered` with the time until the answer, in ms. Any answer will do, a refusal too: what it contains is held
 * already or is sent anyway. Does nothing with a server that only has the base contract.
 */
export function probe(
  store: AlarmStore,
  requests: PendingRequests,
  timers: Timers,
  answered: (roundTripMs: number) => void,
): void {
  if (store.log === undefined) return;
  const [page] = store.pages.values();
  const sentAt = timers.now();
  requests.ask('sync', { page_id: page?.id ?? 'none', seq: page?.seq ?? 0 }).then(
    () => answered(timers.now() - sentAt),
    () => undefined,
  );
}

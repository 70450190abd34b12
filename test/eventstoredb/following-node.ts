/** A node's log on a stand-in of the test's own, as a node's start opens and follows it. */
import type { Test } from 'tap';
import { type StartedEventStoreDbLog, startEventStoreDbLog } from '../../src/log/eventstoredb/start.js';
import { newEvent } from '../commands/wayward-log.js';
import { silent } from '../log/any-store.js';
import { StandIn } from './stand-in.js';

export const PREFIX = 'desk-';

export async function standIn(t: Test): Promise<StandIn> {
  const store = await StandIn.start();
  t.teardown(() => store.stop());
  return store;
}

const thrown = (error: Error): never => {
  throw error;
};

/** As a node's start does it; all that is there behind `after` is followed before it is given. */
export async function node(
  store: StandIn,
  folder: string,
  onFatal: (error: Error) => void = thrown,
  after?: string,
): Promise<StartedEventStoreDbLog> {
  const started = await startEventStoreDbLog({
    connectionString: store.url,
    prefix: PREFIX,
    folder,
    readModel: undefined,
    patienceMs: 10_000,
    observer: silent,
    onFatal,
  });
  const subscription = started.log.subscribe(after, {
    deliver: (events) => events.forEach((event) => started.delivered(event)),
  });
  await subscription.caughtUp;
  return started;
}

/** What begins a page. */
export const page = () => newEvent('olga', { type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } });

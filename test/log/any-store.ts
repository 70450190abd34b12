/** The EventStoreDB that a test runs against: the server that TEST_EVENT_STORE names, or else a stand-in of the test's own. */
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import {
  type EventStoreDbLog,
  type EventStoreDbObserver,
  openEventStoreDbLog,
} from '../../src/log/eventstoredb/log.js';
import { TIMING, type Timing } from '../../src/log/eventstoredb/timing.js';
import { StandIn } from '../eventstoredb/stand-in.js';

export interface AnyStore {
  readonly url: string;
  /** Undefined where it is a real server. */
  readonly standIn: StandIn | undefined;
}

export async function anyStore(t: Test): Promise<AnyStore> {
  const url = process.env['TEST_EVENT_STORE'];
  if (url) return { url, standIn: undefined };
  const standIn = await StandIn.start();
  t.teardown(() => standIn.stop());
  return { url: standIn.url, standIn };
}

/** A log of its own on a store that others use too. */
export const freshPrefix = (): string => `t${randomBytes(8).toString('hex')}-`;

export const silent: EventStoreDbObserver = {
  onAppend: () => undefined,
  onConflict: () => undefined,
  onResubscribe: () => undefined,
  onCreated: () => undefined,
  onUnavailable: () => undefined,
  onAvailable: () => undefined,
};

export async function openOn(
  t: Test,
  url: string,
  prefix: string,
  { timing = TIMING, observer = silent }: { timing?: Timing; observer?: EventStoreDbObserver } = {},
): Promise<EventStoreDbLog> {
  const log = await openEventStoreDbLog({
    connectionString: url,
    prefix,
    patienceMs: 10_000,
    timing,
    observer,
    onFatal: (error) => t.fail(error.message),
  });
  t.teardown(() => log.close());
  return log;
}

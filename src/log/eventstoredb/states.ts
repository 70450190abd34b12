/** Operational state in EventStoreDB: a private stream a state, of which the store keeps the last event only. */
import { randomUUID } from 'node:crypto';
import { SYSTEM_ID } from '../../domain/authorization.js';
import { eventVersions } from '../../domain/events.js';
import { stateStream } from '../../domain/streams.js';
import type { EventLog, NewEvent } from '../event-log.js';
import { NO_STATE, type State, type StateOutcome } from '../state-store.js';
import type { StoreConnection } from './connection.js';
import { within } from './within.js';

/** Rejects with LogUnavailable. */
export async function readState(log: Pick<EventLog, 'readPrivate'>, id: string): Promise<State | undefined> {
  const last = await log.readPrivate(stateStream(id));
  return last?.type === 'StateWritten' ? { value: last.data.value, fence: last.revision } : undefined;
}

/** `isReady`: prepares the stream before its first event; false if the store does not answer. */
export async function writeState(
  log: Pick<EventLog, 'append'>,
  isReady: (stream: string) => Promise<boolean>,
  id: string,
  value: unknown,
  fence: number,
): Promise<StateOutcome> {
  const stream = stateStream(id);
  if (fence === NO_STATE && !(await isReady(stream))) return 'unavailable';
  const appended = await log.append(stream, fence, [stateEvent(value)]);
  switch (appended.kind) {
    case 'appended':
      return { fence: appended.revision };
    case 'unknown':
      return 'unavailable';
    default:
      return appended.kind;
  }
}

/** `command`: what has written it. */
export const stateEvent = (value: unknown, command = 'write_state'): NewEvent => ({
  id: randomUUID(),
  event: { type: 'StateWritten', data: { value } },
  metadata: {
    at: new Date().toISOString(),
    by: SYSTEM_ID,
    via: 'self',
    command,
    key: randomUUID(),
    v: eventVersions.StateWritten,
  },
});

/** To be called before the first append to the stream. False if the store does not answer in time. */
export async function keepOnlyLast({ client }: StoreConnection, stream: string, patienceMs: number): Promise<boolean> {
  try {
    await within(patienceMs, client.setStreamMetadata(stream, { maxCount: 1 }));
    return true;
  } catch {
    return false;
  }
}

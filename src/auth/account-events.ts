/** Events that a user makes about himself: his account, his password, his sessions. */
import { randomUUID } from 'node:crypto';
import { eventVersions } from '../domain/events.js';
import type { NewEvent } from '../log/event-log.js';

/** `command`: what they asked for, `login` say. `at`: the log's time (log-clock.ts). `via`: see Metadata. */
export const ownEvent = (
  userId: string,
  command: string,
  event: NewEvent['event'],
  at: string,
  via = 'self',
): NewEvent => ({
  id: randomUUID(),
  event,
  metadata: { at, by: userId, via, command, key: randomUUID(), v: eventVersions[event.type] },
});

/** Longest wait for the feed to bring what was just appended, in milliseconds. */
export const FEED_WAIT_MS = 5_000;

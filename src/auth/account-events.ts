/** Events about accounts: made by their users, by operators, or by `npm run admin`. */
import { randomUUID } from 'node:crypto';
import { eventVersions } from '../domain/events.js';
import type { NewEvent } from '../log/event-log.js';

/** Who asks for a change of an account, as its event says it. */
export interface Administrator {
  readonly by: string;
  readonly via: 'operator' | 'admin';
}

/** `command`: what they asked for, `login` say. `at`: the log's time (log-clock.ts). `via`: see Metadata. */
export const accountEvent = (
  by: string,
  command: string,
  event: NewEvent['event'],
  at: string,
  via = 'self',
): NewEvent => ({
  id: randomUUID(),
  event,
  metadata: { at, by, via, command, key: randomUUID(), v: eventVersions[event.type] },
});

/** Longest wait for the feed to bring what was just appended, in milliseconds. */
export const FEED_WAIT_MS = 5_000;

/** Events about accounts, caused by their users, by operators, or by `npm run admin`. */
import { randomUUID } from 'node:crypto';
import { eventVersions } from '../domain/events.js';
import type { NewEvent } from '../log/event-log.js';

/** Who asks for a change of an account, as recorded in its event. */
export interface Administrator {
  readonly by: string;
  readonly via: 'operator' | 'admin';
}

/** `command`: what was requested, for example `login`. `at`: the log's time (log-clock.ts). `via`: see Metadata. */
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

/** Longest wait until the subscription delivers an event that was just appended, in milliseconds. */
export const DELIVERY_WAIT_MS = 5_000;

/** Decodes the content of private streams, which only hold hashes. */
import { isPrivateEvent } from '../domain/events.js';
import type { RecordedEvent, RecordedPrivateEvent } from './event-log.js';

/** The event with its revision. Throws for an event that is not private. */
export function privateEventOf({ event, revision, stream }: RecordedEvent): RecordedPrivateEvent {
  const stored: { readonly type: string; readonly data: unknown } = event;
  if (!isPrivateEvent(stored)) throw new Error(`${stream} holds a ${event.type}, which is not private`);
  return { ...stored, revision };
}

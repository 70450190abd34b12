/** Events as a log records them: revisions of a stream without a gap, positions that only grow, a second from one event to the next. */
import { type DomainEvent, eventVersions, type Metadata } from '../../src/domain/events.js';
import type { RecordedEvent } from '../../src/log/event-log.js';

const STARTED_AT = Date.parse('2026-01-15T10:30:00.000Z');

/** When the event at this place of a recording, counted from 1, was taken. */
export const atPlace = (place: number): string => new Date(STARTED_AT + place * 1_000).toISOString();

export class Recording {
  readonly events: RecordedEvent[] = [];
  readonly #revisions = new Map<string, number>();

  record(stream: string, by: string, event: DomainEvent, metadata: Partial<Metadata> = {}): RecordedEvent {
    const revision = (this.#revisions.get(stream) ?? -1) + 1;
    this.#revisions.set(stream, revision);
    const place = this.events.length + 1;
    const recorded: RecordedEvent = {
      id: `event-${place}`,
      event,
      metadata: {
        at: atPlace(place),
        by,
        via: 'owner',
        command: 'anything',
        key: `key-${place}`,
        v: eventVersions[event.type],
        ...metadata,
      },
      stream,
      revision,
      position: String(place),
    };
    this.events.push(recorded);
    return recorded;
  }
}

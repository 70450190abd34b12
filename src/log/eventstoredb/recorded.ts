/** Decodes an event of EventStoreDB's client. */
import type { AllStreamRecordedEvent } from '@eventstore/db-client';
import { decodeEvent } from '../event-codec.js';
import type { RecordedEvent } from '../event-log.js';
import { positionOf } from './position.js';

/** `prefix`: the prefix of our stream names. Throws UndecodableEvent. */
export const recordedOf = (
  { id, type, data, metadata, streamId, revision, position }: AllStreamRecordedEvent,
  prefix: string,
): RecordedEvent =>
  decodeEvent({
    id,
    type,
    data,
    metadata,
    stream: streamId.slice(prefix.length),
    revision: Number(revision),
    position: positionOf(position),
  });

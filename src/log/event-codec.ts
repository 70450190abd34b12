/**
 * Events as a log stores them, and back. What is read from a log is decoded here before anything uses it: its type and version must be
 * known and its content must fit the schema of that version. What this process has just appended need not be decoded again.
 *
 * The stored text of `data` and `metadata` is the JSON text of the value as it was written; parsing it and writing it again gives the
 * same text.
 */
import { hash } from 'node:crypto';
import type { z } from 'zod';
import { type DomainEvent, eventVersions, Metadata, type StoredEventType, storedSchemas } from '../domain/events.js';
import { familyOf } from '../domain/streams.js';
import { upcast } from '../domain/upcasters.js';
import type { NewEvent, Position, RecordedEvent } from './event-log.js';

/** Where an event is and what it says, parsed but not checked. */
export interface StoredEvent {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** The same with the stored text of both. */
export interface StoredText extends Omit<StoredEvent, 'data' | 'metadata'> {
  readonly data: string;
  readonly metadata: string;
}

/** The log holds an event that cannot be used. The message is a sentence that names its position. */
export class UndecodableEvent extends Error {
  override readonly name = 'UndecodableEvent';
}

const isEventType = (type: string): type is StoredEventType => Object.hasOwn(storedSchemas, type);

/** The value's stored text. */
export const storedText = (value: unknown): string => JSON.stringify(value);

/** The event, whose version is known and whose content fits it, in the current version of its schema. Throws UndecodableEvent. */
export function decodeEvent(stored: StoredEvent): RecordedEvent {
  const { position, stream, revision, id, type, data, metadata } = stored;
  if (!isEventType(type)) throw unknownTo(stored, type);
  if (!familyOf(stream)?.types.has(type)) throw misplaced(stored);
  const version = versionIn(stored, type);
  const isCurrent = version === eventVersions[type];
  const current = isCurrent ? data : upcast(type, version, data);
  const wrong = faultIn(Metadata, metadata) ?? faultIn(storedSchemas[type], current);
  if (wrong !== undefined)
    throw broken(stored, `${wrong.schema === Metadata ? 'its metadata' : 'its data'} ${wrong.fault}`);
  const event = { type, data: current } as DomainEvent;
  const recorded = { id, event, metadata: metadata as Metadata, stream, revision, position };
  return isCurrent ? recorded : { ...recorded, written: data };
}

function versionIn(stored: StoredEvent, type: StoredEventType): number {
  const version = (stored.metadata as { v?: unknown } | null)?.v;
  const newest = eventVersions[type];
  if (typeof version === 'number' && Number.isInteger(version) && version >= 1) {
    if (version <= newest) return version;
    throw unknownTo(stored, `${type} in version ${version} of its schema (this one knows ${newest})`);
  }
  throw broken(
    stored,
    `its metadata have ${version === undefined ? 'no version (v)' : `${storedText(version)} as version (v)`}, where it must be a whole number from 1 to ${newest}`,
  );
}

/** The event of a row whose data and metadata are stored text. Throws UndecodableEvent. */
export function decodeText(row: StoredText): RecordedEvent {
  return decodeEvent({ ...row, data: parsed(row, 'data'), metadata: parsed(row, 'metadata') });
}

/** The stored text of a recorded event's data: as it was written, whatever the version. */
export const writtenText = ({ event, written }: Pick<RecordedEvent, 'event' | 'written'>): string =>
  storedText(written ?? event.data);

/** The event as it was written, to be appended to another log: in the version it was written in. */
export const asWritten = ({ id, event, metadata, written }: RecordedEvent): NewEvent => ({
  id,
  event: written === undefined ? event : ({ ...event, data: written } as DomainEvent),
  metadata,
});

/** A hash over all of an event but its position, in base64: the same on every engine. */
export function eventDigest(recorded: Omit<RecordedEvent, 'position'>): string {
  const { stream, revision, id, event, metadata } = recorded;
  return textDigest({
    stream,
    revision,
    id,
    type: event.type,
    data: writtenText(recorded),
    metadata: storedText(metadata),
  });
}

/** The same of an event whose stored text is at hand. */
export function textDigest({ stream, revision, id, type, data, metadata }: Omit<StoredText, 'position'>): string {
  return hash('sha256', `${stream}\n${revision}\n${id}\n${type}\n${metadata}\n${data}`, 'base64');
}

function parsed(row: StoredText, field: 'data' | 'metadata'): unknown {
  try {
    return JSON.parse(row[field]);
  } catch {
    throw broken({ ...row, data: undefined, metadata: undefined }, `its ${field} are not JSON`);
  }
}

function faultIn(
  schema: z.ZodType,
  value: unknown,
): { readonly schema: z.ZodType; readonly fault: string } | undefined {
  const result = schema.safeParse(value);
  if (result.success) return undefined;
  const { path, code } = result.error.issues[0]!;
  const field = path.join('.');
  return {
    schema,
    fault:
      field === ''
        ? 'are no object'
        : code === 'invalid_type'
          ? `have no ${field}, or one of another type`
          : `have a ${field} that cannot be`,
  };
}

const place = ({ position, stream, revision }: StoredEvent): string =>
  `position ${position} (revision ${revision} of ${stream})`;

const unknownTo = (stored: StoredEvent, what: string): UndecodableEvent =>
  new UndecodableEvent(
    `The log holds an event that this version does not know: ${what} at ${place(stored)}. Nothing behind it was read; start a version that knows it.`,
  );

const misplaced = (stored: StoredEvent): UndecodableEvent =>
  new UndecodableEvent(
    `The log holds an event that cannot be read: ${stored.type} at ${place(stored)}, a stream where it does not belong. Nothing behind it was read. If the file was changed by hand or damaged, restore a backup (npm run restore).`,
  );

/** What a person typed is not repeated: names and hashes are in there. */
const broken = (stored: StoredEvent, fault: string): UndecodableEvent =>
  new UndecodableEvent(
    `The log holds an event that cannot be read: ${stored.type} at ${place(stored)}: ${fault}. Nothing behind it was read. If the file was changed by hand or damaged, restore a backup (npm run restore).`,
  );

/**
 * Encodes and decodes stored events. Everything read from a log is decoded here before it is used: its type and version must be
 * known and its content must match the schema of that version. Events that this process has just appended are not decoded again.
 *
 * The stored text of `data` and `metadata` is the JSON text of the written value; parsing and serialising it gives the same text.
 */
import { hash } from 'node:crypto';
import type { z } from 'zod';
import { type DomainEvent, eventVersions, Metadata, type StoredEventType, storedSchemas } from '../domain/events.js';
import { familyOf } from '../domain/streams.js';
import { upcast } from '../domain/upcasters.js';
import type { NewEvent, Position, RecordedEvent } from './event-log.js';

/** An event's location and content, parsed but not checked. */
export interface StoredEvent {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** The same with the stored text of data and metadata. */
export interface StoredText extends Omit<StoredEvent, 'data' | 'metadata'> {
  readonly data: string;
  readonly metadata: string;
}

/** The log contains an event that cannot be used. The message is a sentence that names its position. */
export class UndecodableEvent extends Error {
  override readonly name = 'UndecodableEvent';
}

const isEventType = (type: string): type is StoredEventType => Object.hasOwn(storedSchemas, type);

/** The stored text of a value. */
export const storedText = (value: unknown): string => JSON.stringify(value);

/** The event in the current version of its schema, if its version is known and its content matches. Throws UndecodableEvent. */
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
  const { position, stream, revision, id, type } = row;
  return decodeEvent({
    position,
    stream,
    revision,
    id,
    type,
    data: parsed(row, 'data'),
    metadata: parsed(row, 'metadata'),
  });
}

/** The stored text of a recorded event's data: as written, in any version. */
export const writtenText = ({ event, written }: Pick<RecordedEvent, 'event' | 'written'>): string =>
  storedText(written ?? event.data);

/** The event as it was written, in its original version, to be appended to another log. */
export const asWritten = ({ id, event, metadata, written }: RecordedEvent): NewEvent => ({
  id,
  event: written === undefined ? event : ({ ...event, data: written } as DomainEvent),
  metadata,
});

/** A hash of the whole event except its position, in base64: the same on every engine. */
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

/** The same for an event whose stored text is available. */
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
          : `have an invalid ${field}`,
  };
}

const place = ({ position, stream, revision }: StoredEvent): string =>
  `position ${position} (revision ${revision} of ${stream})`;

const unknownTo = (stored: StoredEvent, what: string): UndecodableEvent =>
  new UndecodableEvent(
    `The log holds an event that this version does not know: ${what} at ${place(stored)}. No later event was read; start a version that knows it.`,
  );

const misplaced = (stored: StoredEvent): UndecodableEvent =>
  new UndecodableEvent(
    `The log holds an event that cannot be read: ${stored.type} at ${place(stored)}, a stream where it does not belong. No later event was read. If the file was changed by hand or damaged, restore a backup (npm run restore).`,
  );

/** The message does not repeat the content, which may contain names and hashes. */
const broken = (stored: StoredEvent, fault: string): UndecodableEvent =>
  new UndecodableEvent(
    `The log holds an event that cannot be read: ${stored.type} at ${place(stored)}: ${fault}. No later event was read. If the file was changed by hand or damaged, restore a backup (npm run restore).`,
  );

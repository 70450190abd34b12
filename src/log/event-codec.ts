/**
 * Events as a log stores them, and back. What is read from a log is decoded here before anything uses it: its type and version must be
 * known and its content must fit the schema of that version. What this process has just appended need not be decoded again.
 *
 * The stored text of `data` and `metadata` is the JSON text of the value as it was written; parsing it and writing it again gives the
 * same text.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { type DomainEvent, EVENT_VERSION, eventSchemas, Metadata } from '../domain/events.js';
import { isPrivate } from '../domain/streams.js';
import type { CredentialSet, NewEvent, Position, RecordedEvent } from './event-log.js';

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

/** Event types of private streams, which are in no feed. */
const privateSchemas: Readonly<Record<CredentialSet['type'], z.ZodType>> = {
  CredentialSet: z.object({ hash: z.string(), session_id: z.string().optional() }),
};

/** By type, the schema of its current version. Versions begin at 1. */
const schemas: ReadonlyMap<string, z.ZodType> = new Map(Object.entries({ ...eventSchemas, ...privateSchemas }));

/** The value's stored text. */
export const storedText = (value: unknown): string => JSON.stringify(value);

/** The event, whose version is known and whose content fits it. Throws UndecodableEvent. */
export function decodeEvent(stored: StoredEvent): RecordedEvent {
  const { position, stream, revision, id, type, data, metadata } = stored;
  const schema = schemas.get(type);
  if (!schema || isPrivate(stream) !== type in privateSchemas) throw unknownTo(stored, type);
  const version = (metadata as { v?: unknown } | null)?.v;
  if (version !== EVENT_VERSION) {
    if (Number.isInteger(version) && (version as number) > EVENT_VERSION)
      throw unknownTo(stored, `${type} in version ${String(version)} of its schema (this one knows ${EVENT_VERSION})`);
    throw broken(
      stored,
      `its metadata have ${version === undefined ? 'no version (v)' : `${storedText(version)} as version (v)`}, where it must be a whole number from 1 to ${EVENT_VERSION}`,
    );
  }
  const wrong = faultIn(Metadata, metadata) ?? faultIn(schema, data);
  if (wrong !== undefined)
    throw broken(stored, `${wrong.schema === Metadata ? 'its metadata' : 'its data'} ${wrong.fault}`);
  return { id, event: { type, data } as DomainEvent, metadata: metadata as Metadata, stream, revision, position };
}

/** The event of a row whose data and metadata are stored text. Throws UndecodableEvent. */
export function decodeText(row: StoredText): RecordedEvent {
  return decodeEvent({ ...row, data: parsed(row, 'data'), metadata: parsed(row, 'metadata') });
}

/** A hash over all of an event but its position, in base64: the same on every engine. */
export function eventDigest({
  stream,
  revision,
  id,
  event,
  metadata,
}: NewEvent & { readonly stream: string; readonly revision: number }): string {
  return textDigest({
    stream,
    revision,
    id,
    type: event.type,
    data: storedText(event.data),
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

/** What a person typed is not repeated: names and hashes are in there. */
const broken = (stored: StoredEvent, fault: string): UndecodableEvent =>
  new UndecodableEvent(
    `The log holds an event that cannot be read: ${stored.type} at ${place(stored)}: ${fault}. Nothing behind it was read. If the file was changed by hand or damaged, restore a backup (npm run restore).`,
  );

/**
 * How an auditor gets an event of the log: whole, as a line of JSON or of CSV. With `stored` one computes its leaf in the evidence again;
 * `data` is for readers: with people's free text opened.
 */
import { z } from 'zod';
import { Moment } from '../domain/fields.js';
import type { StoredText } from '../log/event-codec.js';

export const AuditRecord = z
  .object({
    position: z.string().meta({ description: 'Its place in the log; of the engine.', example: '1042' }),
    index: z.number().int().meta({ description: 'Its leaf in the tree of the evidence; the same on every engine.' }),
    stream: z.string().meta({ example: 'page-6b1f0f4e-3f0a-5d0c-9a57-0f5f6f1f9b11' }),
    revision: z.number().int().meta({ description: 'Its index in its stream; of a page its seq.' }),
    id: z.string().meta({ example: '5e0c7b1e-2a64-4d3f-a9a1-7c5e9d0b6f22' }),
    type: z.string().meta({ example: 'AlarmTriggered' }),
    v: z.number().int().meta({ description: 'The version of its schema that it was written with.' }),
    at: Moment,
    by: z.string().meta({ description: 'Who caused it: the id of a user, or `system`.', example: 'system' }),
    data: z.unknown().meta({ example: { alarm_id: '9a3d5c72-8e41-5b6a-b0d4-1f2e3c4d5a33', price: -37.63 } }),
    stored: z
      .object({
        metadata: z.string().meta({ example: '{"v":1}' }),
        data: z.string().meta({ example: '{"price":-37.63}' }),
      })
      .meta({ description: 'The stored text, exactly: its SHA-256 is in the leaf.' }),
  })
  .meta({ id: 'AuditRecord' });

/** An event of the log with its index among those that are not private. */
export interface IndexedText {
  readonly index: number;
  readonly text: StoredText;
}

/** What every event's metadata have. */
interface Metadata {
  readonly at: string;
  readonly by: string;
  readonly v: number;
}

const metadataOf = ({ metadata }: StoredText): Metadata => JSON.parse(metadata) as Metadata;

/** Opens free text in JSON. */
type Open = (json: string) => string;

/** A line of NDJSON, with its line feed. */
export function ndjsonLine({ index, text }: IndexedText, open: Open): string {
  const { position, stream, revision, id, type, data, metadata } = text;
  const { at, by, v } = metadataOf(text);
  return `{"position":"${position}","index":${index},"stream":${JSON.stringify(stream)},"revision":${revision},"id":${JSON.stringify(id)},"type":"${type}","v":${v},"at":${JSON.stringify(at)},"by":${JSON.stringify(by)},"data":${open(data)},"stored":{"metadata":${JSON.stringify(metadata)},"data":${JSON.stringify(data)}}}\n`;
}

/** Fields of `data` that have a column of their own, in this order. */
const dataColumns = ['alarm_id', 'price', 'ticker', 'option', 'condition', 'name', 'username', 'user_id'] as const;

const columns = [
  'position',
  'index',
  'stream',
  'revision',
  'id',
  'type',
  'v',
  'at',
  'by',
  ...dataColumns,
  'data',
  'stored_metadata',
  'stored_data',
];

export const csvHead = `${columns.join(',')}\r\n`;

/** A line of CSV (RFC 4180), with its line break. */
export function csvLine({ index, text }: IndexedText, open: Open): string {
  const { position, stream, revision, id, type, data, metadata } = text;
  const { at, by, v } = metadataOf(text);
  const shown = open(data);
  const fields = JSON.parse(shown) as Readonly<Record<string, unknown>>;
  const ofData = dataColumns.map((name) => fields[name]);
  const cells = [index, stream, revision, id, type, v, at, by, ...ofData, shown, metadata, data];
  // A position of EventStoreDB may have more digits than a number keeps.
  return `${position},${cells.map(csvCell).join(',')}\r\n`;
}

/** What spreadsheets would take for a formula. */
export const FORMULA = /^[=+\-@\t\r]/;

/** A text that a spreadsheet would take for a formula begins with an apostrophe instead. Numbers stay as they are; what is no text and no number is left empty. */
export function csvCell(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return '';
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

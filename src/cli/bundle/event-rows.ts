/** An exported event as a row of a table: the same columns in CSV and in Parquet. */
import type { AuditedEvent } from '../audited-events.js';

/** `integer`: may exceed what a double holds, so its cells are decimal digits. `bytes`: what the proof is over, as text. */
export type ColumnKind = 'integer' | 'number' | 'moment' | 'text' | 'bytes';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Whether every event has it. */
  readonly required: boolean;
  /** `number`: a number; otherwise text. Undefined: none. */
  readonly cell: (event: AuditedEvent) => string | number | undefined;
}

const ofAll = (name: string, kind: ColumnKind, cell: (event: AuditedEvent) => string): Column => ({
  name,
  kind,
  required: true,
  cell,
});

const ofData = (name: string, kind: 'text' | 'number' = 'text'): Column => ({
  name,
  kind,
  required: false,
  cell: ({ data }) => {
    const value = data[name];
    return typeof value === (kind === 'text' ? 'string' : 'number') ? (value as string | number) : undefined;
  },
});

export const columns: readonly Column[] = [
  ofAll('position', 'integer', ({ position }) => position),
  ofAll('index', 'integer', ({ index }) => String(index)),
  ofAll('stream', 'text', ({ stream }) => stream),
  ofAll('revision', 'integer', ({ revision }) => String(revision)),
  ofAll('id', 'text', ({ id }) => id),
  ofAll('type', 'text', ({ type }) => type),
  ofAll('v', 'integer', ({ v }) => String(v)),
  ofAll('at', 'moment', ({ at }) => at),
  ofAll('by', 'text', ({ by }) => by),
  ofData('alarm_id'),
  ofData('price', 'number'),
  ofData('ticker'),
  ofData('option'),
  ofData('condition'),
  ofData('name'),
  ofData('username'),
  ofData('user_id'),
  ofAll('data', 'text', ({ data }) => JSON.stringify(data)),
  ofAll('stored_metadata', 'bytes', ({ storedMetadata }) => storedMetadata),
  ofAll('stored_data', 'bytes', ({ storedData }) => storedData),
];

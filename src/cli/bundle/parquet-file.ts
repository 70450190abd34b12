/** Exported events as a Parquet file: moments as UTC timestamps in milliseconds, prices as doubles, the stored text as exact bytes. */
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { AuditedEvent } from '../audited-events.js';
import { type Column, columns } from './event-rows.js';

/** Rows that are held in memory: few in the first million, then more, because what the file's end says of each group is held too. */
const GROUP_ROWS = 2_000;
const LATER_GROUP_ROWS = 10_000;
const FIRST_ROWS = 1_000_000;

type Cell = string | number | bigint | Date | Uint8Array | undefined;

const physical = {
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  moment: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  bytes: { type: 'BYTE_ARRAY' },
} as const;

const schema: SchemaElement[] = [
  { name: 'root', num_children: columns.length },
  ...columns.map(
    ({ name, kind, required }): SchemaElement => ({
      name,
      ...physical[kind],
      repetition_type: required ? 'REQUIRED' : 'OPTIONAL',
    }),
  ),
];

function cellOf({ kind, cell }: Column, event: AuditedEvent): Cell {
  const value = cell(event);
  if (value === undefined || typeof value === 'number') return value;
  switch (kind) {
    case 'integer':
      return BigInt(value);
    case 'moment':
      return new Date(value);
    case 'bytes':
      return Buffer.from(value);
    default:
      return value;
  }
}

export class ParquetFile {
  readonly #writer: ParquetWriter;
  #rows: AuditedEvent[] = [];
  #written = 0;

  constructor(path: string) {
    this.#writer = new ParquetWriter({ writer: fileWriter(path), schema });
  }

  add(event: AuditedEvent): void {
    this.#rows.push(event);
    if (this.#rows.length === (this.#written < FIRST_ROWS ? GROUP_ROWS : LATER_GROUP_ROWS)) this.#writeGroup();
  }

  close(): void {
    if (this.#rows.length > 0) this.#writeGroup();
    this.#writer.finish();
  }

  #writeGroup(): void {
    const rows = this.#rows;
    this.#rows = [];
    this.#writer.write({
      columnData: columns.map((column) => ({ name: column.name, data: rows.map((event) => cellOf(column, event)) })),
      rowGroupSize: rows.length,
    });
    this.#written += rows.length;
  }
}

/**
 * Exported events as CSV (RFC 4180), cell by cell as GET /audit/events writes it. A text cell that a spreadsheet would take for a formula has an apostrophe put before it; numbers stay as
 * they are, so that a negative price stays a number.
 */
import { csvCell, FORMULA } from '../../http/audit-records.js';
import type { AuditedEvent } from '../audited-events.js';
import { BufferedFile } from './buffered-file.js';
import { columns } from './event-rows.js';

export class CsvFile {
  readonly #file: BufferedFile;
  /** Text cells with an apostrophe before them. */
  neutralised = 0;

  constructor(path: string) {
    this.#file = new BufferedFile(path);
    this.#file.write(`${columns.map(({ name }) => name).join(',')}\r\n`);
  }

  add(event: AuditedEvent): void {
    const cells = columns.map(({ kind, cell }) => {
      const value = cell(event);
      // Decimal digits need neither quotes nor an apostrophe.
      if (kind === 'integer') return value;
      if (typeof value === 'string' && FORMULA.test(value)) this.neutralised += 1;
      return csvCell(value);
    });
    this.#file.write(`${cells.join(',')}\r\n`);
  }

  close(): void {
    this.#file.close();
  }
}

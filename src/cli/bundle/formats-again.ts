/** Compares the CSV and the Parquet file of a bundle with what its events say. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeBy } from './bundle-export.js';
import { CSV, EVENTS, fileDigest, type Manifest, PARQUET } from './bundle-files.js';
import { CsvFile } from './csv-file.js';
import type { Findings } from './findings.js';
import type { ParquetFile } from './parquet-file.js';

/** The other formats, written again from the events: what is in the bundle must be the same, byte for byte. */
export class FormatsAgain {
  readonly #folder: string;
  readonly #csv: CsvFile | undefined;
  readonly #parquet: ParquetFile | undefined;
  #isClosed = false;

  static async open({ files }: Manifest): Promise<FormatsAgain> {
    const folder = mkdtempSync(join(tmpdir(), 'alarm-server-bundle-'));
    const parquet = files[PARQUET] && new (await import('./parquet-file.js')).ParquetFile(join(folder, PARQUET));
    return new FormatsAgain(folder, files[CSV] && new CsvFile(join(folder, CSV)), parquet);
  }

  private constructor(folder: string, csv: CsvFile | undefined, parquet: ParquetFile | undefined) {
    this.#folder = folder;
    this.#csv = csv;
    this.#parquet = parquet;
  }

  add(event: Parameters<CsvFile['add']>[0]): void {
    this.#csv?.add(event);
    this.#parquet?.add(event);
  }

  /** Once, behind the last event. */
  compare({ files, csv, made_by }: Manifest, { faults, unproved }: Findings): void {
    this.#close();
    const differs = (name: string): boolean => files[name]?.sha256 !== fileDigest(join(this.#folder, name)).sha256;
    if ((csv?.neutralised_cells ?? -1) !== (this.#csv?.neutralised ?? -1))
      faults.push('manifest.json was altered: its csv.neutralised_cells is not what the events say.');
    if (this.#csv && differs(CSV)) faults.push(`${CSV} is not what ${EVENTS} says: it was altered.`);
    if (!this.#parquet || !differs(PARQUET)) return;
    if (made_by === madeBy()) faults.push(`${PARQUET} is not what ${EVENTS} says: it was altered.`);
    else
      unproved.push(
        `${PARQUET} was written by ${made_by}, and ${madeBy()} writes other bytes: it may be as it was. The other files hold.`,
      );
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#csv?.close();
    this.#parquet?.close();
  }

  remove(): void {
    this.#close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Writes a bundle: the events in each format, the hashes of their leaves, and the nodes for the leaves between them, as they come. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssembledTree, coveringNodes } from '../../evidence/assembled-tree.js';
import { entryOf } from '../../evidence/event-entry.js';
import { leafHash } from '../../evidence/merkle-tree.js';
import { type AuditedLine, storedTextOf } from '../audited-events.js';
import { BufferedFile } from './buffered-file.js';
import {
  CSV,
  EVENTS,
  type FileDigest,
  type Format,
  fileDigest,
  LEAVES,
  type Manifest,
  PARQUET,
  PROOF,
} from './bundle-files.js';
import { CsvFile } from './csv-file.js';
import type { ParquetFile } from './parquet-file.js';

/** The hash of a complete node of the tree. */
export type NodeHash = (level: number, index: number) => Promise<Buffer>;

export type Place = NonNullable<Manifest['first']>;

export interface BundleWriterOptions {
  readonly folder: string;
  readonly formats: ReadonlySet<Format>;
  /** Of the tree. */
  readonly size: number;
  readonly nodeHash: NodeHash;
}

/** Makes the folder if there is none. Throws with a sentence if it is not empty. */
export function makeEmpty(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readdirSync(folder).length > 0) throw new Error(`${folder} is not empty: choose another folder.`);
}

export class BundleWriter {
  readonly #options: BundleWriterOptions;
  readonly #events: BufferedFile;
  readonly #leaves: BufferedFile;
  readonly #proof: BufferedFile;
  readonly #csv: CsvFile | undefined;
  readonly #parquet: ParquetFile | undefined;
  /** What the checkpoint must say of the leaves and the nodes. */
  readonly tree = new AssembledTree();
  #nodes = 0;
  #count = 0;
  first: Place | undefined;
  last: Place | undefined;

  static async open(options: BundleWriterOptions): Promise<BundleWriter> {
    const { folder, formats } = options;
    // Loaded only if it is used.
    const parquet = formats.has('parquet')
      ? new (await import('./parquet-file.js')).ParquetFile(join(folder, PARQUET))
      : undefined;
    return new BundleWriter(options, parquet);
  }

  private constructor(options: BundleWriterOptions, parquet: ParquetFile | undefined) {
    const { folder, formats, size } = options;
    this.#options = options;
    this.#parquet = parquet;
    this.#events = new BufferedFile(join(folder, EVENTS));
    this.#leaves = new BufferedFile(join(folder, LEAVES));
    this.#proof = new BufferedFile(join(folder, PROOF));
    this.#csv = formats.has('csv') ? new CsvFile(join(folder, CSV)) : undefined;
    this.#proof.write(`{"size":${size},"nodes":[`);
  }

  get count(): number {
    return this.#count;
  }

  get csv(): Manifest['csv'] {
    return this.#csv ? { neutralised_cells: this.#csv.neutralised } : null;
  }

  /** The next event. Throws with a sentence if it does not come after the one before, or is not in the tree. */
  async add({ line, event }: AuditedLine): Promise<void> {
    const { index, position, at } = event;
    if (index < this.tree.size || index >= this.#options.size)
      throw new Error(`The server gave event ${index} where none before ${this.tree.size} can come.`);
    await this.#cover(index);
    const leaf = leafHash(entryOf(storedTextOf(event), index));
    this.tree.add(0, leaf);
    this.#leaves.write(leaf);
    this.#events.write(`${line}\n`);
    this.#csv?.add(event);
    this.#parquet?.add(event);
    const place = { index, position, at };
    this.first ??= place;
    this.last = place;
    this.#count += 1;
  }

  /** `proofs`: what follows the nodes in the proof. Resolves to what the manifest says of the files. */
  async finish(
    proofs: { readonly inclusion: readonly unknown[]; readonly consistency: readonly unknown[] },
    others: Readonly<Record<string, string>>,
  ): Promise<Record<string, FileDigest>> {
    const { folder } = this.#options;
    const { inclusion, consistency } = proofs;
    this.#proof.write(`],"inclusion":${JSON.stringify(inclusion)},"consistency":${JSON.stringify(consistency)}}\n`);
    for (const file of [this.#events, this.#leaves, this.#proof, this.#csv, this.#parquet]) file?.close();
    for (const [name, text] of Object.entries(others))
      writeFileSync(join(folder, name), text, { flag: 'wx', mode: 0o600 });
    return Object.fromEntries(
      readdirSync(folder)
        .sort()
        .map((name) => [name, fileDigest(join(folder, name))]),
    );
  }

  /** Writes the nodes that cover all leaves up to `until`. */
  async #cover(until: number): Promise<void> {
    for (const { level, index } of coveringNodes(this.tree.size, until)) {
      const hash = await this.#options.nodeHash(level, index);
      this.tree.add(level, hash);
      this.#proof.write(`${this.#nodes === 0 ? '' : ','}\n[${level},${index},"${hash.toString('base64')}"]`);
      this.#nodes += 1;
    }
  }

  /** To be called behind the last event. */
  coverRest(): Promise<void> {
    return this.#cover(this.#options.size);
  }
}

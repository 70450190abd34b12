/** What a bundle of exported events consists of: its files, and the manifest that names them. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';

export const MANIFEST = 'manifest.json';
export const EVENTS = 'events.ndjson';
export const CSV = 'events.csv';
export const PARQUET = 'events.parquet';
export const PROOF = 'proof.json';
/** The hashes of the exported events' leaves, 32 bytes each, in their order. */
export const LEAVES = 'leaf-hashes';
export const CHECKPOINT = 'checkpoint';
export const KEY = 'key';
export const GUIDE = 'VERIFY.md';
/** Verifies the bundle with Go's packages alone. */
export const GO_PROGRAM = 'verify.go';

/** Every file that a bundle may have beside its manifest. */
export const bundleFiles: readonly string[] = [EVENTS, CSV, PARQUET, PROOF, LEAVES, CHECKPOINT, KEY, GUIDE, GO_PROGRAM];

export const BUNDLE_FORMAT = 'alarm-server/export/v1';

export const formats = ['ndjson', 'csv', 'parquet'] as const;
export type Format = (typeof formats)[number];

const count = z.number().int().min(0);
const Place = z.object({ index: count, position: z.string(), at: z.string() });

export const Manifest = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  /** The program and its version; a Parquet file is compared with what the same version writes. */
  made_by: z.string(),
  log_id: z.string(),
  /** The window, as it was asked for. */
  from: z.string(),
  to: z.string(),
  /** Only the events of this page; null: all events. */
  page: z.string().nullable(),
  /** The last event up to the window's end, of all events: as the server resolved it. */
  as_of: Place.extend({ requested: z.string(), settled: z.boolean() }),
  events: count,
  /** Null if there is no event. */
  first: Place.nullable(),
  last: Place.nullable(),
  /** Of the tree that the checkpoint is of. */
  tree_size: count,
  /** Of events.csv, if there is one. */
  csv: z
    .strictObject({
      /** How many text cells have an apostrophe put before them, because they begin with = + - @ tab or CR. */
      neutralised_cells: count,
    })
    .nullable(),
  files: z.record(
    z.string().regex(/^[\w.-]+$/),
    z.strictObject({ bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});
export type Manifest = z.infer<typeof Manifest>;
export type FileDigest = Manifest['files'][string];

const hash = z.string().transform((text) => Buffer.from(text, 'base64'));

export const Proof = z.strictObject({
  size: count,
  /** For the leaves that are not exported: the fewest complete nodes that cover them, from left to right, as [level, index, hash]. */
  nodes: z.array(z.tuple([count, count, hash])),
  /** Of the first and the last event, as RFC 6962 orders the hashes. */
  inclusion: z.array(z.strictObject({ index: count, hashes: z.array(hash) })),
  /** From trees whose checkpoints were kept elsewhere to that of the bundle's checkpoint. */
  consistency: z.array(z.strictObject({ from_size: count, hashes: z.array(hash) })),
});
export type Proof = z.infer<typeof Proof>;

const PART_BYTES = 256 * 1024;

/** Calls `onPart` with the file's bytes, a part at a time; the part is used again for the next one. */
export function eachPart(file: string, onPart: (part: Buffer) => void): void {
  const descriptor = openSync(file, 'r');
  try {
    const part = Buffer.allocUnsafe(PART_BYTES);
    for (let read = readSync(descriptor, part); read > 0; read = readSync(descriptor, part))
      onPart(part.subarray(0, read));
  } finally {
    closeSync(descriptor);
  }
}

export function fileDigest(file: string): FileDigest {
  const digest = createHash('sha256');
  let bytes = 0;
  eachPart(file, (part) => {
    digest.update(part);
    bytes += part.length;
  });
  return { bytes, sha256: digest.digest('hex') };
}

const LINE_FEED = 0x0a;

/** The lines of a file without their line feeds; what follows the last line feed is a line too, unless it is empty. */
export function* linesOf(file: string): Generator<string, void> {
  const descriptor = openSync(file, 'r');
  try {
    const part = Buffer.allocUnsafe(PART_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    for (let read = readSync(descriptor, part); read > 0; read = readSync(descriptor, part)) {
      const bytes = Buffer.concat([rest, part.subarray(0, read)]);
      let from = 0;
      for (let to = bytes.indexOf(LINE_FEED); to !== -1; to = bytes.indexOf(LINE_FEED, from)) {
        yield bytes.toString('utf8', from, to);
        from = to + 1;
      }
      rest = bytes.subarray(from);
    }
    if (rest.length > 0) yield rest.toString('utf8');
  } finally {
    closeSync(descriptor);
  }
}

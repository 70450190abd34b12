/** Verifies a bundle of exported events: what it proves, with nothing but its own files and the checkpoints that were kept elsewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkpoint, originOf, parseTreeHead, readCheckpoint } from '../../evidence/checkpoint.js';
import { isConsistent, isIncluded } from '../../evidence/merkle-tree.js';
import { parseVerifierKey } from '../../evidence/signed-note.js';
import { auditedEvent } from '../audited-events.js';
import type { Anchor } from '../evidence-verification.js';
import { madeBy } from './bundle-export.js';
import {
  bundleFiles,
  CHECKPOINT,
  CSV,
  EVENTS,
  type Format,
  fileDigest,
  GO_PROGRAM,
  GUIDE,
  KEY,
  LEAVES,
  linesOf,
  MANIFEST,
  Manifest,
  PARQUET,
  PROOF,
  Proof,
} from './bundle-files.js';
import { compareRows, hasSealed, type Row } from './bundle-rows.js';
import { Findings } from './findings.js';
import { FormatsAgain } from './formats-again.js';
import { GO_VERIFIER } from './go-verifier.js';
import { guide } from './guide.js';
import { ManifestCheck } from './manifest-check.js';
import { provedLeaves, rootOfProof } from './proved-leaves.js';

export interface BundleReport {
  readonly verdict: 'holds' | 'does not hold' | 'cannot tell';
  /** The first event that differs, if one is named. */
  readonly index: number | undefined;
  readonly sentences: readonly string[];
  readonly events: number;
}

export interface BundleVerificationOptions {
  readonly folder: string;
  readonly anchors: readonly Anchor[];
  readonly onProgress: (events: number, total: number) => void;
}

/** Rejects with a sentence if an anchor is no checkpoint, or a file cannot be read. */
export async function verifyBundle({ folder, anchors, onProgress }: BundleVerificationOptions): Promise<BundleReport> {
  const found = new Findings();
  const manifest = readManifest(folder, found);
  if (!manifest) return reportOf(found, 0, []);
  const missing = [EVENTS, LEAVES, PROOF, CHECKPOINT, ...Object.keys(manifest.files)].filter(
    (name) => !existsSync(join(folder, name)),
  );
  if (missing.length > 0) {
    found.faults.push(`${[...new Set(missing)].join(', ')}: missing from the bundle.`);
    return reportOf(found, manifest.events, []);
  }
  const { checkpoint, key } = readHead(folder, manifest, found);
  const proof = checkpoint && readProof(folder, checkpoint, found);
  if (checkpoint && proof) {
    await verifyEvents({ folder, onProgress }, manifest, { checkpoint, proof }, found);
    verifyAnchors(anchors, checkpoint, proof, key, found);
  }
  verifyFiles(folder, manifest, found);
  return reportOf(found, manifest.events, checkpoint ? proven(manifest, checkpoint, anchors, found) : []);
}

function reportOf({ faults, unproved, index }: Findings, events: number, holds: readonly string[]): BundleReport {
  if (faults.length > 0) return { verdict: 'does not hold', index, sentences: faults, events };
  if (unproved.length > 0) return { verdict: 'cannot tell', index: undefined, sentences: unproved, events };
  return { verdict: 'holds', index: undefined, sentences: holds, events };
}

function proven(
  manifest: Manifest,
  { logId, size }: Checkpoint,
  anchors: readonly Anchor[],
  { sealed, strange }: Findings,
): string[] {
  const { events, page, first, last } = manifest;
  const range = first && last ? `, from event ${first.index} to event ${last.index}` : '';
  const of = page === null ? '' : ` of the page ${page}`;
  return [
    `The ${events} events${of}${range} are those of the log ${logId}: they agree with its signed checkpoint of ${size} events${anchors.length > 0 ? `, and that with ${anchors.length} kept elsewhere` : ''}. None between them is missing.`,
    'Not proven: that no event of the window lies before the first or behind the last of them.',
    ...(sealed > 0
      ? [
          `Not proven: the comments and notes that ${sealed} of the events show. They are stored encrypted, and the checkpoint is over what is stored.`,
        ]
      : []),
    ...(strange.length > 0 ? [`Not looked at: ${strange.join(', ')}, which is no part of the bundle.`] : []),
    ...(anchors.length === 0
      ? [
          'Not proven: that the key in the bundle is the one of your server, and that the log was not written anew. A checkpoint that was kept elsewhere would (--checkpoint FILE).',
        ]
      : []),
  ];
}

function readManifest(folder: string, found: Findings): Manifest | undefined {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) {
    found.unproved.push(`There is no ${file}: the export was not completed, or that is another folder.`);
    return undefined;
  }
  const parsed = Manifest.safeParse(jsonIn(file));
  if (parsed.success) return parsed.data;
  const { path = [], message = '' } = parsed.error.issues[0] ?? {};
  const what = jsonIn(file) === undefined ? 'it is no JSON.' : [path.join('.'), message].filter(Boolean).join(' ');
  found.faults.push(`manifest.json was altered: ${what}`);
  return undefined;
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The checkpoint, compared with the manifest, and its signature with the key. */
function readHead(
  folder: string,
  manifest: Manifest,
  found: Findings,
): { readonly checkpoint?: Checkpoint | undefined; readonly key?: ReturnType<typeof parseVerifierKey>['key'] } {
  const note = readFileSync(join(folder, CHECKPOINT), 'utf8');
  const checkpoint = parseTreeHead(note);
  if (!checkpoint) {
    found.faults.push('checkpoint was altered: it is none.');
    return {};
  }
  if (checkpoint.logId !== manifest.log_id || checkpoint.size !== manifest.tree_size)
    found.faults.push(
      `manifest.json or checkpoint was altered: one is of the log ${manifest.log_id} with ${manifest.tree_size} events, the other of ${checkpoint.logId} with ${checkpoint.size}.`,
    );
  if (!existsSync(join(folder, KEY))) {
    found.unproved.push('The bundle has no key, and its checkpoint is not signed: it proves nothing by itself.');
    return { checkpoint };
  }
  try {
    const { name, key } = parseVerifierKey(readFileSync(join(folder, KEY), 'utf8'));
    if (name !== originOf(checkpoint.logId) || !readCheckpoint(note, key)?.isSigned)
      found.faults.push('The checkpoint is not signed with the key in the bundle: one of them was altered.');
    return { checkpoint, key };
  } catch {
    found.faults.push('key was altered: it is no verifier key.');
    return { checkpoint };
  }
}

function readProof(folder: string, { size }: Checkpoint, found: Findings): Proof | undefined {
  const parsed = Proof.safeParse(jsonIn(join(folder, PROOF)));
  if (parsed.success && parsed.data.size === size) return parsed.data;
  found.faults.push(`proof.json was altered: it is no proof for a tree of ${size} events.`);
  return undefined;
}

/** The events against the proof, the proof against the checkpoint, the manifest and the other formats against the events. */
async function verifyEvents(
  { folder, onProgress }: Pick<BundleVerificationOptions, 'folder' | 'onProgress'>,
  manifest: Manifest,
  { checkpoint, proof }: { readonly checkpoint: Checkpoint; readonly proof: Proof },
  found: Findings,
): Promise<void> {
  const hashes = readFileSync(join(folder, LEAVES));
  if (!rootOfProof(proof, hashes)?.equals(checkpoint.root)) {
    found.faults.push(
      'The root of leaf-hashes and proof.json is not that of the checkpoint: one of the three was altered. Which event differs is not known.',
    );
    return;
  }
  const check = new ManifestCheck(manifest);
  const again = await FormatsAgain.open(manifest);
  try {
    let count = 0;
    const fault = compareRows(rowsOf(join(folder, EVENTS)), provedLeaves(proof, hashes), (event) => {
      check.take(event);
      again.add(event);
      if (hasSealed(event)) found.sealed += 1;
      count += 1;
      if (count % 1_000 === 0) onProgress(count, manifest.events);
    });
    if (fault) {
      found.index = fault.index;
      found.faults.push(fault.sentence);
      return;
    }
    found.faults.push(...check.faults());
    again.compare(manifest, found);
  } finally {
    again.remove();
  }
  const proved = new Map(proof.inclusion.map(({ index, hashes: path }) => [index, path]));
  for (const { index, hash } of provedLeaves(proof, hashes)) {
    const path = proved.get(index);
    if (path && isIncluded(hash, index, proof.size, path, checkpoint.root)) proved.delete(index);
  }
  for (const index of proved.keys())
    found.faults.push(`proof.json was altered: its inclusion proof of event ${index} does not hold.`);
}

function* rowsOf(file: string): Generator<Row, void> {
  for (const line of linesOf(file)) yield { line, event: auditedEvent(line) };
}

function verifyAnchors(
  anchors: readonly Anchor[],
  checkpoint: Checkpoint,
  proof: Proof,
  key: ReturnType<typeof parseVerifierKey>['key'] | undefined,
  { faults, unproved }: Findings,
): void {
  for (const { file, note } of anchors) {
    const anchor = readCheckpoint(note, key);
    if (!anchor)
      throw new Error(`${file} is no checkpoint of this server: a text as GET /audit/checkpoint answers it.`);
    const { size, root } = anchor.checkpoint;
    const { hashes } = proof.consistency.find(({ from_size }) => from_size === size) ?? {};
    if (key && !anchor.isSigned) faults.push(`${file} is not signed with the key in the bundle.`);
    else if (size === checkpoint.size) {
      if (!root.equals(checkpoint.root))
        faults.push(`${file} has another root for the same ${size} events: the log was written anew.`);
    } else if (hashes) {
      if (!isConsistent(size, root, checkpoint.size, checkpoint.root, hashes))
        faults.push(
          `${file}: the log of the bundle does not begin with those ${size} events, or its proof was altered.`,
        );
    } else
      unproved.push(
        size > checkpoint.size
          ? `${file} covers ${size} events, more than the bundle's checkpoint: compare it with the server (npm run verify -- --url).`
          : `The bundle has no proof from ${file}, a tree of ${size} events: export it again with --checkpoint ${file}.`,
      );
  }
}

/** Each file against its digest in the manifest; those that say how to verify, against what this version writes. */
function verifyFiles(folder: string, manifest: Manifest, found: Findings): void {
  const { files, made_by } = manifest;
  const { faults } = found;
  for (const [name, { bytes, sha256 }] of Object.entries(files)) {
    const is = fileDigest(join(folder, name));
    if (is.bytes !== bytes || is.sha256 !== sha256)
      faults.push(`${name} is not the file that manifest.json names: one of them was altered.`);
  }
  const unnamed = readdirSync(folder).filter((name) => name !== MANIFEST && !files[name]);
  const own = unnamed.filter((name) => bundleFiles.includes(name));
  if (own.length > 0) faults.push(`manifest.json was altered: it does not name ${own.join(', ')}.`);
  found.strange = unnamed.filter((name) => !bundleFiles.includes(name));
  if (made_by !== madeBy()) return;
  const formats = new Set<Format>([
    'ndjson',
    ...(files[CSV] ? ['csv' as const] : []),
    ...(files[PARQUET] ? ['parquet' as const] : []),
  ]);
  const texts = { [GUIDE]: guide({ ...manifest, formats }), [GO_PROGRAM]: GO_VERIFIER };
  for (const [name, text] of Object.entries(texts))
    if (!existsSync(join(folder, name)) || readFileSync(join(folder, name), 'utf8') !== text)
      faults.push(`${name} is not what ${made_by} writes: it was altered.`);
}

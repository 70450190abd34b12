/** Exports a window of a server's events as a bundle that proves itself: to be kept, given away, and verified without the server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageStream } from '../../domain/streams.js';
import { type Checkpoint, originOf, parseTreeHead, readCheckpoint } from '../../evidence/checkpoint.js';
import { parseVerifierKey } from '../../evidence/signed-note.js';
import { auditedEvents } from '../audited-events.js';
import { type AuditorConnection, Refused } from '../auditor-connection.js';
import type { Anchor } from '../evidence-verification.js';
import {
  BUNDLE_FORMAT,
  CHECKPOINT,
  type Format,
  GO_PROGRAM,
  GUIDE,
  KEY,
  MANIFEST,
  type Manifest,
} from './bundle-files.js';
import { BundleWriter, makeEmpty } from './bundle-writer.js';
import { GO_VERIFIER } from './go-verifier.js';
import { guide } from './guide.js';
import { tileNodes } from './tile-nodes.js';

export interface ExportOptions {
  /** Moments, positions or indices, as the server takes them. Undefined: the log's start, now. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Only the events of this page. */
  readonly page: string | undefined;
  readonly formats: ReadonlySet<Format>;
  /** Empty, or not there yet. */
  readonly folder: string;
  /** Checkpoints that were kept elsewhere, which the bundle shall be comparable with. */
  readonly anchors: readonly Anchor[];
  /** Called with the number of events so far, and that of the window; a page's events are some of these. */
  readonly onProgress: (events: number, total: number) => void;
}

interface Head {
  readonly note: string;
  readonly checkpoint: Checkpoint;
  /** Undefined: the server signs nothing. */
  readonly key: string | undefined;
}

/** Resolves to the manifest, which is written last: a folder without it is not complete. Rejects with a sentence. */
export async function exportBundle(connection: AuditorConnection, options: ExportOptions): Promise<Manifest> {
  const { from, to, page, formats, folder, anchors, onProgress } = options;
  makeEmpty(folder);
  await connection.get('/audit/checkpoint');
  const asOf = await placeOf(connection, to);
  const { note, checkpoint, key } = await headAt(connection, asOf.position);
  const { size, root, logId } = checkpoint;
  const writer = await BundleWriter.open({ folder, formats, size, nodeHash: tileNodes(connection, size) });
  const query = {
    ...(from === undefined ? {} : { from }),
    to: `@${asOf.position}`,
    ...(page === undefined ? {} : { page }),
  };
  const stream = page === undefined ? undefined : pageStream(page);
  for await (const lines of auditedEvents(connection, query)) {
    // A server may count other events to a page, which tell of other pages too.
    for (const line of lines) if (stream === undefined || line.event.stream === stream) await writer.add(line);
    onProgress(lines.at(-1)?.event.index ?? 0, asOf.index + 1);
  }
  await writer.coverRest();
  if (!writer.tree.root().equals(root))
    throw new Error(
      'What the server gave does not agree with its checkpoint: its log differs from what it has signed. Nothing that can be proved was exported; npm run verify says more.',
    );
  const { first, last } = writer;
  const ends = [...new Set([first, last].flatMap((place) => place?.index ?? []))];
  const inclusion = [];
  for (const index of ends)
    inclusion.push({ index, hashes: await hashesOf(connection, `index=${index}&size=${size}`) });
  const consistency = [];
  for (const anchor of anchors) {
    const known = parseTreeHead(anchor.note);
    if (!known) throw new Error(`${anchor.file} is no checkpoint of this server.`);
    if (known.size < 1 || known.size >= size) continue;
    const hashes = await hashesOf(connection, `from_size=${known.size}&to_size=${size}`);
    consistency.push({ from_size: known.size, hashes });
  }
  const described = {
    format: BUNDLE_FORMAT,
    made_by: madeBy(),
    log_id: logId,
    from: from ?? '#0',
    to: to ?? asOf.requested,
    page: page ?? null,
    as_of: asOf,
    events: writer.count,
    first: first ?? null,
    last: last ?? null,
    tree_size: size,
    csv: writer.csv,
  } as const;
  const files = await writer.finish(
    { inclusion, consistency },
    {
      [CHECKPOINT]: note,
      ...(key === undefined ? {} : { [KEY]: key }),
      [GUIDE]: guide({ ...described, formats }),
      [GO_PROGRAM]: GO_VERIFIER,
    },
  );
  const manifest: Manifest = { ...described, files };
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx', mode: 0o600 });
  return manifest;
}

/** The program with its version. */
export function madeBy(): string {
  const { name, version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
    readonly name: string;
    readonly version: string;
  };
  return `${name} ${version}`;
}

/** Where a window ends, as the server resolves it; undefined: now. */
export async function placeOf(connection: AuditorConnection, to: string | undefined): Promise<Manifest['as_of']> {
  const at = to === undefined ? '' : `at=${encodeURIComponent(to)}&`;
  const answer = JSON.parse((await connection.get(`/audit/pages?${at}limit=1`)).toString()) as {
    readonly as_of: Manifest['as_of'];
  };
  return answer.as_of;
}

/** A checkpoint that covers the position, whose signature is verified if the server signs. */
async function headAt(connection: AuditorConnection, position: string): Promise<Head> {
  const text = await keyOf(connection);
  const note = (await connection.get(`/audit/checkpoint?position=${position}`)).toString();
  if (text === undefined) {
    const checkpoint = parseTreeHead(note);
    if (!checkpoint) throw new Error('What the server answers is no checkpoint.');
    return { note, checkpoint, key: undefined };
  }
  const { name, key } = parseVerifierKey(text);
  const found = readCheckpoint(note, key);
  if (!found?.isSigned || originOf(found.checkpoint.logId) !== name)
    throw new Error('The checkpoint is not signed with the key that the server shows.');
  return { note, checkpoint: found.checkpoint, key: text };
}

/** Undefined if the server signs nothing. */
async function keyOf(connection: AuditorConnection): Promise<string | undefined> {
  try {
    return (await connection.get('/audit/key')).toString();
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}

async function hashesOf(connection: AuditorConnection, query: string): Promise<readonly string[]> {
  const answer = JSON.parse((await connection.get(`/audit/proof?${query}`)).toString()) as {
    readonly hashes: readonly string[];
  };
  return answer.hashes;
}

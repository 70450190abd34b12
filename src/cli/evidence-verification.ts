/** What `npm run verify` says about the evidence: of a data folder, or of what a server serves. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../evidence/checkpoint.js';
import { evidenceKeyFile, readKey } from '../evidence/evidence-key.js';
import { keptCheckpoints } from '../evidence/kept-checkpoints.js';
import { checkTree, type TreeCheck, type TreeCheckOptions } from '../evidence/tree-check.js';
import { TreeFiles, treeFolder } from '../evidence/tree-files.js';
import { openTextReader } from '../log/text-reader.js';

/** A checkpoint that was kept elsewhere. */
export interface Anchor {
  readonly file: string;
  readonly note: string;
}

export const readAnchors = (files: readonly string[]): Anchor[] =>
  files.map((file) => ({ file, note: readFileSync(file, 'utf8') }));

export interface EvidenceReport {
  readonly holds: boolean;
  readonly index: number | undefined;
  /** Sentences, in order. */
  readonly sentences: readonly string[];
  readonly events: number;
  readonly checkpoints: number;
  readonly anchors: number;
}

/** What no check of this machine alone can prove. */
export const WITHOUT_ANCHOR =
  'Not proven: that nobody who holds both the key and this disk wrote everything anew. A checkpoint that was kept elsewhere would (--checkpoint FILE).';

/** What the tree leaves out, so that nobody needs a secret to verify it. */
const WITHOUT_PRIVATE =
  'Not proven: private events (hashes of passwords and tokens, keys of texts, secrets of webhooks). No checkpoint covers them.';

export interface EvidenceFolder {
  readonly dataDir: string;
  readonly logFile: string;
  /** EVIDENCE_KEY_FILE. */
  readonly keyFile: string | undefined;
}

/** Throws with a sentence if a file cannot be read. */
export async function verifyEvidence(
  { dataDir, logFile, keyFile }: EvidenceFolder,
  anchors: readonly Anchor[],
  onProgress: (events: number) => void,
): Promise<EvidenceReport> {
  const key = readKey(keyFile ?? evidenceKeyFile(dataDir));
  const own = keptCheckpoints(dataDir, key);
  const anchored = anchors.map(({ file, note }) => {
    const found = readCheckpoint(note, key);
    if (!found) throw new Error(`${file} is no checkpoint of this server: a text as GET /audit/checkpoint answers it.`);
    return { file, ...found };
  });
  const elsewhere = new Set(anchored.map(({ checkpoint }) => checkpoint));
  const result = await checked(dataDir, logFile, onProgress, {
    checkpoints: [...own.checkpoints, ...elsewhere],
    isSigned: (one) => elsewhere.has(one) || own.isSigned(one),
  });
  const sentences: string[] = [];
  const lost = anchored.find(({ checkpoint }) => result.givenUp.includes(checkpoint));
  if (result.fault) sentences.push(result.fault.sentence);
  else if (lost)
    sentences.push(
      `${lost.file} covers ${lost.checkpoint.size} events of the log ${lost.checkpoint.logId}, of which a restore has given up the last.`,
    );
  const unsigned = own.foreign + result.unsigned;
  if (unsigned > 0)
    sentences.push(`${unsigned} checkpoints in the folder are not signed with the key, and count for nothing.`);
  for (const { file, isSigned } of anchored)
    if (key && !isSigned)
      sentences.push(`${file} is not signed with the key of this server: the key was changed, or the file.`);
  const forged = key !== undefined && anchored.some(({ isSigned }) => !isSigned);
  const holds = !result.fault && !lost && !forged;
  if (holds) sentences.push(proven(result, anchored.length));
  if (holds && result.givenUp.length > 0)
    sentences.push(
      `${result.givenUp.length} checkpoints of earlier ids of the log cover events that a restore has given up.`,
    );
  if (holds) sentences.push(WITHOUT_PRIVATE);
  if (holds && anchored.length === 0) sentences.push(WITHOUT_ANCHOR);
  return {
    holds,
    index: result.fault?.index,
    sentences,
    events: result.size,
    checkpoints: result.confirmed,
    anchors: anchored.length,
  };
}

function proven({ size, confirmed, covered }: TreeCheck, anchors: number): string {
  if (confirmed === 0) return `There is no signed checkpoint to compare the ${size} events with.`;
  const kept = anchors > 0 ? `, ${anchors} of them kept elsewhere` : '';
  const later = covered < size ? ` No checkpoint covers the last ${size - covered} yet.` : '';
  return `Its first ${covered} events of ${size} agree with ${confirmed} checkpoints${kept}.${later}`;
}

async function checked(
  dataDir: string,
  logFile: string,
  onProgress: (events: number) => void,
  compared: Pick<TreeCheckOptions, 'checkpoints' | 'isSigned'>,
): Promise<TreeCheck> {
  const folder = treeFolder(dataDir);
  const files = existsSync(join(folder, 'hashes-0')) ? new TreeFiles(folder, true) : undefined;
  const reader = await openTextReader({ engine: 'sqlite', file: logFile });
  try {
    return await checkTree({ reader, files, mayWrite: false, onProgress, ...compared });
  } finally {
    await reader.close();
    files?.close();
  }
}

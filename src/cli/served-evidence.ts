/** Verifies what a server serves under /audit, from outside: entries, tiles and checkpoint, with nothing but its key. */
import { originOf, readCheckpoint } from '../evidence/checkpoint.js';
import { GrowingTree, HASH_BYTES, leafHash } from '../evidence/merkle-tree.js';
import { parseVerifierKey } from '../evidence/signed-note.js';
import { TILE_WIDTH, tilePath } from '../evidence/tile-paths.js';
import type { AuditorConnection } from './auditor-connection.js';
import type { Anchor, EvidenceReport } from './evidence-verification.js';

/** A tile of a later size replaces a partial one; so a tree that grows while it is read is read at one size. */
export interface ServedOptions {
  readonly connection: AuditorConnection;
  readonly anchors: readonly Anchor[];
  readonly onProgress: (events: number, total: number) => void;
}

/** Rejects with a sentence if the server does not answer, or not with evidence. */
export async function verifyServed({ connection, anchors, onProgress }: ServedOptions): Promise<EvidenceReport> {
  const { get } = connection;
  const { name, key } = parseVerifierKey((await get('/audit/key')).toString());
  const head = readCheckpoint((await get('/audit/checkpoint')).toString(), key);
  if (!head) throw new Error('What the server answers is no checkpoint.');
  const { checkpoint } = head;
  const failed = (sentence: string, index?: number): EvidenceReport => ({
    holds: false,
    index,
    sentences: [sentence],
    events: checkpoint.size,
    checkpoints: 0,
    anchors: anchors.length,
  });
  if (!head.isSigned || originOf(checkpoint.logId) !== name)
    return failed('The checkpoint is not signed with the key that the server shows.');
  const known = anchors.map(({ file, note }) => {
    const found = readCheckpoint(note, key);
    if (!found) throw new Error(`${file} is no checkpoint of this server: a text as GET /audit/checkpoint answers it.`);
    return { file, isSigned: found.isSigned, ...found.checkpoint };
  });
  const forged = known.find(({ isSigned }) => !isSigned);
  if (forged)
    return failed(`${forged.file} is not signed with the key that the server shows: the key was changed, or the file.`);
  const roots = new Map<number, Buffer>();
  const tree = new GrowingTree();
  for (let index = 0; index * TILE_WIDTH < checkpoint.size; index += 1) {
    const width = Math.min(TILE_WIDTH, checkpoint.size - index * TILE_WIDTH);
    const [bundle, hashes] = await Promise.all([
      get(`/audit/tile/${tilePath({ level: 'entries', index, width })}`),
      get(`/audit/tile/${tilePath({ level: 0, index, width })}`),
    ]);
    const leaves = entriesIn(bundle).map(leafHash);
    const wrong = leaves.findIndex((leaf, at) => !leaf.equals(hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES)));
    if (wrong !== -1 || leaves.length !== width) {
      const at = index * TILE_WIDTH + (wrong === -1 ? leaves.length : wrong);
      return failed(
        `Event ${at} of the log is not what the tree has: it was altered, or others were put before it or removed.`,
        at,
      );
    }
    for (const leaf of leaves) {
      tree.push(leaf);
      if (known.some(({ size }) => size === tree.size)) roots.set(tree.size, tree.root());
    }
    onProgress(tree.size, checkpoint.size);
  }
  if (!tree.root().equals(checkpoint.root))
    return failed('The root of the entries is not that of the signed checkpoint.');
  for (const { file, size, root, logId } of known) {
    if (!roots.get(size)?.equals(root))
      return failed(
        size > checkpoint.size
          ? `${file} covers ${size} events, and the server has signed ${checkpoint.size} now: events are missing.`
          : `${file}, signed for the log ${logId}, has another root for the first ${size} events: one of them was altered.`,
      );
  }
  return {
    holds: true,
    index: undefined,
    sentences: [
      `The ${checkpoint.size} entries agree with the signed checkpoint${anchors.length > 0 ? ` and with ${anchors.length} kept elsewhere` : ''}.`,
      ...(anchors.length === 0
        ? [
            'Not proven: that the server shows everybody the same log, and that it was not written anew. A checkpoint that was kept elsewhere would (--checkpoint FILE).',
          ]
        : []),
    ],
    events: checkpoint.size,
    checkpoints: 1,
    anchors: anchors.length,
  };
}

function entriesIn(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at + 2 <= bundle.length; ) {
    const length = bundle.readUInt16BE(at);
    entries.push(bundle.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

/**
 * What the proof of a bundle says: which leaves of the tree the bundle's events are, and their hashes. It counts for what it is once its root
 * is that of the checkpoint.
 */
import { AssembledTree } from '../../evidence/assembled-tree.js';
import { HASH_BYTES } from '../../evidence/merkle-tree.js';
import type { Proof } from './bundle-files.js';

export interface ProvedLeaf {
  readonly index: number;
  readonly hash: Buffer;
}

/** The leaves that no node covers, in order: so many as `hashes` has, 32 bytes each. */
export function* provedLeaves({ size, nodes }: Proof, hashes: Buffer): Generator<ProvedLeaf, void> {
  let next = 0;
  let at = 0;
  for (let leaf = 0; leaf < size && at < hashes.length; ) {
    const node = nodes[next];
    if (node && node[1] * 2 ** node[0] === leaf) {
      leaf += 2 ** node[0];
      next += 1;
    } else {
      yield { index: leaf, hash: hashes.subarray(at, at + HASH_BYTES) };
      at += HASH_BYTES;
      leaf += 1;
    }
  }
}

/** The root of the nodes together with the leaves' hashes; undefined if they make no tree of the proof's size. */
export function rootOfProof({ size, nodes }: Proof, hashes: Buffer): Buffer | undefined {
  const tree = new AssembledTree();
  let at = 0;
  const addLeaves = (until: number): boolean => {
    while (tree.size < until) {
      if (at + HASH_BYTES > hashes.length) return false;
      tree.add(0, hashes.subarray(at, at + HASH_BYTES));
      at += HASH_BYTES;
    }
    return true;
  };
  for (const [level, index, hash] of nodes) {
    const from = index * 2 ** level;
    if (hash.length !== HASH_BYTES || from < tree.size || from + 2 ** level > size || !addLeaves(from))
      return undefined;
    tree.add(level, hash);
  }
  return addLeaves(size) && at === hashes.length ? tree.root() : undefined;
}

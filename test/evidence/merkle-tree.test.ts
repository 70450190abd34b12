/** The tree against a second implementation, which is the definition of RFC 6962 word for word. */
import { createHash } from 'node:crypto';
import t from 'tap';
import {
  consistencyProof,
  EMPTY_ROOT,
  GrowingTree,
  inclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
  type Nodes,
  nodeHash,
  rootOf,
} from '../../src/evidence/merkle-tree.js';

const sha = (...parts: readonly Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const split = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1);

/** MTH(D[n]) of RFC 6962, section 2.1. */
function mth(entries: readonly string[]): Buffer {
  if (entries.length === 0) return sha();
  if (entries.length === 1) return sha(Buffer.of(0), Buffer.from(entries[0]!));
  const k = split(entries.length);
  return sha(Buffer.of(1), mth(entries.slice(0, k)), mth(entries.slice(k)));
}

/** PATH(m, D[n]), section 2.1.1. */
function path(m: number, entries: readonly string[]): Buffer[] {
  if (entries.length === 1) return [];
  const k = split(entries.length);
  return m < k
    ? [...path(m, entries.slice(0, k)), mth(entries.slice(k))]
    : [...path(m - k, entries.slice(k)), mth(entries.slice(0, k))];
}

/** SUBPROOF(m, D[n], b), section 2.1.2. */
function subproof(m: number, entries: readonly string[], isWhole: boolean): Buffer[] {
  if (m === entries.length) return isWhole ? [] : [mth(entries)];
  const k = split(entries.length);
  return m <= k
    ? [...subproof(m, entries.slice(0, k), isWhole), mth(entries.slice(k))]
    : [...subproof(m - k, entries.slice(k), false), mth(entries.slice(0, k))];
}

const SIZES = 40;
const entries = Array.from({ length: SIZES }, (_, at) => `entry ${at}`);
const nodes: Nodes = (level, index) =>
  level === 0 ? leafHash(entries[index]!) : nodeHash(nodes(level - 1, 2 * index), nodes(level - 1, 2 * index + 1));

t.test('EVID-1 root and proofs are those of RFC 6962, at every size', async (t) => {
  t.same(EMPTY_ROOT, mth([]));
  const growing = new GrowingTree();
  const wrong: string[] = [];
  const check = (what: string, isRight: boolean): void => void (isRight || wrong.push(what));
  for (let size = 1; size <= SIZES; size += 1) {
    growing.push(leafHash(entries[size - 1]!));
    const own = entries.slice(0, size);
    const root = mth(own);
    check(`root of ${size}`, growing.root().equals(root) && rootOf(size, nodes).equals(root));
    for (let index = 0; index < size; index += 1) {
      const proof = inclusionProof(index, size, nodes);
      check(`inclusion of ${index} in ${size}`, Buffer.concat(proof).equals(Buffer.concat(path(index, own))));
      check(`verified ${index} in ${size}`, isIncluded(leafHash(own[index]!), index, size, proof, root));
      check(`refused ${index} in ${size}`, !isIncluded(leafHash('other'), index, size, proof, root));
      const old = index + 1;
      const steps = consistencyProof(old, size, nodes);
      check(`consistency ${old} to ${size}`, Buffer.concat(steps).equals(Buffer.concat(subproof(old, own, true))));
      check(`verified ${old} to ${size}`, isConsistent(old, mth(own.slice(0, old)), size, root, steps));
      check(`refused ${old} to ${size}`, !isConsistent(old, leafHash('other'), size, root, steps));
      if (proof.length > 0) {
        check(`a proof cut short`, !isIncluded(leafHash(own[index]!), index, size, proof.slice(1), root));
        check(`a proof too long`, !isIncluded(leafHash(own[index]!), index, size, [...proof, root], root));
      }
    }
  }
  t.same(wrong, []);
});

t.test('EVID-1 a size or an index that the tree has not is an error', async (t) => {
  t.throws(() => inclusionProof(3, 3, nodes), RangeError);
  t.throws(() => inclusionProof(-1, 3, nodes), RangeError);
  t.throws(() => consistencyProof(0, 3, nodes), RangeError);
  t.throws(() => consistencyProof(4, 3, nodes), RangeError);
});

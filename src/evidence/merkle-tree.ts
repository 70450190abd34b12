/**
 * The Merkle tree of RFC 6962, section 2.1: hashes, root, and the two proofs. A node is addressed by its level (0: leaves) and its index in
 * that level; it is complete if it covers 2^level leaves. Sizes and indices are whole numbers up to 2^53.
 */
import { hash } from 'node:crypto';

/** Reads a complete node of a tree. Throws if the tree does not have it. */
export type Nodes = (level: number, index: number) => Buffer;

export const HASH_BYTES = 32;

/** What comes before an entry and before two hashes, so that neither passes for the other: 0 and 1. */
const LEAF = Buffer.of(0);

/** Through text of one character a byte: Node makes a buffer from it faster than directly. */
const sha256 = (bytes: string | Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'binary'), 'latin1');

export const leafHash = (entry: string | Uint8Array): Buffer =>
  sha256(typeof entry === 'string' ? `\0${entry}` : Buffer.concat([LEAF, entry]));

/** The input of nodeHash, used again for each: hashing copies it. */
const node = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return sha256(node);
}

/** The root of the tree without leaves. */
export const EMPTY_ROOT: Buffer = sha256('');

/** The root of a tree that only grows: at most one hash for each level. */
export class GrowingTree {
  #size = 0;
  /** Complete nodes from left to right, each covering fewer leaves than the one before. */
  readonly #nodes: Buffer[] = [];
  readonly #onNode: (level: number, index: number, hash: Buffer) => void;

  /** `onNode` is called for each node above the leaves when it is complete. */
  constructor(onNode: (level: number, index: number, hash: Buffer) => void = () => undefined) {
    this.#onNode = onNode;
  }

  get size(): number {
    return this.#size;
  }

  push(leaf: Buffer): void {
    let right = leaf;
    let index = this.#size;
    for (let level = 1; index % 2 === 1; level += 1) {
      const left = this.#nodes.pop();
      if (!left) throw new Error('An odd tree has a node to its left');
      right = nodeHash(left, right);
      index = (index - 1) / 2;
      this.#onNode(level, index, right);
    }
    this.#nodes.push(right);
    this.#size += 1;
  }

  root(): Buffer {
    const last = this.#nodes.at(-1);
    if (!last) return EMPTY_ROOT;
    return this.#nodes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
  }
}

export const rootOf = (size: number, nodes: Nodes): Buffer => (size === 0 ? EMPTY_ROOT : rangeHash(0, size, nodes));

/** Proof that leaf `index` is in the tree of `size` leaves. Needs 0 ≤ index < size. */
export function inclusionProof(index: number, size: number, nodes: Nodes): Buffer[] {
  if (!(index >= 0 && index < size)) throw new RangeError(`There is no leaf ${index} in a tree of ${size}`);
  const path: Buffer[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + leftSize(to - from);
    if (index < middle) {
      path.push(rangeHash(middle, to, nodes));
      to = middle;
    } else {
      path.push(rangeHash(from, middle, nodes));
      from = middle;
    }
  }
  return path.reverse();
}

/** Proof that the tree of `size` leaves begins with that of `oldSize`. Needs 1 ≤ oldSize ≤ size. */
export function consistencyProof(oldSize: number, size: number, nodes: Nodes): Buffer[] {
  if (!(oldSize >= 1 && oldSize <= size))
    throw new RangeError(`A tree of ${size} leaves does not begin with ${oldSize}`);
  const proof: Buffer[] = [];
  let [from, to] = [0, size];
  while (oldSize !== to) {
    const middle = from + leftSize(to - from);
    if (oldSize <= middle) {
      proof.push(rangeHash(middle, to, nodes));
      to = middle;
    } else {
      proof.push(rangeHash(from, middle, nodes));
      from = middle;
    }
  }
  // The verifier has this node already if it is the whole old tree.
  if (from !== 0) proof.push(rangeHash(from, to, nodes));
  return proof.reverse();
}

/** Whether the proof shows that `leaf` is leaf `index` of the tree with this root. */
export function isIncluded(leaf: Buffer, index: number, size: number, proof: readonly Buffer[], root: Buffer): boolean {
  if (!(index >= 0 && index < size)) return false;
  const path = [...proof];
  const hashOf = (from: number, to: number): Buffer | undefined => {
    if (to - from === 1) return leaf;
    const middle = from + leftSize(to - from);
    const sibling = path.pop();
    if (!sibling) return undefined;
    const own = index < middle ? hashOf(from, middle) : hashOf(middle, to);
    if (!own) return undefined;
    return index < middle ? nodeHash(own, sibling) : nodeHash(sibling, own);
  };
  const found = hashOf(0, size);
  return found !== undefined && path.length === 0 && found.equals(root);
}

/** Whether the proof shows that the tree with `root` begins with the one with `oldRoot`. */
export function isConsistent(
  oldSize: number,
  oldRoot: Buffer,
  size: number,
  root: Buffer,
  proof: readonly Buffer[],
): boolean {
  if (!(oldSize >= 1 && oldSize <= size)) return false;
  const path = [...proof];
  /** Of the part [from, to): the roots of what the old tree has of it, and of all. */
  const hashesOf = (from: number, to: number): readonly [Buffer, Buffer] | undefined => {
    if (oldSize === to) {
      const known = from === 0 ? oldRoot : path.pop();
      return known && [known, known];
    }
    const middle = from + leftSize(to - from);
    const sibling = path.pop();
    const inner = sibling && (oldSize <= middle ? hashesOf(from, middle) : hashesOf(middle, to));
    if (!inner) return undefined;
    const [old, all] = inner;
    return oldSize <= middle ? [old, nodeHash(all, sibling)] : [nodeHash(sibling, old), nodeHash(sibling, all)];
  };
  const found = hashesOf(0, size);
  return found !== undefined && path.length === 0 && found[0].equals(oldRoot) && found[1].equals(root);
}

/** The largest power of two below `size`; `size` is at least 2. */
function leftSize(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The hash over the leaves from `from` up to, not including, `to`: a part that RFC 6962 splits a tree into. */
function rangeHash(from: number, to: number, nodes: Nodes): Buffer {
  const length = to - from;
  const level = Math.round(Math.log2(length));
  if (2 ** level === length) return nodes(level, from / length);
  const middle = from + leftSize(length);
  return nodeHash(rangeHash(from, middle, nodes), rangeHash(middle, to, nodes));
}

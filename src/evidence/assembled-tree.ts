/**
 * A tree that is put together from complete nodes of any level, from left to right: for a proof that has some leaves, and for the others the
 * fewest nodes that cover them. The nodes show nothing of the leaves below them but their hashes.
 */
import { EMPTY_ROOT, nodeHash } from './merkle-tree.js';

export interface NodePlace {
  /** 0: a leaf. */
  readonly level: number;
  readonly index: number;
}

/** The fewest complete nodes that cover the leaves from `from` up to, not including, `to`: from left to right. */
export function* coveringNodes(from: number, to: number): Generator<NodePlace, void> {
  for (let at = from; at < to; ) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= to) level += 1;
    yield { level, index: at / 2 ** level };
    at += 2 ** level;
  }
}

interface Part {
  readonly level: number;
  readonly hash: Buffer;
}

export class AssembledTree {
  #size = 0;
  /** Complete nodes from left to right, each of a lower level than the one before. */
  readonly #parts: Part[] = [];

  /** Number of leaves so far. */
  get size(): number {
    return this.#size;
  }

  /** Appends a complete node. Throws if none of this level can be at this place. */
  add(level: number, hash: Buffer): void {
    if (!Number.isInteger(this.#size / 2 ** level))
      throw new RangeError(`No node of level ${level} begins at leaf ${this.#size}`);
    let part: Part = { level, hash };
    this.#size += 2 ** level;
    for (let last = this.#parts.at(-1); last?.level === part.level; last = this.#parts.at(-1)) {
      this.#parts.pop();
      part = { level: part.level + 1, hash: nodeHash(last.hash, part.hash) };
    }
    this.#parts.push(part);
  }

  root(): Buffer {
    const last = this.#parts.at(-1);
    if (!last) return EMPTY_ROOT;
    return this.#parts.slice(0, -1).reduceRight((right, { hash }) => nodeHash(hash, right), last.hash);
  }
}

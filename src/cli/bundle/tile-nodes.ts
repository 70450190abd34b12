/** The nodes of a server's tree, read from its tiles. Nodes that are asked for from left to right take each tile once. */
import { GrowingTree, HASH_BYTES } from '../../evidence/merkle-tree.js';
import { TILE_WIDTH, tilePath } from '../../evidence/tile-paths.js';
import type { AuditorConnection } from '../auditor-connection.js';
import type { NodeHash } from './bundle-writer.js';

/** A tile's hashes cover eight levels of the tree. */
const LEVELS = 8;

/** `size`: of the tree that the nodes are of. */
export function tileNodes(connection: AuditorConnection, size: number): NodeHash {
  /** By level of tiles, the last one that was read. */
  const last = new Map<number, { readonly index: number; readonly hashes: Buffer }>();
  const tile = async (level: number, index: number): Promise<Buffer> => {
    const known = last.get(level);
    if (known?.index === index) return known.hashes;
    const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
    const hashes = await connection.get(`/audit/tile/${tilePath({ level, index, width })}`);
    if (hashes.length !== width * HASH_BYTES) throw new Error('The server answered a tile of another width.');
    last.set(level, { index, hashes });
    return hashes;
  };
  return async (level, index) => {
    const tileLevel = Math.floor(level / LEVELS);
    const count = 2 ** (level % LEVELS);
    const first = index * count;
    const hashes = await tile(tileLevel, Math.floor(first / TILE_WIDTH));
    const from = first % TILE_WIDTH;
    const tree = new GrowingTree();
    for (let at = from; at < from + count; at += 1) tree.push(hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
    return tree.root();
  };
}

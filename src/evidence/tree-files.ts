/**
 * The tree's hashes in files: for each level of tiles one file in which hash i is at 32 × i, so that a tile is one read; and a file with the
 * position of each leaf's event, eight bytes each. They are derived from the log: after a crash the start compares and repairs them.
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { comparePositions, type Position } from '../log/event-log.js';
import { GrowingTree, HASH_BYTES, type Nodes } from './merkle-tree.js';
import { TILE_WIDTH } from './tile-paths.js';

/** A tile's hashes cover eight levels of the tree. */
const LEVELS = 8;

const POSITION_BYTES = 8;

/** Of a data folder, the folder with the tree's hashes. */
export const treeFolder = (dataDir: string): string => join(dataDir, 'evidence');

export class TreeFiles {
  readonly #folder: string;
  readonly #isReadOnly: boolean;
  /** The open files by level of tiles. */
  readonly #levels = new Map<number, number>();
  readonly #positions: number;

  /** Creates the folder if `isReadOnly` is false. Throws if it cannot be opened. */
  constructor(folder: string, isReadOnly: boolean) {
    this.#folder = folder;
    this.#isReadOnly = isReadOnly;
    if (!isReadOnly) mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#positions = this.#open('positions');
    for (let level = 0; level === 0 || existsSync(join(folder, `hashes-${level}`)); level += 1) this.#level(level);
  }

  /** Number of leaves that are in the files. */
  get size(): number {
    return Math.min(
      Math.floor(fstatSync(this.#level(0)).size / HASH_BYTES),
      Math.floor(fstatSync(this.#positions).size / POSITION_BYTES),
    );
  }

  /** Hashes of one level of tiles. Throws if they are not there. */
  hashes(level: number, first: number, count: number): Buffer {
    return readFully(this.#level(level), first * HASH_BYTES, count * HASH_BYTES);
  }

  position(leaf: number): Position {
    return readFully(this.#positions, leaf * POSITION_BYTES, POSITION_BYTES)
      .readBigUInt64BE()
      .toString();
  }

  /** Writes hashes of one level of tiles, from `first` on. */
  write(level: number, first: number, hashes: readonly Buffer[]): void {
    if (hashes.length > 0) writeFully(this.#level(level), Buffer.concat(hashes), first * HASH_BYTES);
  }

  writePositions(first: number, positions: readonly Position[]): void {
    writeFully(this.#positions, bytesOf(positions), first * POSITION_BYTES);
  }

  /** Writes positions where the files have others: those of the engine that the log was on before. */
  correctPositions(first: number, positions: readonly Position[]): void {
    const stored = readFully(this.#positions, first * POSITION_BYTES, positions.length * POSITION_BYTES);
    if (!stored.equals(bytesOf(positions))) this.writePositions(first, positions);
  }

  /** Removes all leaves from `size` on, and the hashes above them. */
  truncate(size: number): void {
    for (const [level, file] of this.#levels) ftruncateSync(file, Math.floor(size / TILE_WIDTH ** level) * HASH_BYTES);
    ftruncateSync(this.#positions, size * POSITION_BYTES);
  }

  /** Number of leaves up to, and including, a position, among the first `size`. */
  sizeAt(position: Position, size: number): number {
    let [low, high] = [0, size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (comparePositions(this.position(middle), position) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Complete nodes: those within tiles are computed from the hashes below them. */
  readonly nodes: Nodes = (level, index) => {
    const tileLevel = Math.floor(level / LEVELS);
    const count = 2 ** (level % LEVELS);
    return fold(this.hashes(tileLevel, index * count, count));
  };

  close(): void {
    for (const file of [...this.#levels.values(), this.#positions]) closeSync(file);
  }

  #level(level: number): number {
    const file = this.#levels.get(level) ?? this.#open(`hashes-${level}`);
    this.#levels.set(level, file);
    return file;
  }

  #open(name: string): number {
    const file = join(this.#folder, name);
    if (this.#isReadOnly) return openSync(file, 'r');
    // Creates the file, which 'r+' does not, and does not truncate it, which 'w+' does.
    closeSync(openSync(file, 'a', 0o600));
    return openSync(file, 'r+');
  }
}

/** The root of a complete subtree, from its lowest hashes; their number is a power of two. */
function fold(hashes: Buffer): Buffer {
  const tree = new GrowingTree();
  for (let at = 0; at < hashes.length; at += HASH_BYTES) tree.push(hashes.subarray(at, at + HASH_BYTES));
  return tree.root();
}

function bytesOf(positions: readonly Position[]): Buffer {
  const bytes = Buffer.alloc(positions.length * POSITION_BYTES);
  for (const [at, position] of positions.entries()) bytes.writeBigUInt64BE(BigInt(position), at * POSITION_BYTES);
  return bytes;
}

function readFully(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let read = 0; read < length; ) {
    const more = readSync(file, bytes, read, length - read, from + read);
    if (more === 0) throw new RangeError('The tree has no such hashes');
    read += more;
  }
  return bytes;
}

function writeFully(file: number, bytes: Buffer, at: number): void {
  for (let written = 0; written < bytes.length; )
    written += writeSync(file, bytes, written, bytes.length - written, at + written);
}

/** Paths of tiles (C2SP tlog-tiles): 256 hashes of one level in eight, or 256 entries. A partial tile is that of an earlier size. */

export const TILE_WIDTH = 256;

export interface Tile {
  /** Of the tile, so its hashes have the level 8 × this; `entries`: the entries of leaves. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256. */
  readonly width: number;
}

/** `0/x001/234`, `entries/000.p/17`, … Undefined if it is no tile's path. */
export function parseTilePath(path: string): Tile | undefined {
  const parts = /^(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (!parts) return undefined;
  const [, level = '', digits = '', partial] = parts;
  // Without superfluous groups: each tile has one path.
  if (/^x000\//.test(digits)) return undefined;
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (partial !== undefined && width >= TILE_WIDTH) return undefined;
  return { level: level === 'entries' ? level : Number(level), index: Number(digits.replace(/[x/]/g, '')), width };
}

export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `${level}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Whether a tree of this size has the tile, now or in one of its earlier sizes. */
export function hasTile({ level, index, width }: Tile, size: number): boolean {
  const hashes = level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
  return index * TILE_WIDTH + width <= hashes;
}

/** A bundle of entries: each with its length before it, two bytes, big-endian. */
export function entryBundle(entries: readonly string[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      const bytes = Buffer.from(entry);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return [length, bytes];
    }),
  );
}

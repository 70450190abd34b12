/** The ids of all events of a log: finds one that comes twice. A UUID takes 16 bytes in a table of which at most half is used. */
import { randomInt } from 'node:crypto';

/** Of a UUID. */
const BYTES = 16;

/** Slots of the empty table, a power of two. */
const FIRST_SLOTS = 1 << 12;

/** The value of each hexadecimal digit by its character; lower case alone, because another text is another id. */
const NOT_HEX = 255;
const HEX = new Uint8Array(128).fill(NOT_HEX);
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX[digit.charCodeAt(0)] = value;

const HYPHEN = '-'.charCodeAt(0);

/** Where the hyphens of a UUID are. */
const isHyphen = (at: number): boolean => at === 8 || at === 13 || at === 18 || at === 23;

/** Odd numbers that nobody knows before, so that no choice of ids makes the table slow. */
const odd = (): number => randomInt(2 ** 31) * 2 + 1;

const emptyTable = (slots: number): DataView => new DataView(new ArrayBuffer(slots * BYTES));

export class IdSet {
  /** A slot of zeros is empty. */
  #table = emptyTable(FIRST_SLOTS);
  #used = 0;
  /** All that are no UUIDs in lower case, and the one of zeros. */
  readonly #others = new Set<string>();
  readonly #factors = [odd(), odd(), odd(), odd()] as const;
  /** The bytes of the id that is added. */
  readonly #id = emptyTable(1);

  /** False if it was there already. */
  add(id: string): boolean {
    if (!this.#parse(id)) {
      const { size } = this.#others;
      return this.#others.add(id).size > size;
    }
    if (2 * this.#used * BYTES >= this.#table.byteLength) this.#grow();
    const isNew = this.#place(this.#id, 0);
    if (isNew) this.#used += 1;
    return isNew;
  }

  /** Whether it is a UUID that the table can hold; its bytes are then in #id. */
  #parse(id: string): boolean {
    if (id.length !== 36) return false;
    let digits = 0;
    let word = 0;
    let all = 0;
    for (let at = 0; at < 36; at += 1) {
      const code = id.charCodeAt(at);
      if (isHyphen(at)) {
        if (code !== HYPHEN) return false;
        continue;
      }
      const value = HEX[code] ?? NOT_HEX;
      if (value === NOT_HEX) return false;
      word = (word << 4) | value;
      digits += 1;
      if (digits % 8 !== 0) continue;
      this.#id.setUint32(digits / 2 - 4, word);
      all |= word;
      word = 0;
    }
    return all !== 0;
  }

  /** False if the sixteen bytes from `at` on are in the table already. */
  #place(from: DataView, at: number): boolean {
    const table = this.#table;
    const mask = table.byteLength / BYTES - 1;
    const a = from.getUint32(at);
    const b = from.getUint32(at + 4);
    const c = from.getUint32(at + 8);
    const d = from.getUint32(at + 12);
    const [fa, fb, fc, fd] = this.#factors;
    const mixed = Math.imul(a, fa) ^ Math.imul(b, fb) ^ Math.imul(c, fc) ^ Math.imul(d, fd);
    for (let slot = (mixed ^ (mixed >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const to = slot * BYTES;
      const x = table.getUint32(to);
      const y = table.getUint32(to + 4);
      const z = table.getUint32(to + 8);
      const w = table.getUint32(to + 12);
      if (x === a && y === b && z === c && w === d) return false;
      if ((x | y | z | w) !== 0) continue;
      table.setUint32(to, a);
      table.setUint32(to + 4, b);
      table.setUint32(to + 8, c);
      table.setUint32(to + 12, d);
      return true;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#table = emptyTable((2 * old.byteLength) / BYTES);
    for (let at = 0; at < old.byteLength; at += BYTES) {
      const isUsed = (old.getUint32(at) | old.getUint32(at + 4) | old.getUint32(at + 8) | old.getUint32(at + 12)) !== 0;
      if (isUsed) this.#place(old, at);
    }
  }
}

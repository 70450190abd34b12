/** The ids of all events of a log: finds one that comes twice. A UUID takes 16 bytes in a table of which at most half is used. */
import { randomInt } from 'node:crypto';

const WORDS = 4;

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

export class IdSet {
  /** Four words for each slot; a slot of zeros is empty. */
  #table = new Uint32Array(FIRST_SLOTS * WORDS);
  #used = 0;
  /** All that are no UUIDs in lower case, and the one of zeros. */
  readonly #others = new Set<string>();
  readonly #factors = [odd(), odd(), odd(), odd()] as const;
  /** The words of the id that is added. */
  readonly #words = new Uint32Array(WORDS);

  /** False if it was there already. */
  add(id: string): boolean {
    if (!this.#parse(id)) {
      const { size } = this.#others;
      return this.#others.add(id).size > size;
    }
    if (2 * this.#used >= this.#table.length / WORDS) this.#grow();
    const isNew = this.#place(this.#words, 0);
    if (isNew) this.#used += 1;
    return isNew;
  }

  /** Whether it is a UUID that the table can hold; its words are then in #words. */
  #parse(id: string): boolean {
    if (id.length !== 36) return false;
    const words = this.#words;
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
      if (digits % 8 === 0) {
        words[digits / 8 - 1] = word;
        all |= word;
        word = 0;
      }
    }
    return all !== 0;
  }

  /** False if the four words from `at` on are in the table already. */
  #place(words: Uint32Array, at: number): boolean {
    const table = this.#table;
    const mask = table.length / WORDS - 1;
    const [a, b, c, d] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
    const [fa, fb, fc, fd] = this.#factors;
    const mixed = Math.imul(a, fa) ^ Math.imul(b, fb) ^ Math.imul(c, fc) ^ Math.imul(d, fd);
    for (let slot = (mixed ^ (mixed >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const from = slot * WORDS;
      const [x, y, z, w] = [table[from]!, table[from + 1]!, table[from + 2]!, table[from + 3]!];
      if (x === a && y === b && z === c && w === d) return false;
      if ((x | y | z | w) !== 0) continue;
      table[from] = a;
      table[from + 1] = b;
      table[from + 2] = c;
      table[from + 3] = d;
      return true;
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += WORDS)
      if ((old[at]! | old[at + 1]! | old[at + 2]! | old[at + 3]!) !== 0) this.#place(old, at);
  }
}

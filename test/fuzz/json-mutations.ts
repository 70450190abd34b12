/** A JSON value, changed in one place or a few: other types, lengths, ids, characters and numbers, keys twice or none. */
import type { Random } from '../crash/random.js';

/** Text that stands for a value as it is, JSON or not. */
class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object as its entries, so that a key can come twice and `__proto__` is a key like any other. */
class Fields {
  entries: [key: string, value: Node][];

  constructor(entries: [string, Node][]) {
    this.entries = entries;
  }
}

type Node = Raw | Fields | Node[] | string | number | boolean | null;

/** Bounds of the protocol's fields, each with its neighbours: an id 64, a ticker 100, a name 200, a condition 500, a password 1,024. */
const LENGTHS = [
  0, 1, 2, 63, 64, 65, 99, 100, 101, 199, 200, 201, 499, 500, 501, 1_023, 1_024, 1_025, 4_096, 65_400,
] as const;

/** What is a character for one reader and none or several for another. As JSON text: half pairs and controls are escaped. */
const CHARACTERS = [
  'a',
  'é',
  'e\u0301',
  '📈',
  '\\ud800',
  '\\udfff',
  '\\ud83d',
  '\\u0000',
  '\\u0007',
  '\u007f',
  '\u200b',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\ufdfa',
  '\u2028',
  '\\"',
  '\\\\',
  '\\/',
  'İ',
  'ß',
  'а',
  '\u0344',
  '👨‍👩‍👧',
] as const;

const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1.5',
  '5e-324',
  '1e308',
  '1e400',
  '-1e400',
  '9007199254740991',
  '9007199254740992',
  '18446744073709551616',
  '2147483648',
  '-2147483649',
  '4294967296',
  '1e3',
  '01',
  '+1',
  '0x10',
  '.5',
  'NaN',
  'Infinity',
  '"5"',
  '" 5"',
  '""',
] as const;

const OTHERS = [
  'null',
  'true',
  'false',
  '{}',
  '[]',
  '[[]]',
  '[null]',
  '""',
  '0',
  '"constructor"',
  '"toString"',
  '"__proto__"',
  '{"__proto__":{"x":1}}',
  '{"toJSON":1}',
  'undefined',
  '',
] as const;

const KEYS = [
  '__proto__',
  'constructor',
  'toJSON',
  'id',
  'type',
  'payload',
  'page_id',
  'alarm_id',
  'name',
  'seq',
  '',
  '\\u0000',
  'hasOwnProperty',
  'length',
] as const;

/** Depths of nesting: what a person writes, what a parser takes, what overflows a stack that recurses. */
const DEPTHS = [3, 100, 2_000, 15_000] as const;

/** The value as text with 1 to 3 changes; `ids` are ids of other things that exist. */
export function mutatedJson(value: unknown, random: Random, ids: readonly string[]): string {
  const root = { node: treeOf(value) };
  const changes = random.between(1, 3);
  for (let n = 0; n < changes; n++) change(root, random, ids);
  return textOf(root.node);
}

function treeOf(value: unknown): Node {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value === 'object' && value !== null)
    return new Fields(Object.entries(value).map(([key, inner]) => [key, treeOf(inner)]));
  return value as Node;
}

function textOf(node: Node): string {
  if (node instanceof Raw) return node.text;
  if (node instanceof Fields) return `{${node.entries.map(([key, value]) => `"${key}":${textOf(value)}`).join(',')}}`;
  return Array.isArray(node) ? `[${node.map(textOf).join(',')}]` : JSON.stringify(node);
}

interface Slot {
  readonly get: () => Node;
  readonly set: (node: Node) => void;
}

function change(root: { node: Node }, random: Random, ids: readonly string[]): void {
  const slots: Slot[] = [];
  const objects: Fields[] = [];
  const walk = (slot: Slot): void => {
    slots.push(slot);
    const node = slot.get();
    if (node instanceof Fields) {
      objects.push(node);
      for (const entry of node.entries) walk({ get: () => entry[1], set: (value) => (entry[1] = value) });
    } else if (Array.isArray(node))
      node.forEach((_item, at) => walk({ get: () => node[at]!, set: (value) => (node[at] = value) }));
  };
  walk({ get: () => root.node, set: (node) => (root.node = node) });
  const object = random.among(objects);
  if (object && random.chance(0.3)) return changeKeys(object, random, ids);
  // Rarely the root itself: what comes of that is refused by the first check.
  const slot = random.among(slots.length > 1 && random.chance(0.9) ? slots.slice(1) : slots)!;
  slot.set(new Raw(replacement(slot.get(), random, ids)));
}

function changeKeys(object: Fields, random: Random, ids: readonly string[]): void {
  const at = random.between(0, Math.max(0, object.entries.length - 1));
  const entry = object.entries[at];
  const kind = random.between(0, 3);
  if (kind === 0 || !entry) object.entries.push([random.among(KEYS)!, new Raw(replacement('', random, ids))]);
  else if (kind === 1) object.entries.splice(at, 1);
  else if (kind === 2) object.entries.push([entry[0], new Raw(replacement(entry[1], random, ids))]);
  else object.entries[at] = [random.among(KEYS)!, entry[1]];
}

/** Mostly a value of the same type at the edge of what is allowed, since another type is refused at once. */
function replacement(node: Node, random: Random, ids: readonly string[]): string {
  if (random.chance(0.2)) return random.among(OTHERS)!;
  if (random.chance(0.02)) return nested(random);
  if (typeof node === 'number') return random.among(NUMBERS)!;
  if (typeof node === 'boolean') return random.among(['true', 'false', '1', '"true"', 'null'])!;
  if (random.chance(0.3)) return JSON.stringify(changedId(random.among(ids) ?? '', random));
  return `"${textOfLength(random)}"`;
}

function changedId(id: string, random: Random): string {
  const kind = random.between(0, 4);
  if (kind === 0) return id.toUpperCase();
  if (kind === 1) return id.slice(0, -1);
  if (kind === 2) return `${id} `;
  return id;
}

function textOfLength(random: Random): string {
  const length = random.among(LENGTHS)!;
  const character = random.among(CHARACTERS)!;
  // Long ones of one character: what grows when it is normalised or escaped grows most.
  const filler = random.chance(0.5) ? character : 'x';
  return filler.repeat(Math.max(0, length - 1)) + (length > 0 ? character : '');
}

function nested(random: Random): string {
  const depth = random.among(DEPTHS)!;
  return random.chance(0.5)
    ? `${'['.repeat(depth)}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

/** Bytes of the text with a piece cut out, doubled, or put in that is no UTF-8. */
export function mutatedBytes(text: string, random: Random): Buffer {
  const bytes = Buffer.from(text);
  const at = random.between(0, bytes.length);
  const length = random.between(0, Math.min(16, bytes.length - at));
  switch (random.between(0, 5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), random.among(NOT_UTF8)!, bytes.subarray(at)]);
    case 4:
      return Buffer.concat([Buffer.from('\ufeff'), bytes]);
    default: {
      const flipped = Buffer.from(bytes);
      if (flipped.length > 0) flipped[Math.min(at, flipped.length - 1)]! ^= 1 << random.between(0, 7);
      return flipped;
    }
  }
}

/** A lone continuation, Latin-1, an overlong slash, a surrogate in UTF-8, beyond U+10FFFF, half of a character. */
const NOT_UTF8 = [
  [0x80],
  [0xe4, 0x73],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xf0, 0x9f, 0x93],
].map((bytes) => Buffer.from(bytes));

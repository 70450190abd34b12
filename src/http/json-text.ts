/** Strict parsing of JSON bodies: input that two parsers could interpret differently is refused. */
import { jsonError } from '../net/json-errors.js';
import { textOf } from '../net/utf8.js';

export type ParsedJson = { readonly value: unknown } | { readonly wrong: string };

/** The value; or what is wrong, as a sentence without the text itself, which may be a password. */
export function parseJson(bytes: Buffer): ParsedJson {
  const text = textOf(bytes);
  if (text === undefined) return { wrong: 'The body is not UTF-8: encode it as UTF-8' };
  if (text.startsWith('\uFEFF')) return { wrong: 'The body begins with a byte order mark (U+FEFF): remove it' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { wrong: `The body is not JSON: ${jsonError(error)}` };
  }
  const name = repeatedKey(text);
  return name === undefined
    ? { value }
    : { wrong: `The body contains the name ${JSON.stringify(name.slice(0, 64))} twice in one object: send it once` };
}

/** A name that occurs twice in an object of this valid JSON: JSON.parse takes the last value, other parsers the first. */
function repeatedKey(text: string): string | undefined {
  /** Names so far in each open object; undefined for an array. */
  const open: (Set<string> | undefined)[] = [];
  let last = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '"') {
      const start = at;
      for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
      last = text.slice(start, at + 1);
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      const names = open.at(-1)!;
      const name = JSON.parse(last) as string;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

/** Detects names that look alike: a user who shares a page with `раul` (its first two letters are Cyrillic) may mean `paul`. */

/** Letters and digits that look like one of a to z in the usual typefaces: Cyrillic, Greek and Latin. */
const letters: Readonly<Record<string, string>> = {
  ...drawnAs('a', 'аАαΑɑ'),
  ...drawnAs('b', 'ВΒ'),
  ...drawnAs('c', 'сСϲ'),
  ...drawnAs('e', 'еЕΕ'),
  ...drawnAs('g', 'ɡ'),
  ...drawnAs('h', 'һҺНΗ'),
  ...drawnAs('i', 'іιı'),
  ...drawnAs('j', 'јЈ'),
  ...drawnAs('k', 'кКκΚ'),
  ...drawnAs('l', 'I1|ІΙӏӀ'),
  ...drawnAs('m', 'мМΜ'),
  ...drawnAs('n', 'Ν'),
  ...drawnAs('o', '0оОοΟ'),
  ...drawnAs('p', 'рРρΡ'),
  ...drawnAs('q', 'ԛԚ'),
  ...drawnAs('s', 'ѕЅ'),
  ...drawnAs('t', 'тТΤ'),
  ...drawnAs('u', 'υ'),
  ...drawnAs('v', 'νѵѴ'),
  ...drawnAs('w', 'ԝԜ'),
  ...drawnAs('x', 'хХχΧ'),
  ...drawnAs('y', 'уУγΥ'),
  ...drawnAs('z', 'Ζ'),
};

function drawnAs(letter: string, others: string): Record<string, string> {
  return Object.fromEntries(Array.from(others, (other) => [other, letter]));
}

/** A key that is equal for names that look alike. The length of `name` is bounded by its schema. */
export const drawnName = (name: string): string =>
  Array.from(name.normalize('NFKD'), (letter) => letters[letter] ?? letter.toLowerCase())
    .join('')
    .replaceAll('rn', 'm');

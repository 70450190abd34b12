/** Detects names that look alike: a user who shares a page with `раul` (its first two letters are Cyrillic) may mean `paul`. */

/** Letters and digits that look like one of a to z in the usual typefaces: Cyrillic, Greek and Latin. */
const letters: Readonly<Record<string, string>> = {
  ...lettersLike('a', 'аАαΑɑ'),
  ...lettersLike('b', 'ВΒ'),
  ...lettersLike('c', 'сСϲ'),
  ...lettersLike('e', 'еЕΕ'),
  ...lettersLike('g', 'ɡ'),
  ...lettersLike('h', 'һҺНΗ'),
  ...lettersLike('i', 'іιı'),
  ...lettersLike('j', 'јЈ'),
  ...lettersLike('k', 'кКκΚ'),
  ...lettersLike('l', 'I1|ІΙӏӀ'),
  ...lettersLike('m', 'мМΜ'),
  ...lettersLike('n', 'Ν'),
  ...lettersLike('o', '0оОοΟ'),
  ...lettersLike('p', 'рРρΡ'),
  ...lettersLike('q', 'ԛԚ'),
  ...lettersLike('s', 'ѕЅ'),
  ...lettersLike('t', 'тТΤ'),
  ...lettersLike('u', 'υ'),
  ...lettersLike('v', 'νѵѴ'),
  ...lettersLike('w', 'ԝԜ'),
  ...lettersLike('x', 'хХχΧ'),
  ...lettersLike('y', 'уУγΥ'),
  ...lettersLike('z', 'Ζ'),
};

function lettersLike(letter: string, others: string): Record<string, string> {
  return Object.fromEntries(Array.from(others, (other) => [other, letter]));
}

/** A key that is equal for names that look alike. The length of `name` is bounded by its schema. */
export const lookAlikeKey = (name: string): string =>
  Array.from(name.normalize('NFKD'), (letter) => letters[letter] ?? letter.toLowerCase())
    .join('')
    .replaceAll('rn', 'm');

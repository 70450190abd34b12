import fc from 'fast-check';
import t from 'tap';
import { z } from 'zod';
import { nameKey, nameStream, Username } from '../../src/auth/usernames.js';

const sentences = (name: string): string[] =>
  Username.safeParse(name).error?.issues.map(({ message }) => message) ?? [];

t.test('AUTH-1 names that differ only in case or Unicode form are one name', async (t) => {
  const same: [string, ...string[]][] = [
    ['john', 'John', 'JOHN', 'ｊｏｈｎ'],
    ['rené', 'rene\u0301', 'RENÉ', 'RENE\u0301'],
    ['straße', 'STRASSE', 'STRAẞE', 'Strasse'],
    ['οδος', 'ΟΔΟΣ', 'οδοσ'],
    ['ﬁsh', 'FISH'],
    ['İ', 'i\u0307'],
    ['a b', 'A\u00a0b'],
  ];
  for (const [name, ...others] of same)
    for (const other of others) t.equal(nameStream(other), nameStream(name), `${other} is ${name}`);
});

t.test('AUTH-1 names that differ otherwise are different names', async (t) => {
  const names = ['john', 'jon', 'john ', 'jöhn', 'john1', 'a b', 'ab', 'раul', 'paul'];
  t.equal(new Set(names.map(nameStream)).size, names.length);
});

t.test('AUTH-1 a key is its own key, and the same in whichever form its name comes', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // Case is changed in decomposed text: in any other, ͅ (U+0345) changes its place among other accents when it becomes a letter.
      const decomposed = text.normalize('NFKD');
      const forms = [
        decomposed.toUpperCase(),
        decomposed.toLowerCase(),
        ...['NFC', 'NFD', 'NFKC', 'NFKD'].map((form) => text.normalize(form)),
      ];
      const key = nameKey(text);
      return [key, ...forms].every((form) => nameKey(form) === key);
    }),
  );
  t.match(nameStream('john'), /^username-[0-9a-f]{64}$/);
});

t.test('AUTH-2 a name is shown as it was given, composed', async (t) => {
  for (const name of ['john', 'J', 'Jean-Luc O’Brien', '李小龙', 'محمد', '🦊', 'a'.repeat(64), '🦊'.repeat(64)])
    t.equal(Username.parse(name), name);
  t.equal(Username.parse('rene\u0301'), 'ren\u00e9');
  t.equal(Username.parse('e\u0301'.repeat(64)), '\u00e9'.repeat(64), 'characters are counted when composed');
});

t.test('AUTH-2 what would have to be altered is refused with one sentence that says why', async (t) => {
  t.same(sentences(''), ['must not be empty']);
  for (const long of ['a'.repeat(65), '🦊'.repeat(65)]) t.same(sentences(long), ['must have at most 64 characters']);
  for (const name of [' john', 'john ', '\u00a0john', '\u3000john', '   '])
    t.same(sentences(name), ['must not begin or end with white space']);
  for (const unseen of [
    '\0',
    '\n',
    '\u007f',
    '\u200b',
    '\u202e',
    '\u00ad',
    '\u3164',
    '\ue000',
    '\u0378',
    '\ud800',
    '\u2028',
  ])
    t.same(
      sentences(`jo${unseen}hn`),
      ['must not contain control characters, invisible ones or such as Unicode does not define'],
      `U+${unseen.charCodeAt(0).toString(16)}`,
    );
  t.ok(Username.safeParse(17).error);
});

t.test('AUTH-2 the bounds are in the API document', async (t) => {
  t.match(z.toJSONSchema(Username), { type: 'string', minLength: 1, maxLength: 64 });
});

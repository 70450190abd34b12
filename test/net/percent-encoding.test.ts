/** Percent-encoded text: what is UTF-8 comes back as it was, what is not is refused and never becomes U+FFFD. */
import fc from 'fast-check';
import t from 'tap';
import { formFields, percentDecoded, repeatedName } from '../../src/net/percent-encoding.js';

t.test('HTTP-7 bytes that are not UTF-8 are refused, in every form of percent-encoding', async (t) => {
  for (const encoded of [
    '%F6',
    '%f6',
    'p%E4ss',
    '%C3',
    '%C3%28',
    '%ff%fe',
    '%ED%A0%80',
    '%C0%AF',
    '%F4%90%80%80',
    'caf%c3x',
    '%C3é',
  ])
    t.equal(percentDecoded(encoded), undefined, encoded);
});

t.test('HTTP-7 a % that begins no byte stands for itself, as in the WHATWG URL standard', async (t) => {
  for (const [encoded, text] of [
    ['100%', '100%'],
    ['%zz', '%zz'],
    ['%2', '%2'],
    ['a%%41', 'a%A'],
    ['%EF%BF%BD', '\uFFFD'],
    ['%00', '\0'],
    ['+', '+'],
  ] as const)
    t.equal(percentDecoded(encoded), text, encoded);
});

t.test('HTTP-7 a form says what the WHATWG parser says of it, wherever it is UTF-8', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))), (fields) => {
      const encoded = new URLSearchParams(fields).toString();
      t.strictSame(formFields(encoded), [...new URLSearchParams(encoded)]);
    }),
    { verbose: true, numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1 }), (bytes) => {
      const encoded = bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
      const decoded = percentDecoded(encoded);
      if (decoded === undefined)
        t.throws(() => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)));
      else t.strictSame([...Buffer.from(decoded)], bytes);
    }),
    { verbose: true, numRuns: 300 },
  );
  t.equal(formFields('a=%F6'), undefined);
  t.equal(formFields('%F6=a'), undefined);
});

t.test('HTTP-8 the first name that is there twice is found', async (t) => {
  t.equal(
    repeatedName([
      ['a', '1'],
      ['b', '2'],
      ['a', '1'],
    ]),
    'a',
  );
  t.equal(
    repeatedName([
      ['a', '1'],
      ['A', '2'],
    ]),
    undefined,
  );
  t.equal(repeatedName([]), undefined);
});

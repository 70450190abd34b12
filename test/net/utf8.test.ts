/** Outgoing text: everything beyond ASCII must be passed as bytes, independent of the binary. */
import fc from 'fast-check';
import t from 'tap';
import { utf8 } from '../../src/net/utf8.js';

t.test('WIRE-6 ASCII goes out as the string it is, all else as its UTF-8', async (t) => {
  t.equal(utf8('{"ticker":"EUR/USD"}'), '{"ticker":"EUR/USD"}');
  t.equal(utf8(''), '');
  for (const text of ['é', 'aé', '\u0080', '\u00ff', '€', '📈'])
    t.same(utf8(text), Buffer.from(text), JSON.stringify(text));
});

t.test('WIRE-6 of any text a string is ASCII, and bytes are the text', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const sent = utf8(text);
      return typeof sent === 'string'
        ? sent === text && /^[\0-\x7f]*$/.test(sent)
        : Buffer.from(sent).toString() === text;
    }),
    { verbose: true },
  );
  t.pass('all of them');
});

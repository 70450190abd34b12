/** Every code that a client may meet is in docs/protocol.md, with its status, and the document names no other. */
import t from 'tap';
import { refusalCodes } from '../../src/domain/refusals.js';
import { httpCodes, refusalStatus } from '../../src/http/problem-codes.js';
import { closeCodes } from '../../src/protocol/close-codes.js';
import { socketErrorCodes } from '../../src/protocol/down-messages.js';
import { tableUnder } from './protocol-document.js';

const codesUnder = (heading: string): string[] =>
  tableUnder(heading)
    .map(({ code }) => code!)
    .sort();
const statusesUnder = (heading: string): Record<string, number> =>
  Object.fromEntries(tableUnder(heading).map(({ code, status }) => [code, Number(status)]));

t.test('WIRE-3 every error code is documented, and every documented one exists', async (t) => {
  t.same(codesUnder('### Refusals: of the socket and of HTTP'), Object.keys(refusalCodes).sort(), 'refusals');
  t.same(codesUnder('### Of the socket only'), Object.keys(socketErrorCodes).sort(), 'of the socket');
  t.same(codesUnder('### Of HTTP only'), Object.keys(httpCodes).sort(), 'of HTTP');
});

t.test('WIRE-3 the statuses in the document are those that are sent', async (t) => {
  t.same(statusesUnder('### Refusals: of the socket and of HTTP'), refusalStatus);
  t.same(statusesUnder('### Of HTTP only'), httpCodes);
});

t.test('WIRE-4 every close code is documented, and every documented one exists', async (t) => {
  const documented = Object.fromEntries(tableUnder('## Close codes').map(({ code, name }) => [name, Number(code)]));
  t.same(documented, Object.fromEntries(Object.entries(closeCodes).map(([name, { code }]) => [name, code])));
});

t.test(
  'WIRE-4 close codes are such as every client library passes on, each its own, with a reason that fits a frame',
  async (t) => {
    const codes = Object.values(closeCodes);
    for (const { code, reason } of codes) {
      // Qt's QWebSocket takes 1012 to 1014 for a protocol error.
      t.ok(code === 1001 || (code >= 4000 && code <= 4999), `${code}`);
      t.ok(
        Buffer.byteLength(reason) <= 123,
        `RFC 6455: a control frame has at most 125 bytes, two of them the code: ${reason}`,
      );
    }
    t.equal(new Set(codes.map(({ code }) => code)).size, codes.length);
  },
);

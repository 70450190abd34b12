import t from 'tap';
import { createClientAddress } from '../../src/wire/trusted-proxies.js';

/** A request with these lines of X-Forwarded-For, and another header between. */
const forwarded = (...lines: string[]) => ({
  forEach(line: (name: string, value: string) => void) {
    for (const value of lines) {
      line('x-forwarded-for', value);
      line('accept', '*/*');
    }
  },
});

t.test('AUTH-16 X-Forwarded-For is believed from trusted proxies only', async (t) => {
  const client = createClientAddress(['10.0.0.0/8', '::1']);
  t.equal(client('203.0.113.5', forwarded('198.51.100.7')), '203.0.113.5', 'anybody can write the header');
  t.equal(client('10.1.2.3', forwarded('198.51.100.7')), '198.51.100.7');
  t.equal(client('::1', forwarded('198.51.100.7')), '198.51.100.7');
  t.equal(client('10.1.2.3', forwarded()), '10.1.2.3');
  t.equal(client('10.1.2.3', forwarded('')), '10.1.2.3');
  t.equal(createClientAddress([])('10.1.2.3', forwarded('198.51.100.7')), '10.1.2.3', 'where none is trusted, from nobody');
});

t.test('AUTH-16 of a chain the last address counts that is no trusted proxy: what the client wrote before it does not', async (t) => {
  const client = createClientAddress(['10.0.0.0/8']);
  t.equal(client('10.0.0.1', forwarded('1.1.1.1, 198.51.100.7, 10.0.0.2')), '198.51.100.7');
  t.equal(client('10.0.0.1', forwarded('198.51.100.7, not an address')), '10.0.0.1');
  t.equal(client('10.0.0.1', forwarded('10.0.0.2, 10.0.0.3')), '10.0.0.1');
});

t.test('AUTH-16 a line that a proxy adds behind the client\'s own counts', async (t) => {
  t.equal(createClientAddress(['10.0.0.1'])('10.0.0.1', forwarded('1.1.1.1', '198.51.100.7')), '198.51.100.7');
});

t.test('AUTH-16 what is neither an address nor a network is refused with a sentence', async (t) => {
  for (const entry of ['proxy.example', '10.0.0.0/33', '10.0.0.0/x', '', '::/129']) t.throws(() => createClientAddress([entry]), /neither an address nor a network/);
});

/** TRUSTED_PROXIES: what is no address and no network is refused; a slip must not trust everybody. */
import t from 'tap';
import { createClientAddress } from '../../src/net/trusted-proxies.js';

/** The client that a request from `peer` is taken for, if it says it forwards for 203.0.113.9. */
const clientOf = (trusted: string, peer: string): string =>
  createClientAddress([trusted])(peer, {
    forEach: (line) => line('x-forwarded-for', '203.0.113.9'),
    getHeader: () => '203.0.113.9',
  });

t.test('HTTP-16 RUN-1 what is neither an address nor a network is refused with a sentence', async (t) => {
  const wrong = [
    '',
    ' ',
    '10.9.9.9/',
    '10.9.9.9/ ',
    '10.9.9.9/33',
    '10.9.9.9/08',
    '10.9.9.9/0x8',
    '10.9.9.9/1e1',
    '10.9.9.9/-1',
    '10.9.9.9/8.5',
    '10.9.9.9/8/8',
    '/8',
    '10.9.9',
    '010.1.1.1',
    '10.0.0.256',
    'proxy',
    '10.0.0.1:80',
    'fd00::/129',
    'fd00::/',
    'fd00::/+8',
    'fe80::1%eth0',
    '[::1]',
    '::1/128/',
  ];
  for (const entry of wrong)
    t.throws(
      () => createClientAddress([entry]),
      /is neither an address nor a network: write 10\.0\.0\.1/,
      JSON.stringify(entry),
    );
});

t.test('HTTP-16 AUTH-16 an address trusts itself alone, a network its members, in both families', async (t) => {
  const cases: [trusted: string, peer: string, believed: boolean][] = [
    ['10.9.9.9', '10.9.9.9', true],
    ['10.9.9.9', '10.9.9.8', false],
    ['10.0.0.0/8', '10.9.9.8', true],
    ['10.0.0.0/8', '11.9.9.8', false],
    ['10.9.9.9/32', '10.9.9.8', false],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['::1', '::1', true],
    ['::1', '::2', false],
    ['10.9.9.9', '::ffff:10.9.9.9', true],
  ];
  for (const [trusted, peer, believed] of cases)
    t.equal(
      clientOf(trusted, peer),
      believed ? '203.0.113.9' : peer,
      `${trusted} ${believed ? 'is' : 'is not'} ${peer}`,
    );
});

t.test(
  'AUTH-23 an X-Forwarded-For from an address that is not trusted is told once, and of so many addresses at most',
  async (t) => {
    const told: string[] = [];
    const clientOf = createClientAddress(['10.0.0.0/8'], (peer) => told.push(peer));
    const sending = (value: string) => ({
      forEach: (line: (name: string, value: string) => void) => value && line('x-forwarded-for', value),
      getHeader: () => value,
    });
    for (let at = 0; at < 3; at += 1) {
      t.equal(clientOf('192.0.2.1', sending('203.0.113.9')), '192.0.2.1');
      t.equal(clientOf('10.0.0.1', sending('203.0.113.9')), '203.0.113.9');
      clientOf('192.0.2.2', sending(''));
    }
    t.same(told, ['192.0.2.1']);
    for (let at = 0; at < 100; at += 1) clientOf(`198.51.100.${at}`, sending('203.0.113.9'));
    t.equal(told.length, 10);
  },
);

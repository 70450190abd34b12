import t from 'tap';
import { clientOf } from '../../src/auth/client-address.js';
import { OpenSockets } from '../../src/gateway/socket-limits.js';

const limits = { socketsPerUser: 3, socketsPerAddress: 2, socketsJoining: Infinity };

t.test('LIM-2 an address has a limit of sockets, for all users together; a /64 is one address', async (t) => {
  for (const addresses of [
    ['192.0.2.1', '192.0.2.1', '192.0.2.2'],
    ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.2'],
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff::9', '2001:db8:0:2::1'],
  ] as const) {
    const [one, same, another] = addresses.map(clientOf) as [string, string, string];
    const sockets = new OpenSockets(limits);
    sockets.opened('olga', one);
    t.equal(sockets.refusal('vera', same), undefined);
    sockets.opened('vera', same);
    t.match(sockets.refusal('steve', one), /^Your address already has 2 open sockets \(LIMIT_SOCKETS_PER_ADDRESS\)/);
    t.match(sockets.refusal('steve', same), /address/);
    t.equal(sockets.refusal('steve', another), undefined);
    sockets.closed('olga', one);
    t.equal(sockets.refusal('steve', same), undefined, 'one that closes makes room');
  }
});

t.test('LIM-2 loopback is an address like any other', async (t) => {
  for (const own of ['127.0.0.1', '::1', '::ffff:127.0.0.1'].map(clientOf)) {
    const sockets = new OpenSockets(limits);
    for (let at = 0; at < 2; at += 1) sockets.opened(`user ${at}`, own);
    t.match(sockets.refusal('olga', own), /^Your address already has 2 open sockets/, own);
    t.equal(sockets.refusal('olga', '192.0.2.1'), undefined);
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) sockets.opened('olga', address);
    t.match(
      sockets.refusal('olga', '192.0.2.4'),
      /^This user already has 3 open sockets \(LIMIT_SOCKETS_PER_USER\)/,
      'wherever they come from',
    );
  }
});

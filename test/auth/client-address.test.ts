import t from 'tap';
import { clientOf } from '../../src/auth/client-address.js';

t.test('AUTH-13 an IPv4 address is one client, in whichever spelling', async (t) => {
  for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '::ffff:c000:207', '0000:0000:0000:0000:0000:ffff:c000:0207'])
    t.equal(clientOf(address), '192.0.2.7', address);
  t.not(clientOf('192.0.2.8'), clientOf('192.0.2.7'));
});

t.test('AUTH-13 an IPv6 network of 64 bits is one client', async (t) => {
  for (const address of [
    '2001:db8:1:2::1',
    '2001:0db8:0001:0002:0000:0000:0000:0001',
    '2001:DB8:1:2:a:b:c:d',
    '2001:db8:1:2::192.0.2.7',
    '2001:db8:1:2::',
  ])
    t.equal(clientOf(address), '2001:db8:1:2::/64', address);
  t.equal(clientOf('::1'), '0:0:0:0::/64');
  t.equal(clientOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
  t.not(clientOf('2001:db8:1:3::1'), clientOf('2001:db8:1:2::1'));
});

t.test('AUTH-13 what is no address stands for itself', async (t) => {
  for (const address of ['', 'unknown', '1.2.3']) t.equal(clientOf(address), address);
});

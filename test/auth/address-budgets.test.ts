import t from 'tap';
import { AddressBudgets } from '../../src/auth/address-budgets.js';

t.test('AUTH-18 an address has so many requests a second and accounts an hour; a /64 is one address', async (t) => {
  let now = 0;
  const budgets = new AddressBudgets({ loginsPerSecond: 2, registrationsPerHour: 10 }, () => now);
  for (const [one, same, other] of [
    ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2'],
    ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:2::1'],
    ['127.0.0.1', '127.0.0.1', '::1'],
  ] as const) {
    t.equal(
      Array.from({ length: 100 }, () => budgets.takeRequest(one)).filter((slowed) => !slowed).length,
      10,
      'five seconds at once',
    );
    t.same(budgets.takeRequest(same), { kind: 'slowed', retryAfterMs: 500 });
    t.equal(budgets.takeRequest(other), undefined);
    t.equal(Array.from({ length: 100 }, () => budgets.takeRegistration(one)).filter((slowed) => !slowed).length, 10);
    t.same(budgets.registrationWait(same), { kind: 'slowed', retryAfterMs: 360_000 });
    t.equal(budgets.registrationWait(other), undefined);
    budgets.giveBackRegistration(same);
    t.equal(budgets.takeRegistration(one), undefined, 'what was not made counts no more');
    now += 3_600_000;
    t.equal(budgets.registrationWait(one), undefined);
  }
});

t.test('LIM-5 without limits nothing is counted', async (t) => {
  const budgets = new AddressBudgets({ loginsPerSecond: Infinity, registrationsPerHour: Infinity });
  for (let at = 0; at < 10_000; at += 1)
    if (budgets.takeRequest('192.0.2.1') ?? budgets.takeRegistration('192.0.2.1')) t.fail('it was refused');
});

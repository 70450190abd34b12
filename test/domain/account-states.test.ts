/** What each event says of an account beside its name. */
import t from 'tap';
import { type AccountEvent, AccountStates } from '../../src/domain/account-states.js';

const [AT, LATER] = ['2026-01-15T10:30:00.000Z', '2026-01-15T10:31:00.000Z'];
const PLAIN = {
  inactive_since: null,
  last_login_at: null,
  made_by: null,
  password_reset_at: null,
  password_reset_by: null,
};
const registered: AccountEvent = { type: 'UserRegistered', data: { user_id: 'vera', username: 'vera' } };
const deactivated: AccountEvent = { type: 'UserDeactivated', data: {} };
const reactivated: AccountEvent = { type: 'UserReactivated', data: {} };

/** Of vera, after events by these actors at these times. */
function after(...events: [event: AccountEvent, by: string, at?: string][]): AccountStates {
  const accounts = new AccountStates();
  for (const [event, by, at = AT] of events) accounts.fold('vera', event, { by, at });
  return accounts;
}

t.test('ADM-7 an account that its user registered is plain; of another it is known who made it', async (t) => {
  t.same(after().of('vera'), PLAIN);
  t.same(after([registered, 'vera']).of('vera'), PLAIN);
  t.same(after([registered, 'vera']).states.size, 0, 'nothing is kept of it');
  t.same(after([registered, 'oscar']).of('vera'), { ...PLAIN, made_by: 'oscar' });
});

t.test('ADM-5 a deactivated account is inactive since the first time, until it is reactivated', async (t) => {
  const twice = after([deactivated, 'oscar'], [deactivated, 'oscar', LATER]);
  t.same(twice.of('vera'), { ...PLAIN, inactive_since: AT });
  t.same([twice.isActive('vera'), twice.isActive('olga')], [false, true]);
  twice.fold('vera', reactivated, { by: 'oscar', at: LATER });
  t.same(twice.of('vera'), PLAIN);
  t.ok(twice.isActive('vera'));
  t.ok(after().isActive('nobody'));
});

t.test('ADM-6 ADM-3 the last reset with who issued it, and the last login, whatever else is known', async (t) => {
  const reset: AccountEvent = { type: 'PasswordResetIssued', data: { until: LATER } };
  const login: AccountEvent = { type: 'SessionStarted', data: { session_id: 's', until: LATER } };
  t.same(
    after(
      [registered, 'oscar'],
      [reset, 'oscar'],
      [login, 'vera'],
      [reset, 'system', LATER],
      [login, 'vera', LATER],
    ).of('vera'),
    {
      inactive_since: null,
      last_login_at: LATER,
      made_by: 'oscar',
      password_reset_at: LATER,
      password_reset_by: 'system',
    },
  );
});

t.test('ADM-5 what was stored is taken as it is', async (t) => {
  const accounts = new AccountStates();
  accounts.set('vera', { ...PLAIN, inactive_since: AT });
  accounts.set('olga', PLAIN);
  t.same([accounts.isActive('vera'), accounts.isActive('olga')], [false, true]);
  accounts.set('vera', PLAIN);
  t.ok(accounts.isActive('vera'));
});

/** Attacks without an account: names that take long to normalise (H2), and endless registrations (H3). */
import { randomBytes } from 'node:crypto';
import type { Attack } from '../attack.js';

/** One character that NFKC expands to eighteen. */
const LONG = '\ufdfa'.repeat(1_024);
const encoded = encodeURIComponent(LONG);

export const longNames: Attack = {
  name: 'long-names',
  found: 'H2: 227 logins a second with a long name, and the probe was at 2 s',
  run: (attacker) =>
    attacker.over(64, (lane) =>
      lane % 4 === 0
        ? attacker.http('GET', `/users?username=${encoded.slice(0, 3_500)}`)
        : attacker.http('POST', '/login', { body: { username: LONG, password: LONG } }),
    ),
};

export const registrations: Attack = {
  name: 'registrations',
  found: 'H3: 20 of 21 honest logins were answered 503, and 58 accounts a second stayed forever',
  run: (attacker) =>
    attacker.over(32, () =>
      attacker.http('POST', '/register', {
        body: { username: `h${randomBytes(9).toString('hex')}`, password: 'of no use to anybody' },
      }),
    ),
};

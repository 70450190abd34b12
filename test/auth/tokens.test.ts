import fc from 'fast-check';
import { SignJWT } from 'jose';
import t from 'tap';
import { createTokens } from '../../src/auth/tokens.js';

const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const T0 = Date.parse('2026-01-15T10:30:00.700Z');
const SECOND = Math.floor(T0 / 1_000);
const subject = { userId: 'u-1', sessionId: 's-1', authTime: SECOND - 60, credential: 3 };
const claims = {
  iss: 'alarm-server',
  aud: 'alarm-server',
  sub: 'u-1',
  sid: 's-1',
  iat: SECOND,
  exp: SECOND + 3_600,
  auth_time: SECOND,
};
const invalid = { kind: 'refused', reason: 'invalid' };

function tokensAt(clock: { now: number }) {
  return createTokens({ secret, expireMinutes: 60, sessionDays: 7, now: () => clock.now });
}
const sign = (payload: Record<string, unknown>, header = { alg: 'HS256' }, key: Uint8Array = secret): Promise<string> =>
  new SignJWT(payload).setProtectedHeader(header).sign(key);

t.test('AUTH-7 a token identifies the user it was issued to, on every node with the same secret', async (t) => {
  const clock = { now: T0 };
  const token = await tokensAt(clock).issue(subject);
  t.same(await tokensAt(clock).verify(token), {
    kind: 'valid',
    ...subject,
    issuedAt: SECOND,
    expiresAt: SECOND + 3_600,
  });
  t.match(
    await tokensAt(clock).verify(await sign(claims)),
    { kind: 'valid' },
    'the claims of the tests below are good but for what each changes',
  );
});

t.test('AUTH-7 only HS256 with our key counts', async (t) => {
  const tokens = tokensAt({ now: T0 });
  const long = Buffer.alloc(64, 'k');
  t.same(await tokens.verify(await sign(claims, { alg: 'HS256' }, Buffer.alloc(32, 'other'))), invalid, 'another key');
  for (const alg of ['HS384', 'HS512'])
    t.same(
      await createTokens({ secret: long, expireMinutes: 60, sessionDays: 7, now: () => T0 }).verify(
        await sign(claims, { alg }, long),
      ),
      invalid,
      alg,
    );
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const alg of ['none', 'None', 'RS256', ''])
    t.same(await tokens.verify(`${part({ alg })}.${part(claims)}.`), invalid, `unsigned, ${alg}`);
  const [header, , signature] = (await sign(claims)).split('.');
  t.same(await tokens.verify(`${header}.${part({ ...claims, sub: 'u-2' })}.${signature}`), invalid, 'a changed claim');
});

t.test('AUTH-7 every claim must be there, ours and well formed', async (t) => {
  const tokens = tokensAt({ now: T0 });
  for (const claim of Object.keys(claims))
    t.same(await tokens.verify(await sign({ ...claims, [claim]: undefined })), invalid, `without ${claim}`);
  const wrongs = [
    { iss: 'other' },
    { aud: 'other' },
    { sub: '' },
    { sub: 7 },
    { sid: '' },
    { sid: ['s'] },
    { iat: 'now' },
    { exp: 'later' },
    { exp: SECOND + 0.5 },
    { auth_time: null },
    { nbf: SECOND + 1 },
  ];
  for (const wrong of wrongs)
    t.same(await tokens.verify(await sign({ ...claims, ...wrong })), invalid, JSON.stringify(wrong));
});

t.test('AUTH-8 a token ends at its time, to the second', async (t) => {
  const clock = { now: T0 };
  const tokens = tokensAt(clock);
  const token = await tokens.issue(subject);
  const end = (SECOND + 3_600) * 1_000;
  clock.now = end - 1;
  t.match(await tokens.verify(token), { kind: 'valid' });
  clock.now = end;
  t.same(await tokens.verify(token), { kind: 'refused', reason: 'expired' });
  t.same(
    await tokens.verify(await sign(claims, { alg: 'HS256' }, Buffer.alloc(32, 'other'))),
    invalid,
    'of a forged one not even that is said',
  );
});

t.test('AUTH-8 a token over 4 KiB is refused, however good', async (t) => {
  const tokens = tokensAt({ now: T0 });
  t.match(await tokens.verify(await tokens.issue({ ...subject, sessionId: 's'.repeat(2_000) })), { kind: 'valid' });
  t.same(await tokens.verify(await tokens.issue({ ...subject, sessionId: 's'.repeat(4_000) })), invalid);
});

t.test('AUTH-8 whatever a client sends as a token is refused and never thrown at', async () => {
  const tokens = tokensAt({ now: T0 });
  const genuine = await sign(claims);
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
    fc.constantFrom(...genuine.split('.')),
  );
  const sent = fc.oneof(
    fc.string(),
    fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
  );
  await fc.assert(
    fc.asyncProperty(
      sent.filter((token) => token !== genuine),
      async (token) => (await tokens.verify(token)).kind === 'refused',
    ),
    { numRuns: 300 },
  );
});

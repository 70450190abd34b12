import argon2 from 'argon2';
import t from 'tap';
import { z } from 'zod';
import { checkPassword, createPasswords, nobodysHash, Password } from '../../src/auth/passwords.js';

const WAITER = { lane: 'login', client: '192.0.2.1' } as const;
const passwords = createPasswords();

async function hashOf(password: string): Promise<string> {
  const hashed = await passwords.hash(password, WAITER);
  if (hashed.kind === 'busy') throw new Error('busy');
  return hashed.hash;
}

t.test(
  'AUTH-3 a password has 8 to 256 bytes of UTF-8 after NFC, and the sentence says which bound is broken',
  async (t) => {
    for (const password of ['12345678', 'x'.repeat(256), '🦊🦊', '    \t   ', 'pass\0word', 'e\u0301'.repeat(128)]) {
      t.equal(checkPassword(password), undefined);
      t.equal(Password.parse(password), password, 'and is not altered');
    }
    t.equal(checkPassword(''), 'must have at least 8 bytes in UTF-8; it has 0');
    t.equal(
      checkPassword('e\u0301'.repeat(3) + 'x'),
      'must have at least 8 bytes in UTF-8; it has 7',
      'composed they are 2 bytes each',
    );
    t.equal(checkPassword('x'.repeat(257)), 'must have at most 256 bytes in UTF-8; it has 257');
    t.equal(checkPassword('é'.repeat(129)), 'must have at most 256 bytes in UTF-8; it has 258');
    t.equal(checkPassword('password\ud800'), 'must be valid Unicode text');
  },
);

t.test('AUTH-3 the schema refuses with the same sentence, and can be documented', async (t) => {
  const secret = 'hunter2';
  const { error } = Password.safeParse(secret);
  t.same(
    error?.issues.map(({ message }) => message),
    [checkPassword(secret)],
  );
  t.notMatch(error?.message, secret, 'the password is not in it');
  t.match(z.toJSONSchema(Password), { type: 'string', format: 'password' });
});

t.test('AUTH-3 all of a password counts, in whichever Unicode form it is typed', async (t) => {
  const password = `${'é'.repeat(127)}ab`;
  const hash = await hashOf(password);
  t.same(await passwords.verify(hash, password.normalize('NFD'), WAITER), { kind: 'verified', matches: true });
  t.same(
    await passwords.verify(hash, `${password.slice(0, -1)}c`, WAITER),
    { kind: 'verified', matches: false },
    'its 256th byte',
  );
  t.same(await passwords.verify(hash, `${password}c`, WAITER), { kind: 'verified', matches: false }, 'a 257th byte');
});

t.test(
  'AUTH-4 hashes are argon2id with at least the parameters OWASP asks for, each with a salt of its own',
  async (t) => {
    const [one, other] = await Promise.all([hashOf('secret123'), hashOf('secret123')]);
    t.match(one, /^\$argon2id\$v=19\$m=19456,p=1,t=2\$/);
    t.not(one, other);
    t.notOk(passwords.needsRehash(one));
  },
);

t.test('AUTH-4 a hash of other parameters still verifies, and is to be replaced', async (t) => {
  const cheap = { memoryCost: 1_024, timeCost: 2, parallelism: 1 };
  const weak = await argon2.hash('secret123', { ...cheap, type: argon2.argon2id });
  t.same(await passwords.verify(weak, 'secret123', WAITER), { kind: 'verified', matches: true });
  t.ok(passwords.needsRehash(weak));
  t.ok(passwords.needsRehash((await hashOf('secret123')).replace('argon2id', 'argon2i')), 'another variant of argon2');
});

t.test('AUTH-5 the limit holds over hashing and verifying together; a full queue says busy at once', async (t) => {
  const small = createPasswords({ concurrency: 1, queueLimit: 1 });
  const first = small.hash('secret123', WAITER);
  const second = small.verifyNobody('secret123', WAITER);
  t.same(await small.verify(nobodysHash(), 'secret123', WAITER), { kind: 'busy', retryAfterMs: 1_500 });
  t.same(await small.hash('secret123', WAITER), { kind: 'busy', retryAfterMs: 1_500 });
  t.match(await first, { kind: 'hash' });
  t.match(await second, { kind: 'verified', matches: false });
  t.match(await small.verifyNobody('secret123', WAITER), { kind: 'verified' }, 'there is room again');
});

t.test('AUTH-5 a hash that is none rejects, and frees its place', async (t) => {
  const small = createPasswords({ concurrency: 1, queueLimit: 0 });
  await t.rejects(small.verify('no hash', 'secret123', WAITER));
  t.match(await small.verifyNobody('secret123', WAITER), { kind: 'verified' });
});

t.test('AUTH-6 a name that nobody has costs the same work as a wrong password', async (t) => {
  const shape = (hash: string) => hash.split('$').map((part, index) => (index < 4 ? part : part.length));
  t.same(shape(nobodysHash()), shape(await hashOf('secret123')));
  t.same(await passwords.verifyNobody('secret123', WAITER), { kind: 'verified', matches: false });
});

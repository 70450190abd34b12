import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { resolveSecret, rotateKeptSecret, signingSecret } from '../../src/auth/secret.js';

const STRONG = 'c2VjcmV0LXdpdGgtbW9yZS10aGFuLTMyLWJ5dGVz';
const SHORT = 'ma-cle-secrete-ultra-longue';
const PUBLISHED = 'dev-secret-key-change-in-production';
const unused = '/nonexistent';

function messageOf(refused: () => unknown): string {
  try {
    refused();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

t.test('AUTH-9 a strong secret is used as it is, in development and production', async (t) => {
  for (const production of [false, true])
    t.same(resolveSecret({ configured: STRONG, production, dataDir: unused }), {
      secret: Buffer.from(STRONG),
      older: [],
      notices: [],
    });
});

t.test('AUTH-9 a short or published secret is warned of; production refuses to start with it', async (t) => {
  for (const [configured, weakness] of [
    [SHORT, 'has only 27 bytes'],
    [PUBLISHED, 'is the published example'],
    ...[
      'a'.repeat(32),
      'a'.repeat(41),
      'ab'.repeat(20),
      'abcdefgh'.repeat(4),
      '0123456789abcdef'.repeat(2),
      '0123456789abcdefghijklmnopqrstuvwxyz',
      'zyxwvutsrqponmlkjihgfedcba9876543210',
      '11112222333344445555666677778888',
      'change-me-change-me-now-please-1234',
      'your-secret-key-for-jwt-goes-here-42',
      'MyPassword-MyOtherWords-And-More-1',
      '12121212121212121212121212121212',
      'Xk29bQvLp7RtYw3mXk29bQvLp7RtYw3m',
    ].map((made) => [made, 'is long but can be guessed'] as const),
  ] as const) {
    const { secret, notices } = resolveSecret({ configured, production: false, dataDir: unused });
    t.same(secret, Buffer.from(configured));
    t.equal(notices.length, 1);
    t.match(notices[0], weakness);
    t.notMatch(notices[0], configured);
    let message = '';
    try {
      resolveSecret({ configured, production: true, dataDir: unused });
    } catch (error) {
      ({ message } = error as Error);
    }
    t.match(message, `JWT_SECRET_KEY ${weakness}`);
    t.notMatch(message, configured);
  }
});

t.test('AUTH-9 random bytes are strong, however they are written', async (t) => {
  for (let round = 0; round < 2_000; round += 1) {
    const bytes = randomBytes(32);
    const written = [
      bytes.toString('base64'),
      bytes.toString('hex'),
      bytes.toString('base64url'),
      randomBytes(16).toString('hex'),
      Array.from(randomBytes(40), (byte) => byte % 10).join(''),
      randomUUID(),
    ];
    for (const configured of written)
      if (resolveSecret({ configured, production: true, dataDir: unused }).notices.length > 0) t.fail(configured);
  }
});

t.test('AUTH-9 production refuses to start without a secret', async (t) => {
  const dataDir = t.testdir();
  for (const configured of [undefined, ''])
    t.throws(
      () => resolveSecret({ configured, production: true, dataDir }),
      /^JWT_SECRET_KEY is not set: .* at least 32 random bytes/,
    );
  t.same(readdirSync(dataDir), []);
});

t.test('AUTH-10 development makes a secret, keeps it for its owner alone, and says so without it', async (t) => {
  const dataDir = join(t.testdir(), 'data');
  const file = join(dataDir, 'jwt-secret');
  const made = resolveSecret({ configured: undefined, production: false, dataDir });
  t.ok(made.secret.length >= 32);
  t.same(readFileSync(file), Buffer.from(made.secret));
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.same(readdirSync(dataDir), ['jwt-secret'], 'nothing unfinished is left');
  t.same(made.notices, [`JWT_SECRET_KEY is not set: a random secret was made and is kept in ${file}`]);

  const kept = resolveSecret({ configured: '', production: false, dataDir });
  t.same(kept.secret, made.secret);
  t.same(kept.notices, [`JWT_SECRET_KEY is not set: the secret in ${file} is used`]);
  t.same(
    resolveSecret({ configured: readFileSync(file, 'utf8'), production: true, dataDir }).secret,
    made.secret,
    'set as JWT_SECRET_KEY it keeps the tokens valid',
  );
});

t.test('AUTH-10 two data folders have different secrets', async (t) => {
  const root = t.testdir();
  const [a, b] = ['a', 'b'].map(
    (name) => resolveSecret({ configured: undefined, production: false, dataDir: join(root, name) }).secret,
  );
  t.notSame(a, b);
});

t.test('AUTH-10 a start that was cut off while making one leaves nothing that counts', async (t) => {
  const dataDir = t.testdir({ 'jwt-secret.new': 'half' });
  const { secret } = resolveSecret({ configured: undefined, production: false, dataDir });
  t.ok(secret.length >= 32);
  t.notOk(existsSync(join(dataDir, 'jwt-secret.new')));
});

t.test('AUTH-10 a kept secret that others can read is warned of', async (t) => {
  const dataDir = t.testdir();
  resolveSecret({ configured: undefined, production: false, dataDir });
  chmodSync(join(dataDir, 'jwt-secret'), 0o644);
  t.match(
    resolveSecret({ configured: undefined, production: false, dataDir }).notices[1],
    /can be read by other users .* chmod 600/,
  );
});

t.test('AUTH-10 a damaged or unusable file is refused with a sentence', async (t) => {
  const dataDir = t.testdir({ file: '' });
  writeFileSync(join(dataDir, 'jwt-secret'), 'short');
  t.throws(
    () => resolveSecret({ configured: undefined, production: false, dataDir }),
    /jwt-secret is damaged: it has 5 bytes where at least 32 must be/,
  );
  t.throws(
    () => resolveSecret({ configured: undefined, production: false, dataDir: join(dataDir, 'file') }),
    /a secret cannot be kept in .*jwt-secret \(ENOTDIR\): set JWT_SECRET_KEY/,
  );
});

t.test('ADM-11 of several secrets the first signs; each must be strong by itself, wherever it runs', async (t) => {
  const older = randomBytes(32).toString('base64');
  for (const production of [false, true]) {
    t.same(resolveSecret({ configured: `${STRONG}, ${older}`, production, dataDir: unused }), {
      secret: Buffer.from(STRONG),
      older: [Buffer.from(older)],
      notices: [],
    });
    for (const [configured, part] of [
      ['one secret of before, that has a comma in it and was strong', 1],
      [`${STRONG},short`, 2],
      [`${STRONG},`, 2],
      [`,${STRONG}`, 1],
    ] as const) {
      const message = messageOf(() => resolveSecret({ configured, production, dataDir: unused }));
      t.match(message, new RegExp(`^JWT_SECRET_KEY has a comma, .* part ${part} of it has only`), configured);
      for (const word of configured.split(',').filter((text) => text.length > 10)) t.notMatch(message, word.trim());
    }
  }
});

t.test('ADM-11 a kept secret is rotated: the one before stays good, the one before that goes', async (t) => {
  const dataDir = t.testdir();
  t.throws(() => rotateKeptSecret({ configured: undefined, dataDir }), /no secret to rotate/);
  const resolved = () => resolveSecret({ configured: undefined, production: false, dataDir });
  const first = resolved().secret;
  const file = rotateKeptSecret({ configured: '', dataDir });
  t.equal(statSync(file).mode & 0o777, 0o600);
  const second = resolved();
  t.same(second.older, [first]);
  t.same(signingSecret({ configured: undefined, dataDir }), second.secret);
  rotateKeptSecret({ configured: undefined, dataDir });
  t.same(resolved().older, [second.secret]);
  t.throws(() => rotateKeptSecret({ configured: STRONG, dataDir }), /JWT_SECRET_KEY.*on every node/);
});

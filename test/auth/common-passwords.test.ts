import t from 'tap';
import { guessedFirst } from '../../src/auth/common-passwords.js';
import { request } from '../e2e/http-requests.js';
import { PASSWORD, startServer } from '../e2e/test-server.js';

t.test('AUTH-3 what is guessed first is no password, whatever its case and form', async (t) => {
  const common = [
    'password',
    'Password',
    'PASSWORD1',
    'Password123',
    'passw0rd',
    'p@ssw0rd',
    '12345678',
    '123456789',
    '1234567890',
    '87654321',
    '11111111',
    'aaaaaaaa',
    'a'.repeat(41),
    'abcabcabc',
    '12121212',
    'qwertyuiop',
    'Qwerty123',
    '1q2w3e4r',
    'iloveyou',
    'changeme',
    'admin123',
    'sunshine1',
    'ｐａｓｓｗｏｒｄ',
    '🦊🦊',
  ];
  for (const password of common) t.match(guessedFirst(password), /most common ones/, password);
  const others = [
    PASSWORD,
    'secret123',
    'pass\0word',
    'correct-horse',
    'password of the house',
    'x7!kQ2pL',
    '19851204',
    'zebra piano',
    '12345679',
    'abcdefgi',
    'пароль от дома',
    'trader-1',
    'desk1234',
  ];
  for (const password of others) t.equal(guessedFirst(password), undefined, password);
});

t.test('AUTH-3 nor is the name of the account, in any case and form', async (t) => {
  for (const [password, name] of [
    ['john.smith', 'john.smith'],
    ['JOHN.Smith', 'john.smith'],
    ['ｊｏｈａｎｎｅｓ', 'johannes'],
    ['émilie-é', 'e\u0301milie-e\u0301'],
  ] as const)
    t.match(guessedFirst(password, name), /must not be the username/, password);
  for (const [password, name] of [
    ['john.smith likes tea', 'john.smith'],
    ['an apple a day', 'a'],
    ['secret123', 'john'],
  ] as const)
    t.equal(guessedFirst(password, name), undefined, password);
});

t.test('AUTH-3 a registration and a change of the password refuse it with 422, and nothing is done', async (t) => {
  const server = await startServer(t);
  const register = (username: string, password: string) =>
    request(server.url, 'POST', '/register', { body: { username, password } });
  t.match(await register('john', 'Password1'), {
    status: 422,
    json: { errors: [{ field: 'password', message: /most common/ }] },
  });
  t.match(await register('johannes', 'johannes'), {
    status: 422,
    json: { errors: [{ field: 'password', message: /username/ }] },
  });
  const johannes = await server.person('johannes');
  for (const password of ['12345678', 'Johannes'])
    t.match(
      await request(server.url, 'POST', '/password', { token: johannes.token, body: { old: PASSWORD, new: password } }),
      { status: 422, json: { errors: [{ field: 'new' }] } },
    );
  t.equal(
    (await request(server.url, 'POST', '/login', { body: { username: 'johannes', password: PASSWORD } })).status,
    200,
  );
});

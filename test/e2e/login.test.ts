/** Logging in over HTTP as many people and attackers do it. */
import { type AlarmServerError, login } from '@alarm-server/client';
import t from 'tap';
import { PASSWORD, startServer } from './test-server.js';

const refusal = (attempt: Promise<unknown>): Promise<AlarmServerError | undefined> =>
  attempt.then(
    () => undefined,
    (error: AlarmServerError) => error,
  );

t.test('AUTH-12 forty logins of one account at once all succeed', async (t) => {
  const server = await startServer(t);
  const { username } = await server.person('desk');
  const tokens = await Promise.all(
    Array.from({ length: 40 }, () => login(server.url, { username, password: PASSWORD })),
  );
  t.equal(tokens.length, 40);
});

t.test(
  'AUTH-11 guessing is slowed with 429 and Retry-After, and the owner gets in when the wait is over',
  async (t) => {
    const server = await startServer(t);
    const { username } = await server.person('john');
    const guesses = await Promise.all(
      Array.from({ length: 12 }, (_, i) => refusal(login(server.url, { username, password: `wrong guess ${i}` }))),
    );
    const statuses = guesses.map((error) => error?.status);
    t.equal(statuses.filter((status) => status === 401).length, 5);
    t.equal(statuses.filter((status) => status === 429).length, 7);
    const slowed = guesses.find((error) => error?.status === 429)!;
    t.ok(slowed.retryAfterMs! >= 1_000 && slowed.retryAfterMs! <= 30_000);
    t.equal(
      (await refusal(login(server.url, { username, password: PASSWORD })))?.status,
      429,
      'nor is the right one looked at before',
    );
    const deadline = performance.now() + 5_000;
    let error = slowed as AlarmServerError | undefined;
    while (error && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      error = await refusal(login(server.url, { username, password: PASSWORD }));
    }
    t.equal(error, undefined);
  },
);

t.test(
  'AUTH-6 an unknown name and a wrong password are answered by the same bytes, but for the id of the request',
  async (t) => {
    const server = await startServer(t);
    await server.person('john');
    const answer = async (username: string) => {
      const response = await fetch(`${server.url}/login`, {
        method: 'POST',
        body: new URLSearchParams({ username, password: 'not the password' }),
      });
      return {
        status: response.status,
        authenticate: response.headers.get('www-authenticate'),
        body: (await response.text()).replace(/,"request_id":"[^"]*"/, ''),
      };
    };
    t.same(await answer('nobody'), await answer('john'));
  },
);

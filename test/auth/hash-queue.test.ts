import t from 'tap';
import { HashQueue, type Lane, type Waiter } from '../../src/auth/hash-queue.js';

const LOGIN = { lane: 'login', client: '192.0.2.1' } as const;
const from = (lane: Lane, client: string): Waiter => ({ lane, client });

/** A task that runs until it is told to end. */
function openTask(name: string, begun: string[]): { task: () => Promise<string>; end: () => void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const task = async (): Promise<string> => {
    begun.push(name);
    await ended;
    return name;
  };
  return { task, end: () => end() };
}

t.test('AUTH-5 three run, the next ones wait in the queue, one too many is refused', async (t) => {
  const queue = new HashQueue({ concurrency: 3, queueLimit: 2, retryAfterMs: 500 });
  const begun: string[] = [];
  const tasks = ['a', 'b', 'c', 'd', 'e'].map((name) => openTask(name, begun));
  const results = tasks.map(({ task }) => queue.run(task, LOGIN));
  t.same(await queue.run(async () => t.fail('it must not run'), LOGIN), { kind: 'busy', retryAfterMs: 500 });
  t.same(begun, ['a', 'b', 'c']);

  tasks[1]!.end();
  t.equal(await results[1], 'b');
  t.same(begun, ['a', 'b', 'c', 'd'], 'the first in the queue goes next');
  const lateTask = openTask('late', begun);
  const late = queue.run(lateTask.task, LOGIN);
  t.same(begun, ['a', 'b', 'c', 'd'], 'nobody slips in');

  for (const { end } of [...tasks, lateTask]) end();
  t.same(await Promise.all(results), ['a', 'b', 'c', 'd', 'e']);
  t.equal(await late, 'late');
});

t.test('AUTH-5 a task that fails frees its place for the next one', async (t) => {
  const queue = new HashQueue({ concurrency: 1, queueLimit: 1, retryAfterMs: 500 });
  const failing = queue.run(() => Promise.reject(new Error('no')), LOGIN);
  const next = queue.run(async () => 'next', LOGIN);
  await t.rejects(failing, { message: 'no' });
  t.equal(await next, 'next');
});

t.test(
  'AUTH-19 a thousand registrations keep no login waiting: they run one at a time, in a queue of their own',
  async (t) => {
    const queue = new HashQueue({ concurrency: 3, queueLimit: 128, retryAfterMs: 500 });
    const begun: string[] = [];
    const registrations = Array.from({ length: 1_000 }, (_, at) => openTask(`registration ${at}`, begun));
    const answers = registrations.map(({ task }) => queue.run(task, from('registration', '192.0.2.1')));
    const logins = Array.from({ length: 21 }, (_, at) => openTask(`login ${at}`, begun));
    const honest = logins.map(({ task }) => queue.run(task, from('login', '192.0.2.2')));
    t.same(begun, ['registration 0', 'login 0', 'login 1']);
    for (const { end } of logins) end();
    t.same(
      await Promise.all(honest),
      logins.map((_, at) => `login ${at}`),
      'every one of 21 logins is served while a registration runs',
    );
    t.equal(begun.filter((name) => name.startsWith('registration')).length, 1);
    for (const { end } of registrations) end();
    const all = await Promise.all(answers);
    t.equal(all.filter((answer) => typeof answer === 'string').length, 129, 'those that waited are served');
    t.equal(all.filter((answer) => typeof answer !== 'string' && answer.kind === 'busy').length, 871);
  },
);

t.test(
  'AUTH-19 addresses are served in rotation, and a full queue removes an entry of the address that has most',
  async (t) => {
    const queue = new HashQueue({ concurrency: 1, queueLimit: 4, retryAfterMs: 500 });
    const begun: string[] = [];
    const run = (name: string, client: string) => {
      const { task, end } = openTask(name, begun);
      return { answer: queue.run(task, from('login', client)), end };
    };
    const flood = Array.from({ length: 5 }, (_, at) => run(`flood ${at}`, '192.0.2.1'));
    const honest = run('honest', '192.0.2.2');
    t.same(await flood[4]!.answer, { kind: 'busy', retryAfterMs: 500 }, 'the newest of the address with most');
    for (const { end } of [...flood, honest]) end();
    await Promise.all([...flood, honest].map(({ answer }) => answer));
    t.same(begun, ['flood 0', 'flood 1', 'honest', 'flood 2', 'flood 3']);
  },
);

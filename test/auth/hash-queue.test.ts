import t from 'tap';
import { HashQueue } from '../../src/auth/hash-queue.js';

/** A task that goes on until it is told to end. */
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

t.test('AUTH-5 three run, the next ones wait in line, the one too many is sent away', async (t) => {
  const queue = new HashQueue({ concurrency: 3, queueLimit: 2, retryAfterMs: 500 });
  const begun: string[] = [];
  const tasks = ['a', 'b', 'c', 'd', 'e'].map((name) => openTask(name, begun));
  const results = tasks.map(({ task }) => queue.run(task));
  t.same(await queue.run(async () => t.fail('it must not run')), { kind: 'busy', retryAfterMs: 500 });
  t.same(begun, ['a', 'b', 'c']);

  tasks[1]!.end();
  t.equal(await results[1], 'b');
  t.same(begun, ['a', 'b', 'c', 'd'], 'the first in line goes next');
  const lateTask = openTask('late', begun);
  const late = queue.run(lateTask.task);
  t.same(begun, ['a', 'b', 'c', 'd'], 'nobody slips in');

  for (const { end } of [...tasks, lateTask]) end();
  t.same(await Promise.all(results), ['a', 'b', 'c', 'd', 'e']);
  t.equal(await late, 'late');
});

t.test('AUTH-5 a task that fails frees its place for the next one', async (t) => {
  const queue = new HashQueue({ concurrency: 1, queueLimit: 1, retryAfterMs: 500 });
  const failing = queue.run(() => Promise.reject(new Error('no')));
  const next = queue.run(async () => 'next');
  await t.rejects(failing, { message: 'no' });
  t.equal(await next, 'next');
});

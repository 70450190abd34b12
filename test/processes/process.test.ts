import t from 'tap';
import { TimedProcess } from '../../src/processes/process.js';

t.test('timed work runs at its interval, one run at a time, and a drain waits for the current run', async (t) => {
  let runs = 0;
  let end = (): void => undefined;
  let isEnded = false;
  let tick = (): void => undefined;
  const process = new TimedProcess(
    {
      name: 'slow work',
      everyMs: 100,
      run: () => {
        runs += 1;
        return new Promise((resolve) => (end = resolve));
      },
    },
    (milliseconds, run) => {
      t.equal(milliseconds, 100);
      tick = run;
      return () => (isEnded = true);
    },
  );
  t.equal(process.name, 'slow work');
  process.start();
  t.equal(runs, 0, 'not before its interval is over');
  tick();
  tick();
  t.equal(runs, 1, 'the first run goes on');
  end();
  await new Promise((resolve) => setImmediate(resolve));
  tick();
  t.equal(runs, 2);
  let isDrained = false;
  const draining = process.drain().then(() => (isDrained = true));
  await new Promise((resolve) => setImmediate(resolve));
  t.same([isEnded, isDrained], [true, false]);
  end();
  await draining;
});

t.test('work that is done at once runs at each interval, and one that was not started can be drained', async (t) => {
  let runs = 0;
  const process = new TimedProcess({ name: 'quick work', everyMs: 1, run: () => void (runs += 1) });
  await process.drain();
  process.start();
  while (runs < 3) await new Promise((resolve) => setImmediate(resolve));
  await process.drain();
  const before = runs;
  for (let at = 0; at < 100; at += 1) await new Promise((resolve) => setImmediate(resolve));
  t.equal(runs, before);
});

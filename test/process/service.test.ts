/** In which order the parts of the server start and stop. */
import t from 'tap';
import { type Service, Services } from '../../src/service.js';

const recorded = (name: string, calls: string[], failsAt?: string): Service => {
  const call = (step: string) => async (): Promise<void> => {
    await Promise.resolve();
    calls.push(`${step} ${name}`);
    if (step === failsAt) throw new Error('it is broken');
  };
  return { name, start: call('start'), drain: call('drain'), stop: call('stop') };
};

t.test('services start in order; all are drained, then all stopped, the last started first; once', async (t) => {
  const calls: string[] = [];
  const services = new Services();
  for (const name of ['log', 'projection']) await services.start(recorded(name, calls));
  await services.start({ name: 'nothing to do' });
  await services.start(recorded('gateway', calls));
  t.same(calls.splice(0), ['start log', 'start projection', 'start gateway']);
  await Promise.all([services.stop(), services.stop()]);
  await services.stop();
  t.same(calls, ['drain gateway', 'drain projection', 'drain log', 'stop gateway', 'stop projection', 'stop log']);
  await t.rejects(services.start(recorded('late', calls)), { message: 'late is not started: the server is stopping' });
});

t.test('a start that fails: what was started before is drained and stopped, what failed is not', async (t) => {
  const calls: string[] = [];
  const services = new Services();
  await services.start(recorded('log', calls));
  await t.rejects(services.start(recorded('gateway', calls, 'start')), { message: 'it is broken' });
  await services.stop();
  t.same(calls, ['start log', 'start gateway', 'drain log', 'stop log']);
});

t.test('one that does not stop keeps no other from being stopped, and its error has its name', async (t) => {
  const calls: string[] = [];
  const services = new Services();
  await services.start(recorded('log', calls));
  await services.start(recorded('projection', calls, 'drain'));
  await services.start(recorded('gateway', calls, 'stop'));
  await t.rejects(services.stop(), { message: 'projection did not drain: it is broken' });
  t.same(calls.slice(3), [
    'drain gateway',
    'drain projection',
    'drain log',
    'stop gateway',
    'stop projection',
    'stop log',
  ]);
});

/** The real process with a small heap that is filled as fast as one socket can: it lives, and so does the next start. */
import t from 'tap';
import { alarmOn, type Desk, sitDown } from '../e2e/desk.js';
import { type Person, person } from '../e2e/test-server.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { ServerProcess } from './server-process.js';

/** As much memory as an alarm can take. */
const LARGE = { ticker: 'é'.repeat(100), option: '€'.repeat(100), condition: '€'.repeat(500) };

t.test('LIM-21 a heap that is filled ends neither the process nor its next start, and can be emptied', async (t) => {
  const settings = {
    dataDir: temporaryFolder(t),
    environment: { NODE_OPTIONS: '--max-old-space-size=36 --max-semi-space-size=1' },
  };
  let server = await ServerProcess.start(settings);
  const john: Person = await person(t, server.url, 'john');
  let desk: Desk = await sitDown(t, server, john);
  const pages: string[] = [];
  // What is garbage goes away: it is full when a whole round after another is refused.
  for (let refused = 0; refused < 3; ) {
    const page = await desk.ask('create_page', { name: 'Page' });
    if (page.type === 'success') pages.push(page.payload.data.id);
    const answers = await Promise.all(
      Array.from({ length: 500 }, () => desk.ask('create_alarm', { ...alarmOn(pages.at(-1)!), ...LARGE })),
    );
    const refusals = answers.filter(({ type }) => type === 'error').map(({ payload }) => payload);
    for (const refusal of refusals)
      if (refusal.code !== 'limit_reached' || !/memory is nearly full/.test(refusal.message))
        throw new Error(JSON.stringify(refusal));
    refused = page.type === 'error' && refusals.length === answers.length ? refused + 1 : 0;
  }
  t.ok(pages.length > 2, `${pages.length} pages of 500 alarms`);
  t.match((await desk.http('GET', '/metrics')).text, /^alarm_server_heap_full 1$/m);
  await server.wrote(/"level":50[^\n]*The heap is nearly full/);
  t.match(
    await desk.http('POST', '/register', { body: { username: 'mary', password: 'correct horse' } }),
    { status: 409, json: { code: 'limit_reached' } },
    'nor is an account made',
  );

  await server.end('SIGKILL');
  server = await ServerProcess.start(settings);
  desk = await sitDown(t, server, john);
  for (const page of pages)
    t.match(await desk.ask('delete_page', { page_id: page }), { type: 'success' }, 'what is there can be deleted');
  // Until V8 has collected it.
  let made = await desk.ask('create_page', { name: 'Room' });
  for (let tries = 0; made.type === 'error' && tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    made = await desk.ask('create_page', { name: 'Room' });
  }
  t.equal(made.type, 'success', 'deleting makes room');
  t.equal((await server.end('SIGTERM')).code, 0);
});

/** How much others may share with one user, over real sockets and HTTP: each way to it, also all at once; and how the user gets rid of it. */
import t from 'tap';
import { alarmOn, type Desk, grant, makeGroup, sitDown } from './desk.js';
import { type Message, openRaw } from './raw-socket.js';
import { startServer } from './test-server.js';

/** 16 steps of 4 KiB: so many empty pages. */
const LIMIT = 65_536;
const environment = { LIMIT_SHARED_BYTES_PER_USER: String(LIMIT), LIMIT_WRITTEN_BYTES_PER_SECOND: '0' };

const succeeded = (answers: readonly Message[]): number => answers.filter(({ type }) => type === 'success').length;
const newPages = (desk: Desk, count: number): Promise<string[]> =>
  Promise.all(
    Array.from(
      { length: count },
      async (_, at) => (await desk.must('create_page', { name: `Page ${at}` })).data.id as string,
    ),
  );
const largeAlarm = (page: string): object => ({ ...alarmOn(page), condition: '€'.repeat(500) });

t.test(
  'LIM-24 what is shared with one user is bounded, also all at once and by several people; leaving makes room',
  async (t) => {
    const server = await startServer(t, { environment });
    const [hostile, other, victim] = await Promise.all(
      ['hostile', 'other', 'victim'].map(async (name) => sitDown(t, server, await server.person(name))),
    );
    const pages = await newPages(hostile!, 30);
    const answers = await Promise.all(
      pages.map((page) => hostile!.ask('share_page', grant(page, 'user', victim!.person.id, 'view'))),
    );
    t.equal(succeeded(answers), 16);
    for (const { payload } of answers.filter(({ type }) => type === 'error')) {
      t.match(payload, {
        code: 'limit_reached',
        message: `At most ${LIMIT} bytes of pages may be shared with one user, and this page would be too much for this user. They can leave pages or groups`,
        details: { limit: LIMIT },
      });
    }
    const seen = pages.filter((_, at) => answers[at]!.type === 'success');
    t.equal(
      (await hostile!.ask('share_page', grant(seen[0]!, 'user', victim!.person.id, 'edit'))).type,
      'success',
      'another right on a page that they see already',
    );

    const [theirs] = await newPages(other!, 1);
    const share = () =>
      other!.http('POST', `/pages/${theirs}/shares`, {
        body: { subject_type: 'user', subject_id: victim!.person.id, can_view: true, can_edit: false },
      });
    t.match(await share(), { status: 409, json: { code: 'limit_reached' } }, 'all owners count together');
    t.equal((await victim!.ask('create_page', { name: 'Own' })).type, 'success', 'own pages are not meant');
    await server.restart();
    const again = await sitDown(t, server, victim!.person);
    t.match(await share(), { status: 409 }, 'so it is after a restart');
    await again.must('leave_page', { page_id: seen[0]! });
    t.match(await share(), { status: 201 }, 'a page that is left makes room');
    t.equal(
      (await openRaw(t, server.url, victim!.person.token).then((raw) => raw.next('initial_state'))).payload.pages
        .length,
      17,
      'what they are sent: 16 of others, and their own',
    );
  },
);

t.test('LIM-24 groups are no way round it: pages of a group, and members, also at the same moment', async (t) => {
  const server = await startServer(t, { environment });
  const [hostile, victim] = await Promise.all(
    ['hostile', 'victim'].map(async (name) => sitDown(t, server, await server.person(name))),
  );
  const desk = hostile!;
  const victims = victim!.person;
  const [first, second] = [await makeGroup(desk, 'First', []), await makeGroup(desk, 'Second', [])];
  const pages = await newPages(desk, 34);
  const shared = (group: string, some: readonly string[]): Promise<Message>[] =>
    some.map((page) => desk.ask('share_page', grant(page, 'group', group, 'view')));
  // The owner of a group is in it, and their pages count for them there too: each group alone has no more than they may.
  const [, , joined] = await Promise.all([
    Promise.all(shared(first, pages.slice(0, 10))),
    Promise.all(shared(second, pages.slice(10, 16))),
    Promise.all([first, second].map((group) => desk.http('POST', `/groups/${group}/members/${victims.id}`))),
  ]);
  t.same(
    joined.map(({ status }) => status),
    [201, 201],
    '16 pages in two groups',
  );
  const more = await Promise.all(shared(first, pages.slice(16)));
  t.equal(succeeded(more), 0);
  t.match(more[0]!.payload, { code: 'limit_reached', message: /too much for a member of this group/ });
  t.match(
    await desk.ask('share_page', grant(pages[33]!, 'user', victims.id, 'view')),
    { payload: { code: 'limit_reached' } },
    'groups and grants to the user count together',
  );
  t.equal((await victim!.http('DELETE', `/groups/${second}/members/${victims.id}`)).status, 204);
  t.match(
    await desk.http('POST', `/groups/${second}/members/${victims.id}`),
    { status: 201 },
    'out of a group there is room for it again',
  );
  t.equal((await victim!.http('DELETE', `/groups/${second}/members/${victims.id}`)).status, 204);
  for (const page of pages.slice(16, 20)) await desk.must('share_page', grant(page, 'user', victims.id, 'view'));
  t.match(await desk.http('POST', `/groups/${second}/members/${victims.id}`), {
    status: 409,
    json: { code: 'limit_reached', detail: /the pages of this group would be too much for this user/ },
  });
});

t.test('LIM-24 pages that grow when they are shared are bounded; an owner of little may always go on', async (t) => {
  const server = await startServer(t, { environment });
  const [hostile, honest, victim] = await Promise.all(
    ['hostile', 'honest', 'victim'].map(async (name) => sitDown(t, server, await server.person(name))),
  );
  const pages = await newPages(hostile!, 8);
  await Promise.all(pages.map((page) => hostile!.must('share_page', grant(page, 'user', victim!.person.id, 'view'))));
  const answers = await Promise.all(
    Array.from({ length: 160 }, (_, at) => hostile!.ask('create_alarm', largeAlarm(pages[at % 8]!))),
  );
  const refused = answers.filter(({ type }) => type === 'error');
  t.ok(refused.length > 100, `${refused.length} of 160 were refused`);
  t.match(refused[0]!.payload, { code: 'limit_reached', message: /somebody who sees this page has as much already/ });
  const state = JSON.stringify(
    (await openRaw(t, server.url, victim!.person.token).then((raw) => raw.next('initial_state'))).payload,
  );
  t.ok(Buffer.byteLength(state) < 1.2 * LIMIT, `a state of ${Buffer.byteLength(state)} bytes`);
  const alarm = answers.find(({ type }) => type === 'success')!.payload.data;
  t.equal(
    (await hostile!.ask('update_alarm', { alarm_id: alarm.id, active: false })).type,
    'success',
    'what does not grow may be changed',
  );
  t.equal(
    (await hostile!.ask('trigger_alarm', { alarm_id: alarm.id, price: 1 })).type,
    'error',
    'that one is inactive',
  );
  await hostile!.must('update_alarm', { alarm_id: alarm.id, condition: 'above', active: true });
  const small = await Promise.all(pages.map((page) => hostile!.ask('create_alarm', alarmOn(page))));
  const grown = await Promise.all(
    small
      .filter(({ type }) => type === 'success')
      .flatMap(({ payload }) =>
        Array.from({ length: 4 }, () =>
          hostile!.ask('update_alarm', { alarm_id: payload.data.id, condition: '€'.repeat(500) }),
        ),
      ),
  );
  t.ok(
    Buffer.byteLength(
      JSON.stringify(
        (await openRaw(t, server.url, victim!.person.token).then((raw) => raw.next('initial_state'))).payload,
      ),
    ) <
      1.2 * LIMIT,
    `updates are no way round it (${succeeded(grown)} of ${grown.length} were taken)`,
  );

  const [page] = await newPages(honest!, 1);
  t.match(await honest!.ask('share_page', grant(page!, 'group', await makeGroup(honest!, 'Desk', []), 'view')), {
    type: 'success',
  });
  await honest!.must('create_alarm', alarmOn(page!));
  t.equal((await honest!.ask('create_alarm', alarmOn(page!))).type, 'success', 'an owner of little delays nobody');
});

t.test('LIM-24 LIMIT_SHARED_BYTES_PER_USER=0 takes it away', async (t) => {
  const server = await startServer(t, { environment: { ...environment, LIMIT_SHARED_BYTES_PER_USER: '0' } });
  const [desk, victim] = await Promise.all(
    ['john', 'mary'].map(async (name) => sitDown(t, server, await server.person(name))),
  );
  const pages = await newPages(desk!, 20);
  const answers = await Promise.all(
    pages.map((page) => desk!.ask('share_page', grant(page, 'user', victim!.person.id, 'view'))),
  );
  t.equal(succeeded(answers), 20);
});

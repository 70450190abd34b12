/** Recovery: the messages that a client missed, a state, or a removed page, for every kind of absence and with changes meanwhile. */
import t, { type Test } from 'tap';
import { Random } from '../crash/random.js';
import { alarmOn, type Granted, grant, makeGroup, sitDown } from '../e2e/desk.js';
import { readBy } from '../e2e/heard.js';
import { triggerSteadily } from '../e2e/load-on-page.js';
import { startServer } from '../e2e/test-server.js';
import { Holder } from '../gateway/holder.js';
import { givenNumber } from '../runner/given-number.js';

const SEED = givenNumber('TEST_SEED', Date.now() % 2 ** 31, 0);

const server = await startServer(t, { environment: { LIMITS: 'off' } });
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);
const viewer = await sitDown(t, server, mary!);

async function sharedPage(alarms = 3): Promise<{ page: string; alarm: string }> {
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  const made = await Promise.all(Array.from({ length: alarms }, () => owner.must('create_alarm', alarmOn(page))));
  await owner.must('share_page', grant(page, 'user', mary!.id, 'view'));
  return { page, alarm: made[0]!.data.id };
}

async function away(t: Test, person = mary!): Promise<Holder> {
  const holder = new Holder(server.url, person.token);
  t.teardown(() => holder.socket.terminate());
  await holder.join();
  await holder.cut();
  return holder;
}

/** It holds what the server shows, has seen no gap, and receives updates. */
async function isRight(t: Test, holder: Holder, desk = viewer): Promise<void> {
  await holder.fence();
  t.same(holder.faults, []);
  t.same(holder.state, await readBy(desk));
}

const entryOf = ({ payload }: any, page: string): any => payload.pages.find((entry: any) => entry.page.id === page);

t.test('DLV-7 nothing missed, few missed, more missed than the state is large', async (t) => {
  const { page, alarm } = await sharedPage();
  const holder = await away(t);
  const idle = await holder.resume();
  t.equal(idle.id, 'r');
  t.same(entryOf(idle, page).updates, [], 'nothing missed');
  await isRight(t, holder);
  await holder.cut();

  await owner.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  const few = entryOf(await holder.resume(), page);
  t.match(few.updates, [{ type: 'alarm_update', payload: { alarm_id: alarm, action: 'triggered' } }]);
  t.same(
    few.updates[0],
    JSON.parse(viewer.texts.findLast((text) => text.includes('alarm_update'))!),
    'the very message that was sent then',
  );
  await isRight(t, holder);
  await holder.cut();

  for (let price = 0; price < 50; price += 1) await owner.must('trigger_alarm', { alarm_id: alarm, price });
  const many = entryOf(await holder.resume(), page);
  t.equal(many.updates, undefined);
  t.equal(many.alarms.length, 3, 'the state is smaller');
  await isRight(t, holder);
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  await isRight(t, holder);
});

t.test(
  'DLV-7 what happens to the page itself comes with the rights as they are now, and the grant only to the owner',
  async (t) => {
    const { page } = await sharedPage(20);
    const holders = [await away(t), await away(t, john!)];
    await owner.must('rename_page', { page_id: page, name: 'One' });
    await owner.must('share_page', grant(page, 'user', mary!.id, 'edit'));
    await owner.must('rename_page', { page_id: page, name: 'Two' });
    const [editors, owners] = (await Promise.all(holders.map((holder) => holder.resume()))).map((answer) =>
      entryOf(answer, page),
    );
    t.match(
      editors.updates.map(({ payload }: any) => [payload.action, payload.page.name, payload.page.can_edit]),
      [
        ['renamed', 'One', true],
        ['shared', 'One', true],
        ['renamed', 'Two', true],
      ],
    );
    t.notOk(JSON.stringify(editors).includes('subject_id'));
    t.equal(owners.updates[1].payload.share.can_edit, true);
    await isRight(t, holders[0]!);
    await isRight(t, holders[1]!, owner);
  },
);

t.test('DLV-8 rights lost, gained, lost and regained; a page deleted; one that never was', async (t) => {
  const [lost, again, deleted] = [await sharedPage(), await sharedPage(20), await sharedPage()];
  const holder = await away(t);
  await owner.must('share_page', grant(lost.page, 'user', mary!.id, 'nothing'));
  await owner.must('share_page', grant(again.page, 'user', mary!.id, 'nothing'));
  await owner.must('trigger_alarm', { alarm_id: again.alarm, price: 1 });
  await owner.must('share_page', grant(again.page, 'user', mary!.id, 'view'));
  await owner.must('delete_page', { page_id: deleted.page });
  const gained = await sharedPage();
  await owner.must('trigger_alarm', { alarm_id: lost.alarm, price: 1 });
  const cursor = { ...holder.cursor };
  holder.pages.set('never', { page: { seq: 4 }, alarms: new Map() });
  const answer = await holder.resume({ ...cursor, never: 4 });
  t.same(
    [...answer.payload.removed].sort(),
    [lost.page, deleted.page, 'never'].sort(),
    'no difference between revoked, deleted and never there',
  );
  t.ok(entryOf(answer, gained.page).alarms, 'one that is new comes whole');
  t.notOk(JSON.stringify(answer.payload.pages).includes(lost.page), 'nothing of a page that may not be seen');
  await isRight(t, holder);
});

t.test('DLV-7 WIRE-14 another log, and a seq ahead of the log', async (t) => {
  const { page } = await sharedPage();
  const holder = await away(t);
  t.match(await holder.resume(holder.cursor, 'another'), { type: 'initial_state', id: 'r' });
  await isRight(t, holder);
  await holder.cut();
  const answer = await holder.resume({ ...holder.cursor, [page]: 1_000 });
  t.equal(entryOf(answer, page).alarms.length, 3);
  await isRight(t, holder);
});

t.test('DLV-9 a socket that is to resume is sent nothing before, and is told what is wrong', async (t) => {
  const { alarm } = await sharedPage();
  const holder = await away(t);
  await holder.open('&resume=1');
  const heard = holder.messages.length;
  t.match(await holder.ask('trigger_alarm', { alarm_id: alarm, price: 1 }), {
    type: 'error',
    payload: { code: 'resume_first' },
  });
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  const many = Object.fromEntries(Array.from({ length: 20_001 }, (_, at) => [at.toString(36), 1]));
  const log = holder.log;
  for (const payload of [
    null,
    [],
    { log },
    { pages: {} },
    { log: 1, pages: {} },
    { log, pages: [1] },
    { log, pages: many },
    ...[-1, 1.5, '1', null, {}, 2 ** 60].map((seq) => ({ log, pages: { a: seq } })),
    { log, pages: { ['x'.repeat(65)]: 1 } },
  ]) {
    t.match(
      await holder.ask('resume', payload),
      { type: 'error', payload: { code: 'invalid_message' } },
      JSON.stringify(payload)?.slice(0, 40),
    );
  }
  const wrong = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [at.toString(36), -1]));
  t.ok(JSON.stringify(await holder.ask('resume', { log, pages: wrong })).length < 5_000, 'an answer of a bounded size');
  t.match(await holder.ask('sync', { page_id: 'x', seq: 0 }), { payload: { code: 'resume_first' } });
  t.same(
    holder.messages
      .slice(heard)
      .map(({ type }) => type)
      .filter((type) => type !== 'error'),
    [],
    'nothing of pages',
  );
  const pages = {
    ...holder.cursor,
    ...Object.fromEntries(Array.from({ length: 15_000 }, (_, at) => [`never-${at}-${'x'.repeat(20)}`, 1])),
  };
  t.ok(JSON.stringify(pages).length > 500_000);
  holder.socket.send(JSON.stringify({ type: 'resume', id: 'large', payload: { log, pages } }));
  const answer = await holder.next('resumed');
  t.equal(answer.payload.removed.length, 15_000, 'a resume may be that large');
  holder.faults.length = 0; // It does not hold what it named.
  t.match(await holder.ask('resume', { log, pages: holder.cursor }), { payload: { code: 'already_live' } });
  t.match(await holder.ask('resume', { log, pages }), { payload: { code: 'already_live' } }, 'also a large one');
  await isRight(t, holder);
});

t.test('DLV-9 a client that sends nothing for 10 s gets initial_state', async (t) => {
  const holder = await away(t);
  const state = holder.next('initial_state');
  const openedAt = performance.now();
  await holder.open('&resume=1');
  await state;
  t.ok(performance.now() - openedAt > 9_900);
  await isRight(t, holder);
  t.match(await holder.ask('resume', { log: holder.log, pages: holder.cursor }), { payload: { code: 'already_live' } });
});

t.test('DLV-10 sync of one page under load', async (t) => {
  const { page, alarm } = await sharedPage(50);
  const holder = await away(t);
  await holder.resume();
  const load = triggerSteadily(owner, alarm);
  const hidden: string = (await owner.must('create_page', { name: 'Hidden' })).data.id;
  for (let round = 0; round < 30; round += 1) {
    const held = holder.pages.get(page)!.page.seq;
    const back = Math.max(0, held - (round % 3) * 3);
    const answer = await new Promise<any>((resolve) => {
      holder.socket.send(JSON.stringify({ type: 'sync', id: `s${round}`, payload: { page_id: page, seq: back } }));
      void holder.next('page_state').then(resolve);
    });
    const first = answer.payload.updates?.[0]?.payload.seq;
    if (first !== undefined) t.equal(first, back + 1);
    t.equal(answer.payload.updates?.at(-1)?.payload.seq ?? answer.payload.page.seq, answer.payload.page.seq);
    // What it asked for again it has been told before.
    const repeated = holder.faults.splice(0);
    t.same(
      repeated.filter((fault) => !/^(alarm|page)_update \d+ follows \d+$/.test(fault)),
      [],
    );
    await holder.fence();
  }
  await load.stop();
  for (const page_id of [hidden, 'never'])
    t.match(await holder.ask('sync', { page_id, seq: 0 }), { type: 'error', payload: { code: 'not_found' } });
  for (const payload of [null, {}, { page_id: page }, { page_id: page, seq: -1 }, { page_id: page, seq: 1.5 }])
    t.match(await holder.ask('sync', payload), { payload: { code: 'invalid_message' } });
  t.ok((await holder.ask('sync', { page_id: page, seq: 10_000_000 })).payload.alarms, 'a seq ahead: the state');
  await isRight(t, holder);
});

t.test(
  `DLV-7 DLV-8 coming back under a firehose of triggers, grants and revocations (TEST_SEED=${SEED})`,
  async (t) => {
    const random = new Random(SEED);
    const pages = await Promise.all([40, 40, 3].map((alarms) => sharedPage(alarms)));
    const group = await makeGroup(owner, 'Desk', []);
    await owner.must('share_page', grant(pages[0]!.page, 'group', group, 'edit'));
    const loads = pages.map(({ alarm }) => triggerSteadily(owner, alarm, 4));
    let changing = true;
    const changes = (async () => {
      while (changing) {
        const { page } = random.among(pages)!;
        if (random.chance(0.3))
          await owner.http(random.chance(0.5) ? 'POST' : 'DELETE', `/groups/${group}/members/${mary!.id}`);
        else if (random.chance(0.2))
          await owner.must('rename_page', { page_id: page, name: `Name ${random.between(1, 9)}` });
        else
          await owner.must(
            'share_page',
            grant(page, 'user', mary!.id, random.among<Granted>(['view', 'edit', 'nothing'])!),
          );
      }
    })();
    const holders = await Promise.all(Array.from({ length: 4 }, () => away(t)));
    const kinds = new Set<string>();
    for (let round = 0; round < 25; round += 1) {
      await Promise.all(
        holders.map(async (holder) => {
          const { payload } = await holder.resume();
          for (const entry of payload.pages)
            kinds.add(entry.alarms ? 'alarms' : entry.updates.length ? 'updates' : 'nothing');
          if (payload.removed.length) kinds.add('removed');
          for (let messages = random.between(0, 3); messages > 0; messages -= 1) await holder.fence();
          if (round < 24) await holder.cut();
        }),
      );
    }
    changing = false;
    await changes;
    for (const load of loads) t.ok((await load.stop()) > 50);
    for (const holder of holders) await isRight(t, holder);
    t.ok(kinds.has('alarms') && kinds.has('updates') && kinds.has('removed'), [...kinds].join(', '));
  },
);

t.test('DLV-7 a restart of the server lies between: what was missed comes from the history', async (t) => {
  const { page, alarm } = await sharedPage(20);
  const holder = await away(t);
  await owner.must('trigger_alarm', { alarm_id: alarm, price: 1 });
  await owner.must('rename_page', { page_id: page, name: 'Renamed' });
  const after = await server.restart();
  const answer = await holder.resume();
  t.same(
    entryOf(answer, page).updates.map(({ payload }: any) => payload.action),
    ['triggered', 'renamed'],
  );
  const again = await sitDown(t, after, mary!);
  await again.must('trigger_alarm', { alarm_id: alarm, price: 2 });
  await isRight(t, holder, again);
});

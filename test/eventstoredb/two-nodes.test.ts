/** What two nodes on one EventStoreDB promise; on the stand-in where no server is named by TEST_EVENT_STORE. */

import { randomUUID } from 'node:crypto';
import { login } from '@alarm-server/client';
import t from 'tap';
import { commandKey, contentHash } from '../../src/commands/handling/ids.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { pageStream } from '../../src/domain/streams.js';
import { newEvent } from '../commands/wayward-log.js';
import { alarmOn, grant, makeGroup, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { PASSWORD, person } from '../e2e/test-server.js';
import { Holder } from '../gateway/holder.js';
import { openOn } from '../log/any-store.js';
import { at, twoNodes, unique } from './two-nodes.js';

t.test(
  'LOG-16 DLV-3 what one node appends reaches the viewers of the other, and a revocation there takes effect here',
  async (t) => {
    const {
      nodes: [a, b],
    } = await twoNodes(t);
    const [olga, vera] = [await person(t, a.server.url, unique('olga')), await person(t, a.server.url, unique('vera'))];
    const owner = await sitDown(t, a.server, olga);
    const page = await owner.must('create_page', { name: 'Alarmes' });
    const shared = await owner.must('share_page', grant(page.data.id, 'user', vera.id, 'edit'));
    // Every node answers for what was answered anywhere.
    t.equal(
      (
        await request(b.server.url, 'GET', `/pages/${page.data.id}?min_position=${shared.position}`, {
          token: vera.token,
        })
      ).status,
      200,
    );
    const viewer = await sitDown(t, b.server, at(b, vera));
    t.equal(viewer.initial.payload.log, owner.initial.payload.log, 'one log');
    const alarm = await owner.must('create_alarm', alarmOn(page.data.id));
    t.match(await viewer.next('alarm_update'), { payload: { action: 'created', seq: alarm.seq, data: alarm.data } });
    const triggered = await viewer.must('trigger_alarm', { alarm_id: alarm.data.id, price: 1.1 });
    t.match(await owner.next('alarm_update', ({ payload }) => payload.action === 'triggered'), {
      payload: { seq: triggered.seq, by: vera.id },
    });
    await owner.must('share_page', grant(page.data.id, 'user', vera.id, 'nothing'));
    await viewer.next('page_removed');
    await owner.must('trigger_alarm', { alarm_id: alarm.data.id, price: 1.2 });
    t.match(await viewer.ask('trigger_alarm', { alarm_id: alarm.data.id, price: 1.3 }), {
      type: 'error',
      payload: { code: 'not_found' },
    });
    t.equal(viewer.messages.at(-2)!.type, 'page_removed', 'nothing of the page after it');
  },
);

t.test(
  'LOG-16 a name registered on both nodes at the same instant is taken once, and its owner logs in on both',
  async (t) => {
    const { nodes } = await twoNodes(t);
    const username = unique('zoé');
    const answers = await Promise.all(
      nodes.map(({ server }) => request(server.url, 'POST', '/register', { body: { username, password: PASSWORD } })),
    );
    t.same(answers.map(({ status }) => status).sort(), [201, 409]);
    for (const { server } of nodes) t.ok(await until(() => login(server.url, { username, password: PASSWORD })));
  },
);

t.test('LOG-16 CMD-1 the same command sent to both nodes at once has one effect and one answer', async (t) => {
  const {
    nodes: [a, b],
  } = await twoNodes(t);
  const olga = await person(t, a.server.url, unique('olga'));
  const one = await sitDown(t, a.server, olga);
  const page = await one.must('create_page', { name: 'Alarmes' });
  const alarm = await one.must('create_alarm', alarmOn(page.data.id));
  await request(b.server.url, 'GET', `/pages/${page.data.id}?min_position=${alarm.position}`, { token: olga.token });
  const two = await sitDown(t, b.server, at(b, olga));
  for (let round = 0; round < 20; round++) {
    const id = randomUUID();
    const payload = { alarm_id: alarm.data.id, price: round };
    const [first, second] = await Promise.all([one, two].map((desk) => desk.must('trigger_alarm', payload, id)));
    t.same(first, second);
  }
  const made = await Promise.all([one, two].map((desk) => desk.must('create_page', { name: 'Both' }, 'both')));
  t.same(made[0], made[1]);
  const { json } = await one.http('GET', `/pages/${page.data.id}/events?limit=1000`);
  t.equal(json.events.filter(({ type }: { type: string }) => type === 'AlarmTriggered').length, 20);
});

t.test(
  'LOG-16 SES-2 SES-3 a session ended on one node is over on the other: tokens refused, sockets closed with 4002',
  async (t) => {
    const {
      nodes: [a, b],
    } = await twoNodes(t);
    const olga = await person(t, a.server.url, unique('olga'));
    const again = { ...olga, token: await login(a.server.url, { username: olga.username, password: PASSWORD }) };
    await until(async () => {
      if ((await request(b.server.url, 'GET', '/me', { token: again.token })).status !== 200)
        throw new Error('not there yet');
    });
    const [gone, stays] = await Promise.all([sitDown(t, b.server, at(b, olga)), sitDown(t, b.server, at(b, again))]);
    t.equal((await request(a.server.url, 'POST', '/logout', { token: olga.token })).status, 204);
    t.match(await gone.closed, { code: 4002 });
    t.equal((await request(b.server.url, 'GET', '/me', { token: olga.token })).status, 401);
    const changed = await request(b.server.url, 'POST', '/password', {
      token: again.token,
      body: { old: PASSWORD, new: 'another battery staple' },
    });
    t.equal(changed.status, 200);
    t.match(
      await stays.ask('no such command', {}),
      { type: 'error', payload: { code: 'unknown_type' } },
      'the session that asked goes on',
    );
    t.equal(
      (await request(a.server.url, 'POST', '/login', { body: { username: olga.username, password: PASSWORD } })).status,
      401,
    );
    t.ok(await login(a.server.url, { username: olga.username, password: 'another battery staple' }));
  },
);

t.test(
  'PERM-10 void: each of its three kinds, told to viewers, marked in the history, and the same on both nodes',
  async (t) => {
    const {
      nodes: [a, b],
      url,
      prefix,
    } = await twoNodes(t);
    const [olga, vera] = [await person(t, a.server.url, unique('olga')), await person(t, a.server.url, unique('vera'))];
    const owner = await sitDown(t, a.server, olga);
    const page = await owner.must('create_page', { name: 'Alarmes' });
    const other = await owner.must('create_page', { name: 'Other' });
    const alarm = await owner.must('create_alarm', alarmOn(page.data.id));
    const group = await makeGroup(owner, 'Desk', [vera]);
    await owner.must('share_page', grant(page.data.id, 'group', group, 'view'));
    await owner.http('DELETE', `/groups/${group}/members/${vera.id}`);
    const used = await owner.must('trigger_alarm', { alarm_id: alarm.data.id, price: 1 }, 'used');
    // A node that is behind, as no test can make one be at will: it appends on what it knew before.
    const behind = await openOn(t, url, prefix);
    const triggered: DomainEvent = { type: 'AlarmTriggered', data: { alarm_id: alarm.data.id, price: 2 } };
    const key = commandKey(olga.id, 'used');
    const voids = [
      [pageStream(page.data.id), newEvent(vera.id, triggered, { via: `group:${group}`, command: 'trigger_alarm' })],
      [
        pageStream(page.data.id),
        newEvent(
          olga.id,
          { type: 'AlarmTriggered', data: { alarm_id: randomUUID(), price: 2 } },
          { command: 'trigger_alarm' },
        ),
      ],
      [
        pageStream(other.data.id),
        newEvent(
          olga.id,
          { type: 'PageRenamed', data: { name: 'Reused' } },
          {
            command: 'rename_page',
            id: 'used',
            key,
            hash: contentHash('rename_page', { page_id: other.data.id, name: 'Reused' }),
          },
        ),
      ],
    ] as const;
    const revisions = new Map([
      [pageStream(page.data.id), used.seq as number],
      [pageStream(other.data.id), 0],
    ]);
    for (const [stream, event] of voids) {
      const appended = await behind.append(stream, revisions.get(stream)!, [event]);
      if (appended.kind !== 'appended') throw new Error(`the void event was not appended: ${appended.kind}`);
      revisions.set(stream, appended.revision);
      const id = stream.slice('page-'.length);
      t.match(
        await owner.next('page_update', ({ payload }) => payload.page_id === id && payload.seq === appended.revision),
        { payload: { action: 'void' } },
      );
      for (const { server } of [a, b]) {
        const { json } = await request(
          server.url,
          'GET',
          `/pages/${id}/events?after_seq=${appended.revision - 1}&min_position=${appended.position}`,
          { token: olga.token },
        );
        t.match(json.events, [{ seq: appended.revision, void: true, data: {} }]);
      }
    }
    const { json } = await owner.http('GET', `/pages/${other.data.id}`);
    t.equal(json.page.name, 'Other');
    t.match((await owner.http('GET', `/alarms/${alarm.data.id}`)).json, { last_triggered: String });
  },
);

t.test(
  'DLV-12 LOG-16 a node that is behind sends no state before it knows what the log held when it was asked for; 2 s at most',
  async (t) => {
    const {
      nodes: [a, b],
      url,
      prefix,
      standIn,
    } = await twoNodes(t);
    if (!standIn) return void t.comment('not run: a real server does not hold a subscription back');
    const [olga, vera] = [await person(t, a.server.url, unique('olga')), await person(t, a.server.url, unique('vera'))];
    const owner = await sitDown(t, a.server, olga);
    const [page, taken] = [
      await owner.must('create_page', { name: 'Alarmes' }),
      await owner.must('create_page', { name: 'Other' }),
    ];
    const alarm = await owner.must('create_alarm', alarmOn(page.data.id));
    const shared = await owner.must('share_page', grant(taken.data.id, 'user', vera.id, 'view'));
    await owner.must('share_page', grant(page.data.id, 'user', vera.id, 'view'));
    await request(b.server.url, 'GET', `/pages/${page.data.id}?min_position=${shared.position}`, { token: olga.token });
    standIn.misbehave.holdFeed = true;
    // What a third node has written, and told its viewers, while nothing of it comes here.
    const elsewhere = await openOn(t, url, prefix);
    const write = async (id: string, event: DomainEvent): Promise<number> => {
      const appended = await elsewhere.append(pageStream(id), seqs.get(id)!, [newEvent(olga.id, event)]);
      if (appended.kind !== 'appended') throw new Error(appended.kind);
      seqs.set(id, appended.revision);
      return appended.revision;
    };
    const seqs = new Map<string, number>([
      [page.data.id, 2],
      [taken.data.id, 1],
    ]);
    const seq = await write(page.data.id, { type: 'AlarmTriggered', data: { alarm_id: alarm.data.id, price: 2 } });
    await write(taken.data.id, {
      type: 'PageShared',
      data: { subject_type: 'user', subject_id: vera.id, can_view: false, can_edit: false },
    });

    const joining = sitDown(t, b.server, at(b, vera));
    const holder = new Holder(b.server.url, vera.token);
    t.teardown(() => holder.socket.terminate());
    holder.log = owner.initial.payload.log;
    const resuming = holder.resume({ [page.data.id]: seq });
    await until(async () => {
      const { text } = await request(b.server.url, 'GET', '/metrics');
      if (!/^alarm_server_sockets_joining 2$/m.test(text)) throw new Error('they do not wait yet');
    });
    t.equal((await request(b.server.url, 'GET', '/pages', { token: vera.token })).json.length, 2, 'the node is behind');
    standIn.misbehave.holdFeed = false;
    const { pages } = (await joining).initial.payload;
    t.same(
      pages.map(({ id, seq: shown }: { id: string; seq: number }) => [id, shown]),
      [[page.data.id, seq]],
      'the page that was taken away is not shown again',
    );
    t.match((await resuming).payload, { pages: [{ page: { seq }, updates: [] }], removed: [] });

    standIn.misbehave.holdFeed = true;
    await write(page.data.id, { type: 'AlarmTriggered', data: { alarm_id: alarm.data.id, price: 3 } });
    const startedAt = performance.now();
    const { initial } = await sitDown(t, b.server, at(b, vera));
    t.ok(performance.now() - startedAt >= 1_990, 'it waits');
    t.equal(initial.payload.pages[0].seq, seq, 'and then says what it knows');
  },
);

t.test(
  'LOG-15 while the store is down commands fail fast, reads and sockets go on, and all recovers by itself',
  async (t) => {
    const {
      nodes: [a, b],
      standIn,
    } = await twoNodes(t);
    if (!standIn) return void t.comment('not run: a real server is stopped by hand');
    const olga = await person(t, a.server.url, unique('olga'));
    const desk = await sitDown(t, a.server, olga);
    const page = await desk.must('create_page', { name: 'Alarmes' });
    const alarm = await desk.must('create_alarm', alarmOn(page.data.id));
    await standIn.kill();
    const command = { alarm_id: alarm.data.id, price: 1 };
    t.match(await desk.ask('trigger_alarm', command, 'while it is down'), {
      type: 'error',
      payload: { code: 'store_unavailable', details: { retry_after_ms: Number } },
    });
    const startedAt = performance.now();
    t.match(await desk.http('POST', `/alarms/${alarm.data.id}/trigger`, { body: { price: 2 } }), {
      status: 503,
      json: { code: 'store_unavailable' },
    });
    t.ok(performance.now() - startedAt < 1_000, 'at once, once it is known');
    t.equal((await desk.http('GET', `/pages/${page.data.id}`)).status, 200);
    t.equal((await desk.http('GET', `/pages/${page.data.id}/events`)).status, 200);
    t.equal(
      (await request(a.server.url, 'POST', '/login', { body: { username: olga.username, password: PASSWORD } })).status,
      503,
    );
    await standIn.start();
    const after = await until(() => desk.must('trigger_alarm', command, 'while it is down'));
    t.match(await desk.next('alarm_update', ({ payload }) => payload.action === 'triggered'), {
      payload: { seq: after.seq },
    });
    const { json } = await until(async () => {
      const answer = await request(
        b.server.url,
        'GET',
        `/pages/${page.data.id}/events?min_position=${after.position}`,
        { token: olga.token },
      );
      if (answer.status !== 200) throw new Error(answer.text);
      return answer;
    });
    t.equal(
      json.events.filter(({ type }: { type: string }) => type === 'AlarmTriggered').length,
      1,
      'once, on the other node too',
    );
  },
);

/** The first answer that is none of an unready server. */
async function until<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

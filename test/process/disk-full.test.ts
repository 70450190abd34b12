import t from 'tap';
import type { SqliteLog } from '../../src/log/sqlite/log.js';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { foldOf, readBy } from '../e2e/heard.js';
import { request } from '../e2e/http-requests.js';
import { PASSWORD, startServer } from '../e2e/test-server.js';

t.test(
  'LOG-10 without room commands are refused, over the socket and over HTTP; reading goes on; with room writing goes on, and nothing was lost or changed',
  async (t) => {
    const server = await startServer(t);
    const owner = await sitDown(t, server, await server.person('owner'));
    const viewer = await sitDown(t, server, await server.person('viewer'));
    const { data: page } = await owner.must('create_page', { name: 'Desk' });
    await owner.must('share_page', grant(page.id, 'user', viewer.person.id, 'view'));
    const { data: alarm } = await owner.must('create_alarm', alarmOn(page.id));

    (server.app.log as SqliteLog).limitPages(1);
    const acknowledged: number[] = [];
    let refused: any;
    // What is left of the last pages is still used up.
    for (let price = 1; refused === undefined; price++) {
      const { type, payload } = await viewer.ask('trigger_alarm', { alarm_id: alarm.id, price }, `fill ${price}`);
      if (type === 'success') acknowledged.push(payload.seq);
      else refused = { price, ...payload };
    }
    t.match(refused, {
      code: 'store_full',
      message: /disk.*full.*nothing was changed/,
      details: { retry_after_ms: Number },
    });
    await viewer.fence();
    const heard = viewer.messages.length;

    const big = 'x'.repeat(40);
    const overHttp = await owner.http('POST', `/pages/${page.id}/alarms`, {
      body: { ticker: big, option: big, condition: big },
      idempotencyKey: 'kept for later',
    });
    t.match(overHttp, { status: 503, json: { code: 'store_full', status: 503 } });
    t.match(overHttp.headers.get('retry-after'), /^[1-9]\d*$/);
    t.match(await request(server.url, 'POST', '/register', { body: { username: 'third', password: PASSWORD } }), {
      status: 503,
    });
    t.match(await owner.http('POST', '/groups', { body: { name: 'Desk Euro' } }), {
      status: 503,
      json: { code: 'store_full' },
    });
    t.match(await owner.ask('create_page', { name: 'Another' }), { type: 'error', payload: { code: 'store_full' } });

    t.match(await viewer.http('GET', '/pages'), { status: 200, json: [{ id: page.id }] });
    t.match(await viewer.http('GET', `/pages/${page.id}/events?after_seq=${acknowledged.at(-1)! - 1}`), {
      status: 200,
      json: { events: [{ seq: acknowledged.at(-1) }], next: null },
    });
    t.match((await sitDown(t, server, viewer.person)).initial.payload, {
      pages: [{ id: page.id, seq: acknowledged.at(-1) }],
      alarms: [{ id: alarm.id }],
    });
    t.match(await request(server.url, 'GET', '/ready'), { status: 200 });
    await viewer.fence();
    t.equal(
      viewer.messages.length,
      heard + 1,
      'only the answer to the fence was received: nobody was shown a refused command',
    );

    (server.app.log as SqliteLog).limitPages(1_000_000);
    t.match(
      await viewer.must('trigger_alarm', { alarm_id: alarm.id, price: refused.price }, `fill ${refused.price}`),
      { seq: acknowledged.at(-1)! + 1 },
      'a refusal is not remembered, and its seq was not used',
    );
    t.match(
      await owner.http('POST', `/pages/${page.id}/alarms`, {
        body: { ticker: big, option: big, condition: big },
        idempotencyKey: 'kept for later',
      }),
      { status: 201 },
    );
    t.match(await request(server.url, 'POST', '/register', { body: { username: 'third', password: PASSWORD } }), {
      status: 201,
    });
    await viewer.fence();
    t.same(foldOf(viewer.messages), await readBy(viewer));

    const again = await sitDown(t, await server.restart(), viewer.person);
    t.match(again.initial.payload, { pages: [{ id: page.id, seq: acknowledged.at(-1)! + 2 }], alarms: [{}, {}] });
    for (const [at, seq] of acknowledged.entries())
      t.equal(
        (await again.must('trigger_alarm', { alarm_id: alarm.id, price: at + 1 }, `fill ${at + 1}`)).seq,
        seq,
        'what was acknowledged is there',
      );
  },
);

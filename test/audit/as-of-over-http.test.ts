/** `at=` over HTTP: who may ask, what the answer holds, and that it stays the same. */
import t from 'tap';
import { alarmOn, grant, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';

t.test('AUD-1 AUD-2 a page, its grants and an alarm as they were, for those who may see the page now', async (t) => {
  const server = await startServer(t);
  const [john, mary, eve] = [await server.person('john'), await server.person('mary'), await server.person('eve')];
  const [owner, viewer, stranger] = [
    await sitDown(t, server, john),
    await sitDown(t, server, mary),
    await sitDown(t, server, eve),
  ];
  const page: string = (await owner.must('create_page', { name: 'First name' })).data.id;
  const alarm = await owner.must('create_alarm', alarmOn(page));
  const { position } = await owner.must('trigger_alarm', { alarm_id: alarm.data.id, price: 1.5 });
  const live = (await owner.http('GET', `/pages/${page}`)).json;
  await owner.must('share_page', grant(page, 'user', mary.id, 'edit'));
  await owner.must('rename_page', { page_id: page, name: 'Second name' });
  const seq = (await viewer.http('GET', `/pages/${page}`)).json.page.seq;
  await viewer.must('ack_page', { page_id: page, upto: seq });
  await owner.must('delete_alarm', { alarm_id: alarm.data.id });

  const then = await owner.http('GET', `/pages/${page}?at=@${position}`);
  const { as_of, ...state } = then.json;
  t.same(state, live, 'as it was told then, alarms and status included');
  t.match(as_of, { requested: `@${position}`, position, at: /Z$/, index: Number, settled: true });
  t.equal((await owner.http('GET', `/pages/${page}?at=@${position}`)).text, then.text, 'the same bytes');
  t.same((await owner.http('GET', `/pages/${page}?at=%23${as_of.index}`)).json.page, live.page, 'by its index');

  const seen = (await viewer.http('GET', `/pages/${page}?at=@${position}`)).json;
  t.match(
    seen.page,
    { name: 'First name', is_owner: false, can_edit: false, can_share: false },
    'rights of then: none',
  );
  t.same(seen.alarms, live.alarms);
  const deleted = await viewer.http('GET', `/alarms/${alarm.data.id}?at=@${position}`);
  const { as_of: _, ...wasThere } = deleted.json;
  t.same(wasThere, live.alarms[0], 'an alarm that is deleted now');
  t.equal((await viewer.http('GET', `/alarms/${alarm.data.id}`)).status, 404);

  t.same((await owner.http('GET', `/pages/${page}/shares?at=@${position}`)).json.shares, []);
  t.match((await owner.http('GET', `/pages/${page}/shares`)).json, [{ subject_id: mary.id, can_edit: true }]);
  t.equal((await viewer.http('GET', `/pages/${page}/shares?at=@${position}`)).status, 403);
  t.equal((await stranger.http('GET', `/pages/${page}?at=@${position}`)).status, 404);
  t.equal((await request(server.url, 'GET', `/pages/${page}?at=@${position}`)).status, 401);

  for (const [at, status, detail] of [
    ['@999999', 422, /in the future/],
    ['2999-01-01T00:00:00Z', 422, /in the future/],
    ['2026-01-15T10:30:00+01:00', 422, /send a \+ as %2B/],
    ['yesterday', 422, /a moment with a zone/],
    ['2001-01-01T00:00:00Z', 404, /begins after that/],
    ['@1', 404, /Page not found/],
  ] as const) {
    const answer = await owner.http('GET', `/pages/${page}?at=${at}`);
    t.match([answer.status, answer.json.detail], [status, detail], at);
  }
  await owner.must('delete_page', { page_id: page });
  t.equal((await owner.http('GET', `/pages/${page}?at=@${position}`)).status, 404, 'nobody sees a deleted page now');
});

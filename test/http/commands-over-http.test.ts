/** A command over HTTP is the same as over the socket: what is pushed, what is answered, and its place in the log. */
import t from 'tap';
import { alarmOn, grant, makeGroup, sitDown } from '../e2e/desk.js';
import { pageCommands, type Subject } from '../e2e/page-commands.js';
import { startServer } from '../e2e/test-server.js';

const server = await startServer(t);
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);
const viewer = await sitDown(t, server, mary!);

async function stage(): Promise<Subject> {
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  await owner.must('share_page', grant(page, 'user', mary!.id, 'edit'));
  return { page, alarm: (await owner.must('create_alarm', alarmOn(page))).data.id, user: mary!.id };
}

t.test('HTTP-3 the bytes that are pushed are the same, whichever way a command came', async (t) => {
  for (const command of pageCommands) {
    const pushed: string[] = [];
    for (const way of ['socket', 'HTTP'] as const) {
      const subject = await stage();
      await viewer.fence();
      const before = viewer.texts.length;
      if (way === 'socket') await owner.must(command.type, command.payload(subject));
      else
        t.equal(
          (await owner.http(command.method, command.path(subject), { body: command.body?.(subject) })).status,
          command.status,
        );
      await viewer.fence();
      const own = /"(id|alarm_id)":"[0-9a-f-]{36}"|"\d{4}-\d\d-\d\dT[\d:.]+Z"/g;
      pushed.push(
        viewer.texts
          .slice(before, -1)
          .map((text) =>
            text.replaceAll(subject.page, 'PAGE').replaceAll(subject.alarm, 'ALARM').replace(own, 'ITS OWN'),
          )
          .join('\n'),
      );
    }
    t.not(pushed[0], '');
    t.equal(pushed[1], pushed[0], command.type);
  }
});

t.test(
  'HTTP-2 201 with what was made, 200 with what was changed, 204 without a body for what was removed',
  async (t) => {
    const { page, alarm, user } = await stage();
    const group = await makeGroup(owner, 'Desk', []);
    const made = await owner.http('POST', '/pages', { body: { name: 'New' } });
    t.match([made.status, made.json], [201, { id: String, name: 'New', owner_id: john!.id, is_owner: true, seq: 0 }]);
    t.same((await owner.http('GET', `/pages/${made.json.id}`)).json, { page: made.json, alarms: [] });
    const { page_id: _, ...fields } = alarmOn(page);
    const added = await owner.http('POST', `/pages/${page}/alarms`, { body: fields });
    t.match(
      [added.status, added.json],
      [201, { id: String, page_id: page, ...fields, active: true, last_triggered: null }],
    );
    t.same((await owner.http('GET', `/alarms/${added.json.id}`)).json, added.json);
    const shared = await owner.http('POST', `/pages/${page}/shares`, {
      body: { subject_type: 'user', subject_id: user, can_view: true, can_edit: false },
    });
    t.same([shared.status, shared.json], [201, grant(page, 'user', user, 'view')]);
    t.equal((await owner.http('POST', `/groups/${group}/members/${user}`)).status, 201);

    const updated = await owner.http('PATCH', `/alarms/${alarm}`, { body: { ticker: 'X', active: true } });
    t.match([updated.status, updated.json], [200, { id: alarm, ticker: 'X', condition: 'above' }]);
    const triggered = await owner.http('POST', `/alarms/${alarm}/trigger`, { body: { price: 1.5 } });
    t.match(
      [triggered.status, triggered.json],
      [200, { id: alarm, ticker: 'X', price: 1.5, last_triggered: String, seq: Number }],
    );
    const { price, seq, ...left } = triggered.json;
    t.same((await owner.http('GET', `/alarms/${alarm}`)).json, left);
    const renamed = await owner.http('PATCH', `/pages/${page}`, { body: { name: 'Renamed' } });
    t.match([renamed.status, renamed.json], [200, { id: page, name: 'Renamed', seq: seq + 1 }]);

    for (const path of [`/alarms/${alarm}`, `/groups/${group}/members/${user}`, `/pages/${page}`]) {
      const { status, text } = await owner.http('DELETE', path);
      t.same([status, text], [204, ''], path);
    }
    t.equal((await owner.http('GET', `/pages/${page}`)).status, 404);
  },
);

t.test('HTTP-3 every answer to a command bears its Log-Position, and a refusal none', async (t) => {
  const positions: string[] = [];
  for (const command of pageCommands) {
    const subject = await stage();
    const { headers } = await owner.http(command.method, command.path(subject), { body: command.body?.(subject) });
    positions.push(headers.get('log-position') ?? 'none');
  }
  for (const [method, path, body] of [
    ['POST', '/pages', { name: 'x' }],
    ['POST', '/groups', { name: 'x' }],
    ['POST', '/register', { username: 'pete', password: 'long enough' }],
  ] as const) {
    positions.push((await owner.http(method, path, { body })).headers.get('log-position') ?? 'none');
  }
  for (const position of positions) t.match(position, /^\d+$/);
  t.equal(new Set(positions).size, positions.length, 'each its own');
  const { page } = await stage();
  t.notOk((await viewer.http('DELETE', `/pages/${page}`)).headers.has('log-position'));
});

t.test('HTTP-3 the path names the page or alarm, whatever the body says', async (t) => {
  const [mine, other] = [await stage(), await stage()];
  await owner.http('PATCH', `/pages/${mine.page}`, { body: { page_id: other.page, name: 'By path' } });
  t.equal((await owner.http('GET', `/pages/${mine.page}`)).json.page.name, 'By path');
  t.equal((await owner.http('GET', `/pages/${other.page}`)).json.page.name, 'Page');
});

t.test('CMD-1 an Idempotency-Key is the id of the socket', async (t) => {
  const { page } = await stage();
  const { page_id: _, ...body } = alarmOn(page);
  for (const id of ['plain', 'with  spaces and "quotes"', '%C3%A9', 'x'.repeat(64)]) {
    const first = await owner.http('POST', `/pages/${page}/alarms`, { body, idempotencyKey: id });
    t.equal(first.status, 201);
    t.same((await owner.must('create_alarm', alarmOn(page), id)).data, first.json, id);
  }
});

t.test('CMD-1 a key that cannot be read is refused: without it a command might have its effect twice', async (t) => {
  for (const idempotencyKey of ['', 'é', Buffer.from('é').toString('latin1'), 'x'.repeat(65)]) {
    t.match(
      await owner.http('POST', '/pages', { body: { name: 'Twice' }, idempotencyKey }),
      { status: 400, json: { code: 'invalid_request' } },
      JSON.stringify(idempotencyKey.slice(0, 5)),
    );
  }
  t.notOk((await owner.http('GET', '/pages')).json.some(({ name }: { name: string }) => name === 'Twice'));
});

/** What one may not see is answered as what does not exist, byte for byte, whichever way one asks. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { alarmOn, type Desk, grant, makeGroup, sitDown } from './desk.js';
import type { HttpOptions } from './http-requests.js';
import { pageCommands, pageReads, type Subject } from './page-commands.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));
const owner = await sitDown(t, server, john!);
const stranger = await sitDown(t, server, mary!);

async function pageWithAlarm(): Promise<Subject> {
  const page: string = (await owner.must('create_page', { name: 'Page' })).data.id;
  return { page, alarm: (await owner.must('create_alarm', alarmOn(page))).data.id, user: john!.id };
}

const neverUsed = (): Subject => ({ page: randomUUID(), alarm: randomUUID(), user: john!.id });

async function httpBytes(desk: Desk, method: string, path: string, options?: HttpOptions): Promise<unknown> {
  const { status, headers, text } = await desk.http(method, path, options);
  return { status, headers: [...headers].filter(([name]) => name !== 'date'), text };
}

async function socketBytes(desk: Desk, type: string, payload: object, id: string): Promise<string> {
  await desk.ask(type, payload, id);
  return desk.texts.at(-1)!;
}

/** Every way to ask about the subject gives the same bytes as about ids that were never given out. */
async function isAsIfItDidNotExist(t: Test, desk: Desk, subject: Subject, what: string): Promise<void> {
  const nothing = neverUsed();
  for (const command of pageCommands) {
    const id = randomUUID();
    t.equal(
      await socketBytes(desk, command.type, command.payload(subject), id),
      await socketBytes(desk, command.type, command.payload(nothing), id),
      `${what}: ${command.type} over the socket`,
    );
    const asked = (to: Subject) =>
      httpBytes(desk, command.method, command.path(to), { body: command.body?.(to), idempotencyKey: id });
    const answer = await asked(subject);
    t.match(answer, { status: 404 });
    t.same(answer, await asked(nothing), `${what}: ${command.type} over HTTP`);
  }
  for (const { path } of pageReads) {
    const answer = await httpBytes(desk, 'GET', path(subject));
    t.match(answer, { status: 404 });
    t.same(
      answer,
      await httpBytes(desk, 'GET', path(nothing)),
      `${what}: GET ${path({ page: '{page}', alarm: '{alarm}', user: '' })}`,
    );
  }
}

t.test("PERM-7 another's page", async (t) => isAsIfItDidNotExist(t, stranger, await pageWithAlarm(), 'never shared'));

t.test('PERM-7 a page whose right was taken away', async (t) => {
  const subject = await pageWithAlarm();
  const desk = await makeGroup(owner, 'Desk', [mary!]);
  await owner.must('share_page', grant(subject.page, 'user', mary!.id, 'edit'));
  await owner.must('share_page', grant(subject.page, 'group', desk, 'view'));
  await stranger.must('trigger_alarm', { alarm_id: subject.alarm, price: 1 });
  await owner.must('share_page', grant(subject.page, 'user', mary!.id, 'nothing'));
  await owner.http('DELETE', `/groups/${desk}/members/${mary!.id}`);
  await isAsIfItDidNotExist(t, stranger, subject, 'taken away');
});

t.test('PERM-7 a deleted page, for its owner and its viewers', async (t) => {
  const subject = await pageWithAlarm();
  await owner.must('share_page', grant(subject.page, 'user', mary!.id, 'edit'));
  await owner.must('delete_page', { page_id: subject.page });
  await isAsIfItDidNotExist(t, owner, subject, 'deleted, its owner');
  await isAsIfItDidNotExist(t, stranger, subject, 'deleted, a former editor');
});

t.test('PERM-7 a deleted alarm, of a page that is seen and of one that is not', async (t) => {
  const subject = await pageWithAlarm();
  await owner.must('delete_alarm', { alarm_id: subject.alarm });
  await isAsIfItDidNotExist(t, stranger, subject, 'deleted alarm');
  const nothing = neverUsed();
  for (const { type, payload } of pageCommands.filter(({ payload }) => 'alarm_id' in payload(subject))) {
    const id = randomUUID();
    t.equal(
      await socketBytes(owner, type, payload(subject), id),
      await socketBytes(owner, type, payload(nothing), id),
      `its owner: ${type}`,
    );
  }
  t.same(
    await httpBytes(owner, 'GET', `/alarms/${subject.alarm}`),
    await httpBytes(owner, 'GET', `/alarms/${nothing.alarm}`),
  );
});

t.test("PERM-7 another's group, and one that was left", async (t) => {
  const left = await makeGroup(owner, 'Left', [mary!]);
  await stranger.http('DELETE', `/groups/${left}/members/${mary!.id}`);
  for (const group of [await makeGroup(owner, 'Desk', []), left]) {
    const nothing = randomUUID();
    for (const [method, path] of [
      ['GET', ''],
      ['POST', `/members/${mary!.id}`],
      ['DELETE', `/members/${mary!.id}`],
      ['DELETE', `/members/${john!.id}`],
    ] as const) {
      const answer = await httpBytes(stranger, method, `/groups/${group}${path}`);
      t.match(answer, { status: 404 });
      t.same(answer, await httpBytes(stranger, method, `/groups/${nothing}${path}`), `${method} ${path}`);
    }
  }
});

/** A read that had to wait answers by the rights and the session of its answer's moment, not of its request's. */
import t from 'tap';
import { alarmOn, type Desk, grant, sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';

const server = await startServer(t);
const [olga, vera] = await Promise.all([server.person('olga'), server.person('vera')]);
const owner = await sitDown(t, server, olga);
const { writer } = server.app.projection;

/** The tables are written to the end only when `let go` is called: reads from them wait until then. */
function tablesHeldBack(): () => void {
  const catchUp = writer.catchUp.bind(writer);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  writer.catchUp = async (timeoutMs) => {
    await held;
    return catchUp(timeoutMs);
  };
  return () => {
    writer.catchUp = catchUp;
    letGo();
  };
}

async function shared(): Promise<{ page: string; alarm: string; viewer: Desk }> {
  const { data: page } = await owner.must('create_page', { name: 'Page' });
  const { data: alarm } = await owner.must('create_alarm', alarmOn(page.id));
  await owner.must('share_page', grant(page.id, 'user', vera.id, 'view'));
  return { page: page.id, alarm: alarm.id, viewer: await sitDown(t, server, vera) };
}

/** Begins the read, and resolves when the server waits for the tables with it. */
async function begun(
  viewer: Desk,
  path: string,
): Promise<{ answer: Promise<{ status: number; text: string }>; letGo: () => void }> {
  const letGo = tablesHeldBack();
  let isWaiting = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (isWaiting = resolve));
  const { catchUp } = writer;
  writer.catchUp = (timeoutMs) => {
    isWaiting();
    return catchUp(timeoutMs);
  };
  const answer = viewer.http('GET', path);
  await waiting;
  return { answer, letGo };
}

t.test('DLV-14 history that waited while the right was taken away is not answered', async (t) => {
  for (const kind of ['pages', 'alarms'] as const) {
    const { page, alarm, viewer } = await shared();
    const { answer, letGo } = await begun(viewer, `/${kind}/${kind === 'pages' ? page : alarm}/events`);
    await owner.must('share_page', grant(page, 'user', vera.id, 'nothing'));
    await owner.must('create_alarm', alarmOn(page, 'SECRET'));
    letGo();
    const { status, text } = await answer;
    t.equal(status, 404, kind);
    t.notMatch(text, /SECRET|EUR/);
  }
});

t.test('DLV-14 history that waited while its page was deleted is not answered', async (t) => {
  const { page, viewer } = await shared();
  const { answer, letGo } = await begun(viewer, `/pages/${page}/events`);
  await owner.must('delete_page', { page_id: page });
  letGo();
  t.equal((await answer).status, 404);
});

t.test(
  'DLV-14 an owner who waited sees the grants that only owners see, a user who owns nothing does not',
  async (t) => {
    const { page, viewer } = await shared();
    const { answer, letGo } = await begun(viewer, `/pages/${page}/events`);
    letGo();
    const { status, text } = await answer;
    t.equal(status, 200);
    t.notMatch(text, vera.id + '"', "the grant is its owner's");
  },
);

t.test('DLV-14 a read that waited for a position while its session ended is answered with 401', async (t) => {
  const { viewer } = await shared();
  const { position } = await owner.must('create_page', { name: 'Now' });
  const waiting = ['/pages', '/groups', '/users?username=olga'].map((path) =>
    viewer.http('GET', `${path}${path.includes('?') ? '&' : '?'}min_position=${BigInt(position) + 2n}`),
  );
  t.equal((await viewer.http('POST', '/logout')).status, 204);
  await owner.must('create_page', { name: 'Later' });
  for (const { status, json, headers } of await Promise.all(waiting))
    t.match([status, json.code, headers.get('www-authenticate')], [401, 'unauthorized', 'Bearer']);
});

t.test(
  'DLV-14 an alarm that may not be seen costs the same look into the tables as one that is not there',
  async (t) => {
    const steve = await sitDown(t, server, await server.person('steve'));
    const { data: page } = await owner.must('create_page', { name: 'Hidden' });
    const { data: alarm } = await owner.must('create_alarm', alarmOn(page.id));
    const { history } = server.app.projection;
    const { pageOfAlarm } = history;
    let looks = 0;
    (history as { pageOfAlarm: typeof pageOfAlarm }).pageOfAlarm = (id) => {
      looks += 1;
      return pageOfAlarm(id);
    };
    t.teardown(() => ((history as { pageOfAlarm: typeof pageOfAlarm }).pageOfAlarm = pageOfAlarm));
    const answers: unknown[] = [];
    for (const id of [alarm.id, 'none']) {
      looks = 0;
      const { status, text } = await steve.http('GET', `/alarms/${id}/events`);
      answers.push([status, text, looks]);
    }
    t.same(answers[0], answers[1]);
    t.match(answers[0], [404, /not found/, 1]);
  },
);

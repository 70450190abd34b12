/** Free text on two nodes: one key a user, read and erased on both; on the stand-in where no server is named by TEST_EVENT_STORE. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import t from 'tap';
import { issueAdminToken } from '../../src/auth/admin-tokens.js';
import { readModelFile } from '../../src/config.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { person } from '../e2e/test-server.js';
import { JWT_SECRET, ServerProcess } from '../process/server-process.js';
import { type Node, twoNodes } from './two-nodes.js';

t.test(
  'TEXT-2 TEXT-3 LOG-16 one user’s first texts on two nodes at once have one key; erased on one they are null on both, after kill -9 and a rebuild',
  async (t) => {
    const { nodes } = await twoNodes(t);
    const [a, b] = nodes;
    const olga = await person(t, a.server.url, `olga-${randomUUID().slice(0, 8)}`);
    const [here, there] = [await sitDown(t, a.server, olga), await sitDown(t, b.server, olga)];
    const page: string = (await here.must('create_page', { name: 'Desk' })).data.id;
    const { data } = await here.must('create_alarm', alarmOn(page));
    const alarm: string = data.id;
    await there.next('alarm_update');
    const said = Array.from({ length: 6 }, (_, at) => `text ${at}`);
    await Promise.all(
      said.map((text, at) => (at % 2 === 0 ? here : there).must('comment_alarm', { alarm_id: alarm, text })),
    );
    const { position } = await here.must('update_alarm', { alarm_id: alarm, note: 'a note' });
    const commentsAt = async (node: Node): Promise<unknown[]> => {
      const { json } = await request(node.server.url, 'GET', `/alarms/${alarm}/events?min_position=${position}`, olga);
      return (json.events as { type: string; comment: unknown }[])
        .filter(({ type }) => type === 'AlarmCommented')
        .map(({ comment }) => comment);
    };
    for (const node of nodes) t.same((await commentsAt(node)).sort(), said);
    await there.next('alarm_update', ({ payload }) => payload.data.note === 'a note');

    const token = issueAdminToken(Buffer.from(JWT_SECRET));
    t.equal((await request(a.server.url, 'DELETE', `/admin/users/${olga.id}/texts`, { token })).status, 204);
    const nothing = said.map(() => null);
    t.same(await commentsAt(a), nothing);
    // The other node folds it within moments.
    while ((await commentsAt(b)).some((comment) => comment !== null));
    await b.server.end('SIGKILL');
    rmSync(readModelFile(b.dataDir));
    b.server = await ServerProcess.start({ dataDir: b.dataDir, environment: b.environment });
    t.same(await commentsAt(b), nothing, 'built anew');
    t.match((await request(b.server.url, 'GET', `/alarms/${alarm}`, olga)).json, { note: null });
    const again = await sitDown(t, b.server, olga);
    t.match(await again.must('comment_alarm', { alarm_id: alarm, text: 'new' }), { data: { note: null } });
    while ((await commentsAt(a)).at(-1) !== 'new');
    t.same(
      (await commentsAt(b)).filter((comment) => comment !== null),
      ['new'],
    );
  },
);

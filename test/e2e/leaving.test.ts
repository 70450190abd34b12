/** Leaving a page that was shared to one: over the socket and over HTTP, and what everybody is told. */
import t from 'tap';
import { alarmOn, grant, makeGroup, sitDown } from './desk.js';
import { request } from './http-requests.js';
import { startServer } from './test-server.js';

const server = await startServer(t);
const [john, mary, pete] = (await Promise.all(['john', 'mary', 'pete'].map((name) => server.person(name)))) as [
  Awaited<ReturnType<typeof server.person>>,
  Awaited<ReturnType<typeof server.person>>,
  Awaited<ReturnType<typeof server.person>>,
];

t.test(
  'PERM-11 DLV-3 one leaves over the socket or over HTTP: page_removed for them, page_update for the others, the grant for the owner',
  async (t) => {
    for (const way of ['socket', 'HTTP'] as const) {
      const [owner, leaver, other] = await Promise.all([john, mary, pete].map((person) => sitDown(t, server, person)));
      const page: string = (await owner!.must('create_page', { name: 'Page' })).data.id;
      const { data: alarm } = await owner!.must('create_alarm', alarmOn(page));
      for (const { id } of [mary, pete]) await owner!.must('share_page', grant(page, 'user', id, 'edit'));
      const gone = { page_id: page, subject_type: 'user', subject_id: mary.id, can_view: false, can_edit: false };
      if (way === 'socket')
        t.match(await leaver!.must('leave_page', { page_id: page }, 'leave'), {
          action: 'page_left',
          data: gone,
          seq: 4,
        });
      else {
        const { status, text, headers } = await leaver!.http('POST', `/pages/${page}/leave`, {
          idempotencyKey: 'leave over HTTP',
        });
        t.match([status, text, /^\d+$/.test(headers.get('log-position') ?? '')], [204, '', true]);
      }
      await Promise.all([owner!.fence(), leaver!.fence(), other!.fence()]);
      const heard = (desk: typeof owner) =>
        desk!.messages.filter(
          ({ type, payload }) =>
            type !== 'success' && type !== 'error' && (payload.page_id === page || payload.page?.id === page),
        );
      t.match(heard(leaver).at(-1), { type: 'page_removed', payload: { page_id: page } }, way);
      const told = { type: 'page_update', payload: { page_id: page, action: 'shared', seq: 4, by: mary.id } };
      t.match(heard(owner).at(-1), { ...told, payload: { ...told.payload, share: gone, page: { can_share: true } } });
      t.match(heard(other).at(-1), told);
      t.notOk('share' in heard(other).at(-1)!.payload, "what was granted is the owner's to see");
      t.equal((await leaver!.http('GET', `/pages/${page}`)).status, 404);
      t.equal((await leaver!.http('POST', `/alarms/${alarm.id}/trigger`, { body: { price: 1 } })).status, 404);
      t.same(
        (await owner!.http('GET', `/pages/${page}/shares`)).json.map(
          ({ subject_id }: { subject_id: string }) => subject_id,
        ),
        [pete.id],
      );
      t.match((await owner!.http('GET', `/pages/${page}/events`)).json.events.at(-1), {
        seq: 4,
        type: 'PageLeft',
        by: mary.id,
        data: gone,
      });
      t.same(
        (await other!.http('GET', `/pages/${page}/events`)).json.events.at(-1).data,
        {},
        'likewise in the history',
      );
      if (way === 'socket')
        t.match(
          await leaver!.must('leave_page', { page_id: page }, 'leave'),
          { action: 'page_left', seq: 4 },
          'CMD-1 the same id again has the same answer',
        );
      await owner!.must('share_page', grant(page, 'user', mary.id, 'view'));
      t.equal((await leaver!.http('GET', `/pages/${page}`)).status, 200, 'it may be shared to them again');
      for (const desk of [owner, leaver, other]) desk!.socket.close();
    }
  },
);

t.test(
  'PERM-11 a page that comes through a group too stays, with the rights of that; the answer says to leave the group',
  async (t) => {
    const [owner, leaver] = await Promise.all([john, mary].map((person) => sitDown(t, server, person)));
    const page: string = (await owner!.must('create_page', { name: 'Page' })).data.id;
    const group = await makeGroup(owner!, 'Desk', [mary]);
    await owner!.must('share_page', grant(page, 'group', group, 'view'));
    await owner!.must('share_page', grant(page, 'user', mary.id, 'edit'));
    await leaver!.must('leave_page', { page_id: page });
    t.match(
      leaver!.messages.findLast(({ type }) => type === 'page_update'),
      { payload: { page_id: page, action: 'shared', page: { can_edit: false } } },
    );
    t.match((await leaver!.ask('leave_page', { page_id: page })).payload, {
      code: 'permission_denied',
      message: /^Permission denied: .*leave the group instead$/,
    });
    t.equal((await leaver!.http('POST', `/pages/${page}/leave`)).status, 403);
    await leaver!.http('DELETE', `/groups/${group}/members/${mary.id}`);
    t.equal((await leaver!.http('GET', `/pages/${page}`)).status, 404);
  },
);

t.test(
  'AUTH-21 no name that people see has characters that they do not: bidirectional controls, characters of no width',
  async (t) => {
    const owner = await sitDown(t, server, john);
    const page: string = (await owner.must('create_page', { name: 'Ελληνικά עברית 📈 ❤️' })).data.id;
    const { data: alarm } = await owner.must('create_alarm', alarmOn(page));
    for (const unseen of [
      '\u202e',
      '\u2066',
      '\u061c',
      '\u200f',
      '\u200b',
      '\u200d',
      '\u2060',
      '\ufeff',
      '\u00ad',
      '\u3164',
    ]) {
      const name = `DAX${unseen}`;
      for (const [type, payload, field] of [
        ['create_page', { name }, 'name'],
        ['rename_page', { page_id: page, name }, 'name'],
        ['create_alarm', { ...alarmOn(page), ticker: name }, 'ticker'],
        ['create_alarm', { ...alarmOn(page), option: name }, 'option'],
        ['create_alarm', { ...alarmOn(page), condition: name }, 'condition'],
        ['update_alarm', { alarm_id: alarm.id, ticker: name }, 'ticker'],
        ['update_alarm', { alarm_id: alarm.id, option: name }, 'option'],
        ['update_alarm', { alarm_id: alarm.id, condition: name }, 'condition'],
      ] as const)
        t.match(
          (await owner.ask(type, payload)).payload,
          { code: 'invalid_message', message: new RegExp(`${field}: must not contain invisible characters`) },
          `${type} U+${unseen.charCodeAt(0).toString(16)}`,
        );
      t.match(await owner.http('POST', '/groups', { body: { name } }), { status: 422 });
      t.match(
        await request(server.url, 'POST', '/register', {
          body: { username: `jo${unseen}e`, password: 'correct horse' },
        }),
        { status: 422 },
      );
    }
  },
);

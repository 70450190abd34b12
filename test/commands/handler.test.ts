/** How commands meet the log: batches, a full disk, late answers, and the same command sent twice. */
import t from 'tap';
import { deleteAlarm } from '../../src/commands/alarms/delete-alarm.js';
import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { addGroupMember } from '../../src/commands/groups/add-group-member.js';
import { removeGroupMember } from '../../src/commands/groups/remove-group-member.js';
import { commandKey, entityId } from '../../src/commands/handling/ids.js';
import type { Outcome } from '../../src/commands/handling/pending-command.js';
import { createPage } from '../../src/commands/pages/create-page.js';
import { deletePage } from '../../src/commands/pages/delete-page.js';
import { sharePage } from '../../src/commands/pages/share-page.js';
import { groupStream, pageStream } from '../../src/domain/streams.js';
import { code, codes, desk, olga, PAGE, price, revoke, share, stream, vera } from './page-desk.js';

t.test('CMD-5 what comes together for a page is one append, in the order it came', async (t) => {
  const { log, ask } = await desk(t);
  const outcomes = await Promise.all([1, 2, 3].map((value) => ask(vera, triggerAlarm, price(value))));
  t.match(log.appends, [
    { stream, expected: 2, events: [1, 2, 3].map((value) => ({ event: { data: price(value) } })) },
  ]);
  t.match(
    outcomes,
    [1, 2, 3].map((value) => ({
      kind: 'done',
      action: 'alarm_triggered',
      seq: 2 + value,
      position: String(6 + value),
    })),
  );
  outcomes.forEach((outcome, at) =>
    t.match(JSON.parse((outcome as { data: string }).data), { id: 'alarm', price: at + 1, last_triggered: String }),
  );
});

t.test('CMD-5 a right taken away earlier in a batch is not used later in it', async (t) => {
  const { ask, news } = await desk(t);
  t.same(
    await codes([ask(vera, triggerAlarm, price(1)), ask(olga, sharePage, revoke), ask(vera, triggerAlarm, price(2))]),
    ['alarm_triggered', 'page_shared', 'not_found'],
  );
  t.same(news(), ['AlarmTriggered', 'PageShared']);
});

t.test('CMD-5 more than one append may hold is several, and all are answered', async (t) => {
  const { log, ask } = await desk(t);
  const outcomes = await Promise.all(Array.from({ length: 1_200 }, (_, at) => ask(vera, triggerAlarm, price(at))));
  t.same(
    log.appends.map(({ events }) => events.length),
    [320, 320, 320, 240],
  );
  t.same(
    outcomes.map((outcome) => (outcome as { seq: number }).seq),
    Array.from({ length: 1_200 }, (_, at) => at + 3),
  );
});

t.test('LOG-10 without room the whole batch is refused, and nothing has changed', async (t) => {
  const { log, projection, ask, news } = await desk(t);
  log.fillUp();
  const outcomes = await Promise.all([
    ask(olga, deleteAlarm, { alarm_id: 'alarm' }),
    ask(vera, triggerAlarm, price(1)),
  ]);
  t.same(
    outcomes.map(code),
    ['store_full', 'store_full'],
    'also what was refused only because the first would have come before it',
  );
  t.match(outcomes[0], { refusal: { details: { retry_after_ms: Number } } });
  t.ok(projection.live.pageOfAlarm('alarm'));
  t.equal(projection.live.pages.get(PAGE)!.seq, 2);
  t.same(await codes([ask(vera, triggerAlarm, price(2))]), ['alarm_triggered'], 'with room it goes on');
  t.same(news(), ['AlarmTriggered']);
});

t.test('CMD-3 a command refused for want of room may be sent again with its id', async (t) => {
  const { log, ask, news } = await desk(t);
  log.fillUp();
  t.same(
    await codes([ask(vera, triggerAlarm, price(1), 'once'), ask(vera, triggerAlarm, price(1), 'once')]),
    ['store_full', 'alarm_triggered'],
    'the repeat that waited is an attempt of its own',
  );
  t.same(await codes([ask(vera, triggerAlarm, price(1), 'once')]), ['alarm_triggered']);
  t.same(news(), ['AlarmTriggered']);
});

t.test(
  'CMD-5 nobody is answered before the log has: neither with an effect nor with a refusal that rests on one',
  async (t) => {
    const { log, ask } = await desk(t);
    const settled: string[] = [];
    const told = (name: string, outcome: Promise<Outcome>): Promise<unknown> =>
      outcome.then((one) => settled.push(`${name}: ${code(one)}`));
    const feed = log.holdFeed();
    const answer = log.holdAnswers();
    const all = Promise.all([
      told('delete', ask(olga, deleteAlarm, { alarm_id: 'alarm' })),
      told('trigger', ask(vera, triggerAlarm, price(1))),
    ]);
    await log.nextAppend();
    await new Promise(setImmediate);
    t.same(settled, []);
    answer();
    await new Promise(setImmediate);
    t.same(
      settled,
      ['trigger: not_found'],
      'durable, so the refusal is true; the effect is still on its way to the live state',
    );
    feed();
    await all;
    t.same(settled, ['trigger: not_found', 'delete: alarm_deleted']);
  },
);

t.test(
  'CMD-5 a page’s next batch is decided on what the log has, before the subscription has brought it',
  async (t) => {
    const { log, ask, news } = await desk(t);
    const feed = log.holdFeed();
    const settled: string[] = [];
    const told = (name: string, outcome: Promise<Outcome>): Promise<unknown> =>
      outcome.then((one) => settled.push(`${name}: ${code(one)}`));
    const batch = async (name: string, asked: Promise<Outcome>): Promise<unknown> => {
      const outcome = told(name, asked);
      await log.nextAppend();
      return [outcome];
    };
    const first = await batch('trigger', ask(vera, triggerAlarm, price(1)));
    const second = await batch('delete', ask(olga, deleteAlarm, { alarm_id: 'alarm' }));
    t.same(
      log.appends.map(({ expected }) => expected),
      [2, 3],
      'each behind the one before',
    );
    await told('trigger again', ask(vera, triggerAlarm, price(2)));
    t.same(settled, ['trigger again: not_found'], 'refused on what is durable; effects are told when they are folded');
    feed();
    await Promise.all([first, second].flat());
    t.same(settled, ['trigger again: not_found', 'trigger: alarm_triggered', 'delete: alarm_deleted']);
    t.same(news(), ['AlarmTriggered', 'AlarmDeleted']);
  },
);

t.test('CMD-5 a page waits for the subscription where that is too far behind', async (t) => {
  const { log, ask, news } = await desk(t);
  const feed = log.holdFeed();
  const all: Promise<Outcome>[] = [];
  for (let round = 0; round < 5; round += 1) {
    all.push(...Array.from({ length: 320 }, (_, at) => ask(vera, triggerAlarm, price(at))));
    if (round < 4) await log.nextAppend();
  }
  const late = ask(vera, triggerAlarm, price(1));
  await log.nextAppend();
  for (let round = 0; round < 3; round += 1) await new Promise(setImmediate);
  t.equal(log.appends.length, 5, 'the fifth is appended, and a sixth waits until what it would be decided on has come');
  feed();
  t.same(new Set(await codes([...all, late])), new Set(['alarm_triggered']));
  t.equal(news().length, 5 * 320 + 1);
});

t.test('CMD-5 a batch whose answer is late is not over when the subscription has brought its events', async (t) => {
  const { log, ask, news } = await desk(t);
  const answer = log.holdAnswers();
  t.equal(code(await ask(vera, triggerAlarm, price(1))), 'alarm_triggered', 'what the subscription brings is durable');
  const next = ask(vera, triggerAlarm, price(2));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  t.equal(log.appends.length, 1);
  answer();
  t.equal(code(await next), 'alarm_triggered');
  t.same(news(), ['AlarmTriggered', 'AlarmTriggered']);
});

t.test(
  'CMD-1 the same id with the same content has one effect and one answer: at once, a little later, and after the right was lost',
  async (t) => {
    const { projection, ask, news } = await desk(t);
    const once = (): Promise<Outcome> => ask(vera, triggerAlarm, price(1), 'once');
    const [first, ...others] = await Promise.all([once(), once(), once()]);
    t.match(first, { kind: 'done', seq: 3 });
    for (const other of [...others, await once()]) t.same(other, first);
    t.equal(await projection.writer.catchUp(5_000), true);
    t.same(await once(), first, 'from the tables, as from memory');
    t.equal(code(await ask(olga, sharePage, revoke)), 'page_shared');
    t.same(await once(), first, 'what was answered once stays available to the user');
    t.equal(code(await ask(vera, triggerAlarm, price(1))), 'not_found');
    t.equal(code(await ask(olga, deletePage, { page_id: PAGE })), 'page_deleted');
    t.same(await once(), first, 'even when the page is gone');
    t.same(news(), ['AlarmTriggered', 'PageShared', 'PageDeleted']);
  },
);

t.test('CMD-1 an id is its user’s own', async (t) => {
  const { ask, news } = await desk(t);
  t.same(await codes([ask(vera, triggerAlarm, price(1), 'once'), ask(olga, triggerAlarm, price(1), 'once')]), [
    'alarm_triggered',
    'alarm_triggered',
  ]);
  t.same(news(), ['AlarmTriggered', 'AlarmTriggered']);
});

t.test('CMD-2 the same id with other content is refused, also while the first is under way', async (t) => {
  const { log, ask, news } = await desk(t);
  const answer = log.holdAnswers();
  const first = ask(vera, triggerAlarm, price(1), 'once');
  const [otherPrice, otherKind] = [
    ask(vera, triggerAlarm, price(2), 'once'),
    ask(vera, deleteAlarm, { alarm_id: 'alarm' }, 'once'),
  ];
  await log.nextAppend();
  answer();
  t.same(await codes([first, otherPrice, otherKind]), ['alarm_triggered', 'id_reused', 'id_reused']);
  t.same(await codes([ask(vera, triggerAlarm, price(2), 'once')]), ['id_reused']);
  t.same(news(), ['AlarmTriggered']);
});

t.test('CMD-3 a refusal is not remembered: the same id may be tried again', async (t) => {
  const { ask, news } = await desk(t, [stream, olga, share(vera, false)]);
  t.same(await codes([ask(vera, triggerAlarm, price(1), 'once'), ask(vera, triggerAlarm, price(1), 'once')]), [
    'not_found',
    'not_found',
  ]);
  t.equal(code(await ask(olga, sharePage, { ...revoke, can_view: true })), 'page_shared');
  t.equal(code(await ask(vera, triggerAlarm, price(1), 'once')), 'alarm_triggered');
  t.equal(
    code(await ask(vera, deleteAlarm, { alarm_id: 'nothing' }, 'nothing')),
    'not_found',
    'also where there is no page to ask on',
  );
  t.equal(code(await ask(vera, triggerAlarm, price(2), 'nothing')), 'alarm_triggered');
  t.same(news(), ['PageShared', 'AlarmTriggered', 'AlarmTriggered']);
});

t.test(
  'CMD-6 a command that changes nothing is an event, so that a late repeat cannot undo what came between',
  async (t) => {
    const { ask, news } = await desk(t);
    const grant = { ...revoke, can_view: true, can_edit: true };
    t.equal(code(await ask(olga, sharePage, grant, 'stands already')), 'page_shared');
    t.equal(code(await ask(olga, sharePage, revoke)), 'page_shared');
    t.equal(code(await ask(olga, sharePage, grant, 'stands already')), 'page_shared');
    t.equal(code(await ask(vera, triggerAlarm, price(1))), 'not_found', 'the revocation stands');
    t.same(news(), ['PageShared', 'PageShared']);
  },
);

t.test('PERM-5 a right that comes through a group is never used after the group lost its member', async (t) => {
  const group = groupStream('desk');
  const { log, ask } = await desk(
    t,
    [stream, olga, share(vera, false)],
    [group, olga, { type: 'GroupCreated', data: { name: 'Desk', owner_id: olga } }],
    [group, olga, { type: 'GroupMemberAdded', data: { user_id: vera } }],
    [
      stream,
      olga,
      { type: 'PageShared', data: { subject_type: 'group', subject_id: 'desk', can_view: true, can_edit: false } },
    ],
  );
  const trigger = (value: number): Promise<Outcome> => ask(vera, triggerAlarm, price(value));
  t.same(await codes([trigger(1), ask(olga, removeGroupMember, { group_id: 'desk', user_id: vera }), trigger(2)]), [
    'alarm_triggered',
    'group_member_removed',
    'not_found',
  ]);
  t.same(
    log.appends.map((one) => one.stream),
    [stream, group],
  );
});

t.test('CMD-7 a removal delays the commands of the removed user, and nobody else', async (t) => {
  const group = groupStream('desk');
  const { log, ask } = await desk(
    t,
    [group, olga, { type: 'GroupCreated', data: { name: 'Desk', owner_id: olga } }],
    [group, olga, { type: 'GroupMemberAdded', data: { user_id: vera } }],
  );
  const order: string[] = [];
  const noting = (what: string, outcome: Promise<Outcome>): Promise<unknown> => outcome.then(() => order.push(what));
  await Promise.all([
    noting('removal', ask(olga, removeGroupMember, { group_id: 'desk', user_id: vera })),
    noting('vera', ask(vera, triggerAlarm, price(1))),
    noting('olga', ask(olga, triggerAlarm, price(2))),
    noting('vera', ask(vera, triggerAlarm, price(3))),
  ]);
  t.ok(order.indexOf('removal') < order.indexOf('vera') && order.indexOf('olga') < order.indexOf('vera'), order.join());
  t.equal(order.length, 4);
  t.same(log.appends.map((one) => one.stream).sort(), [group, stream, stream], 'her commands follow in one batch');
});

t.test(
  'CMD-8 changes of a group that wait together are one append, each decided on what the one before left',
  async (t) => {
    const group = groupStream('desk');
    const { log, ask } = await desk(t, [group, olga, { type: 'GroupCreated', data: { name: 'Desk', owner_id: olga } }]);
    const add = { group_id: 'desk', user_id: vera };
    t.same(
      await codes([
        ask(olga, addGroupMember, add),
        ask(olga, removeGroupMember, add),
        ask(olga, removeGroupMember, add),
        ask(vera, addGroupMember, add),
        ask(olga, addGroupMember, add),
      ]),
      ['group_member_added', 'group_member_removed', 'not_found', 'not_found', 'group_member_added'],
    );
    t.same(
      log.appends.map((one) => one.stream),
      [group],
    );
  },
);

t.test(
  'CMD-1 an id that made a page long ago makes no other one, even when that page is deleted and the id forgotten',
  async (t) => {
    const page = entityId(commandKey(olga, 'long ago'));
    const { log, projection, ask } = await desk(
      t,
      [pageStream(page), olga, { type: 'PageCreated', data: { name: 'Old', owner_id: olga } }],
      [pageStream(page), olga, { type: 'PageDeleted', data: {} }],
    );
    // An id is forgotten only after its effect has been in the tables for a day.
    t.equal(await projection.writer.catchUp(5_000), true);
    t.equal(code(await ask(olga, createPage, { name: 'Old' }, 'long ago')), 'id_reused');
    t.same(log.appends, []);
    t.match(await ask(olga, createPage, { name: 'Other' }, 'never before'), {
      kind: 'done',
      action: 'page_created',
      seq: 0,
    });
  },
);

t.test('more than may wait is refused as overloaded, and not forgotten is what waits already', async (t) => {
  const { ask } = await desk(t);
  const waiting = Array.from({ length: 50_000 }, () => ask(vera, triggerAlarm, price(1)));
  t.match(await ask(vera, triggerAlarm, price(1)), {
    kind: 'refused',
    refusal: { code: 'overloaded', details: { retry_after_ms: Number } },
  });
  t.equal(
    (await Promise.all(waiting)).every((one) => one.kind === 'done'),
    true,
  );
  t.equal(
    code(await ask(vera, triggerAlarm, price(1))),
    'alarm_triggered',
    'with room in the queue it is accepted again',
  );
});

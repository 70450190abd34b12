/** How commands meet a log that others write too: conflicts, what the others did, void events, appends without an answer. */
import t from 'tap';
import { deleteAlarm } from '../../src/commands/alarms/delete-alarm.js';
import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { commandKey, contentHash } from '../../src/commands/handling/ids.js';
import type { Outcome } from '../../src/commands/handling/pending-command.js';
import { renamePage } from '../../src/commands/pages/rename-page.js';
import { groupStream } from '../../src/domain/streams.js';
import type { NewEvent } from '../../src/log/event-log.js';
import { code, codes, desk, olga, PAGE, price, share, stream, vera } from './page-desk.js';
import { newEvent } from './wayward-log.js';

t.test('LOG-2 after a conflict the batch is decided again, once, on what the other writer left', async (t) => {
  const { log, ask, news } = await desk(t);
  log.precedeWith(newEvent(olga, share(vera, false)));
  t.same(
    await codes([
      ask(vera, triggerAlarm, price(1)),
      ask(olga, triggerAlarm, price(2)),
      ask(vera, renamePage, { page_id: PAGE, name: 'Mine' }),
    ]),
    ['not_found', 'alarm_triggered', 'not_found'],
  );
  t.same(
    log.appends.map(({ expected, events }) => [expected, events.length]),
    [
      [2, 2],
      [3, 1],
    ],
    'one append that failed, one that did not',
  );
  t.same(news(), ['PageShared', 'AlarmTriggered'], 'nothing lost, nothing doubled');
});

t.test('LOG-2 what came during the conflict is decided after what was put back', async (t) => {
  const { log, ask, news } = await desk(t);
  const answer = log.holdAnswers();
  log.precedeWith(newEvent(olga, { type: 'PageRenamed', data: { name: 'Elsewhere' } }));
  const first = ask(olga, triggerAlarm, price(1));
  await log.nextAppend();
  const second = ask(olga, deleteAlarm, { alarm_id: 'alarm' });
  answer();
  t.same(await codes([first, second]), ['alarm_triggered', 'alarm_deleted']);
  t.same(news(), ['PageRenamed', 'AlarmTriggered', 'AlarmDeleted']);
});

t.test('LOG-2 one conflict after the other, and still each has its effect once', async (t) => {
  const { log, ask, news } = await desk(t);
  for (let times = 0; times < 5; times += 1)
    log.precedeWith(newEvent(olga, { type: 'PageRenamed', data: { name: String(times) } }));
  t.same(await codes([ask(vera, triggerAlarm, price(1)), ask(vera, triggerAlarm, price(2))]), [
    'alarm_triggered',
    'alarm_triggered',
  ]);
  t.same(news(), [...Array.from({ length: 5 }, () => 'PageRenamed'), 'AlarmTriggered', 'AlarmTriggered']);
});

t.test(
  'CMD-1 a command that another writer has had the effect of is answered with that, and not done again',
  async (t) => {
    const { log, ask, news } = await desk(t);
    const elsewhere = {
      key: commandKey(vera, 'once'),
      id: 'once',
      hash: contentHash('trigger_alarm', price(1)),
      command: 'trigger_alarm',
    };
    log.precedeWith(newEvent(vera, { type: 'AlarmTriggered', data: price(1) }, elsewhere));
    const outcomes = await Promise.all([
      ask(vera, triggerAlarm, price(1), 'once'),
      ask(vera, triggerAlarm, price(2), 'twice'),
    ]);
    t.match(outcomes, [
      { kind: 'done', seq: 3 },
      { kind: 'done', seq: 4 },
    ]);
    log.precedeWith(
      newEvent(
        vera,
        { type: 'AlarmTriggered', data: price(3) },
        { ...elsewhere, key: commandKey(vera, 'alone'), id: 'alone', hash: contentHash('trigger_alarm', price(3)) },
      ),
    );
    t.match(await ask(vera, triggerAlarm, price(3), 'alone'), { kind: 'done', seq: 5 });
    t.equal(code(await ask(vera, triggerAlarm, price(4))), 'alarm_triggered', 'and the page goes on');
    t.same(news(), ['AlarmTriggered', 'AlarmTriggered', 'AlarmTriggered', 'AlarmTriggered']);
  },
);

t.test(
  'LOG-2 a batch decided ahead of the subscription that another writer precedes is decided again when the subscription has brought all',
  async (t) => {
    const { log, ask, news } = await desk(t);
    const feed = log.holdFeed();
    const first = ask(vera, triggerAlarm, price(1));
    await log.nextAppend();
    log.precedeWith(newEvent(olga, share(vera, false)));
    const second = ask(vera, triggerAlarm, price(2));
    await log.nextAppend();
    await new Promise(setImmediate);
    t.equal(log.appends.length, 2, 'it waits for the subscription');
    feed();
    t.same(await codes([first, second]), ['alarm_triggered', 'not_found']);
    t.same(news(), ['AlarmTriggered', 'PageShared']);
  },
);

t.test(
  'LOG-2 after a conflict nothing is decided before the subscription has brought what the other writer wrote',
  async (t) => {
    const { log, ask, news } = await desk(t);
    const feed = log.holdFeed();
    log.precedeWith(newEvent(olga, { type: 'AlarmDeleted', data: { alarm_id: 'alarm' } }));
    const asked = ask(vera, triggerAlarm, price(1));
    await log.nextAppend();
    for (let round = 0; round < 5; round++) await new Promise(setImmediate);
    t.equal(log.appends.length, 1);
    feed();
    t.equal(code(await asked), 'not_found');
    t.same(news(), ['AlarmDeleted']);
  },
);

t.test('LOG-2 a page deleted by another node: what was to come after it is not found, and nothing hangs', async (t) => {
  const { log, ask, news } = await desk(t);
  log.precedeWith(newEvent(olga, { type: 'PageDeleted', data: {} }));
  t.equal(code(await ask(vera, triggerAlarm, price(1))), 'not_found');
  t.same(news(), ['PageDeleted']);
});

/** The event of a command that another node has appended. */
const elsewhere = (by: string, id: string, value: number): NewEvent =>
  newEvent(
    by,
    { type: 'AlarmTriggered', data: price(value) },
    { key: commandKey(by, id), id, hash: contentHash('trigger_alarm', price(value)), command: 'trigger_alarm' },
  );

t.test('CMD-1 a command that waits is answered by what another node has done of it, and not done again', async (t) => {
  const { log, ask, news } = await desk(t);
  const answer = log.holdAnswers();
  const first = ask(vera, triggerAlarm, price(1));
  await log.nextAppend();
  const waiting = ask(vera, triggerAlarm, price(2), 'both nodes');
  log.writeElsewhere(stream, elsewhere(vera, 'both nodes', 2));
  t.match(await waiting, { kind: 'done', seq: 4 });
  answer();
  t.equal(code(await first), 'alarm_triggered');
  t.equal(code(await ask(vera, triggerAlarm, price(3))), 'alarm_triggered', 'and the page goes on');
  t.same(news(), ['AlarmTriggered', 'AlarmTriggered', 'AlarmTriggered']);
});

t.test('CMD-2 an id that another node used for other content at the same instant is refused', async (t) => {
  const { log, ask, news } = await desk(t);
  log.precedeWith(elsewhere(vera, 'one id', 1));
  t.equal(code(await ask(vera, triggerAlarm, price(2), 'one id')), 'id_reused');
  t.same(news(), ['AlarmTriggered']);
});

t.test('PERM-10 a void event answers its command by what its actor could see at its place', async (t) => {
  const group = groupStream('desk');
  const { log, projection, ask } = await desk(
    t,
    [stream, olga, share(vera, false)],
    [group, olga, { type: 'GroupCreated', data: { name: 'Desk', owner_id: olga } }],
    [group, olga, { type: 'GroupMemberAdded', data: { user_id: vera } }],
    [
      stream,
      olga,
      { type: 'PageShared', data: { subject_type: 'group', subject_id: 'desk', can_view: true, can_edit: true } },
    ],
  );
  const leave = newEvent(olga, { type: 'GroupMemberRemoved', data: { user_id: vera } });
  const sneakIn = (value: number): Promise<Outcome> => {
    log.overtakeWith(group, leave);
    return ask(vera, triggerAlarm, price(value), `void ${value}`);
  };
  t.equal(code(await sneakIn(1)), 'not_found', 'she saw the page no more');
  t.equal(projection.live.pages.get(PAGE)!.alarms.get('alarm')!.last_triggered, null, 'it changed nothing');
  t.equal(projection.live.pages.get(PAGE)!.seq, 5, "but the page's seq");
  log.writeElsewhere(group, newEvent(olga, { type: 'GroupMemberAdded', data: { user_id: vera } }));
  log.writeElsewhere(stream, newEvent(olga, share(vera, true)));
  t.equal(code(await ask(vera, triggerAlarm, price(1), 'void 1')), 'alarm_triggered', 'its id was not used up');
  log.writeElsewhere(
    stream,
    newEvent(olga, {
      type: 'PageShared',
      data: { subject_type: 'user', subject_id: vera, can_view: true, can_edit: false },
    }),
  );
  log.overtakeWith(group, leave);
  t.equal(code(await ask(vera, deleteAlarm, { alarm_id: 'alarm' })), 'permission_denied', 'she saw it still');
  t.ok(projection.live.pageOfAlarm('alarm'));
});

t.test(
  'LOG-15 an append without an answer: waiting clients are told, nothing joins the batch, and it still takes effect once',
  async (t) => {
    const { log, projection, ask, news } = await desk(t);
    const resume = log.stall();
    const first = ask(vera, triggerAlarm, price(1), 'stalled');
    await log.nextAppend();
    const behind = ask(vera, triggerAlarm, price(2));
    log.isAvailable = false;
    t.match(
      [await first, await behind],
      [1, 2].map(() => ({
        kind: 'refused',
        refusal: { code: 'store_unavailable', details: { retry_after_ms: Number } },
      })),
    );
    t.same(
      await codes([ask(vera, triggerAlarm, price(1), 'stalled'), ask(vera, triggerAlarm, price(3))]),
      ['store_unavailable', 'store_unavailable'],
      'at once, as long as it lasts',
    );
    log.isAvailable = true;
    t.same(
      await codes([ask(vera, triggerAlarm, price(1), 'stalled'), ask(vera, triggerAlarm, price(4))]),
      ['store_unavailable', 'store_unavailable'],
      'the batch of this page is frozen still',
    );
    t.equal(log.appends.length, 1);
    const fed = new Promise<void>((resolve) => projection.listen(() => setImmediate(resolve)));
    resume();
    await fed;
    t.match(await ask(vera, triggerAlarm, price(1), 'stalled'), { kind: 'done', seq: 3 });
    t.match(await ask(vera, triggerAlarm, price(5)), { kind: 'done', seq: 4 });
    t.same(news(), ['AlarmTriggered', 'AlarmTriggered']);
  },
);

t.test('LOG-15 an append without an answer that turns out to be a conflict has changed nothing', async (t) => {
  const { log, ask, news } = await desk(t);
  const resume = log.stall();
  const first = ask(vera, triggerAlarm, price(1), 'stalled');
  await log.nextAppend();
  t.equal(code(await first), 'store_unavailable');
  log.writeElsewhere(stream, newEvent(olga, { type: 'PageRenamed', data: { name: 'Other' } }));
  resume();
  await new Promise(setImmediate);
  t.match(await ask(vera, triggerAlarm, price(1), 'stalled'), { kind: 'done', seq: 4 });
  t.same(news(), ['PageRenamed', 'AlarmTriggered']);
});

/** The end of a group and a page's new owner, beside other commands that are pending. */
import t from 'tap';
import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { addGroupMember } from '../../src/commands/groups/add-group-member.js';
import { deleteGroup } from '../../src/commands/groups/delete-group.js';
import type { Outcome } from '../../src/commands/handling/pending-command.js';
import { deletePage } from '../../src/commands/pages/delete-page.js';
import { sharePage } from '../../src/commands/pages/share-page.js';
import { transferPage } from '../../src/commands/pages/transfer-page.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { groupStream } from '../../src/domain/streams.js';
import { code, codes, desk, olga, PAGE, price, share, stream, vera } from './page-desk.js';

/** Olga's group, which Vera is in and which the page is shared with; her direct grant is gone. */
const sharedGroup = (group: string): [stream: string, by: string, event: DomainEvent][] => [
  [group, olga, { type: 'GroupCreated', data: { name: 'Desk', owner_id: olga } }],
  [group, olga, { type: 'GroupMemberAdded', data: { user_id: vera } }],
  [stream, olga, share(vera, false)],
  [
    stream,
    olga,
    { type: 'PageShared', data: { subject_type: 'group', subject_id: 'desk', can_view: true, can_edit: false } },
  ],
];
const shareWithDesk = {
  page_id: PAGE,
  subject_type: 'group' as const,
  subject_id: 'desk',
  can_view: true,
  can_edit: true,
};

t.test(
  'CMD-9 PERM-15 a deletion of a group waits for its members and for grants to it, and they for the deletion: nothing is void',
  async (t) => {
    const group = groupStream('desk');
    const { log, ask } = await desk(t, ...sharedGroup(group));
    const trigger = (value: number): Promise<Outcome> => ask(vera, triggerAlarm, price(value));
    t.same(
      await codes([
        trigger(1),
        ask(olga, sharePage, shareWithDesk),
        ask(olga, deleteGroup, { group_id: 'desk' }),
        ask(olga, addGroupMember, { group_id: 'desk', user_id: vera }),
        trigger(2),
        ask(olga, sharePage, shareWithDesk),
        ask(olga, triggerAlarm, price(3)),
      ]),
      ['alarm_triggered', 'page_shared', 'group_deleted', 'not_found', 'not_found', 'not_found', 'alarm_triggered'],
    );
    t.same(
      log.appends.map((one) => one.stream),
      [stream, group, stream],
      'olga is a member too: her trigger follows',
    );
  },
);

t.test('CMD-9 who is being added to the group waits for its deletion too', async (t) => {
  const group = groupStream('desk');
  const { log, projection, ask } = await desk(t, ...sharedGroup(group), [
    group,
    olga,
    { type: 'GroupMemberRemoved', data: { user_id: vera } },
  ]);
  const added = ask(olga, addGroupMember, { group_id: 'desk', user_id: vera });
  const deleted = ask(olga, deleteGroup, { group_id: 'desk' });
  t.equal(code(await added), 'group_member_added');
  const triggers = await codes([ask(vera, triggerAlarm, price(1)), ask(vera, triggerAlarm, price(2))]);
  t.same(triggers, ['not_found', 'not_found']);
  t.equal(code(await deleted), 'group_deleted');
  t.same(
    [...projection.live.pages.values()].map(({ seq }) => seq),
    [4],
    'nothing was appended to the page',
  );
  t.same(
    log.appends.map((one) => one.stream),
    [group],
  );
});

t.test('CMD-9 nobody is made to wait by a deletion that its actor may not do', async (t) => {
  const group = groupStream('desk');
  const { ask } = await desk(t, ...sharedGroup(group));
  const order: string[] = [];
  const noting = (what: string, outcome: Promise<Outcome>): Promise<unknown> => outcome.then(() => order.push(what));
  const before = ask(vera, triggerAlarm, price(1));
  const refused = noting('refused', ask(vera, deleteGroup, { group_id: 'desk' }));
  await Promise.all([before, refused, noting('olga', ask(olga, triggerAlarm, price(2)))]);
  t.equal(order.length, 2);
  t.equal(code(await ask(vera, triggerAlarm, price(3))), 'alarm_triggered');
});

t.test('CMD-5 PERM-13 in one batch each command is decided on the owner that the one before it left', async (t) => {
  const { log, ask } = await desk(t);
  t.same(
    await codes([
      ask(olga, transferPage, { page_id: PAGE, to: vera }),
      ask(olga, transferPage, { page_id: PAGE, to: vera }),
      ask(olga, triggerAlarm, price(1)),
      ask(vera, transferPage, { page_id: PAGE, to: olga }),
      ask(vera, deletePage, { page_id: PAGE }),
      ask(olga, deletePage, { page_id: PAGE }),
    ]),
    [
      'page_transferred',
      'permission_denied',
      'alarm_triggered',
      'page_transferred',
      'permission_denied',
      'page_deleted',
    ],
  );
  t.equal(log.appends.length, 1);
});

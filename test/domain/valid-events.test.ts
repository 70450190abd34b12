/** Whether an event is valid at its position in the log: by whom, with which rights, and on what. */
import t from 'tap';
import type { Alarm } from '../../src/domain/alarm.js';
import {
  eventRules,
  heldAsAdministrator,
  heldOn,
  isAssignment,
  isOperator,
  isValidEvent,
  isValidGroupEvent,
  isValidUserEvent,
  maySeeGrants,
  refusalOnPage,
  rights,
  roleIn,
  SYSTEM_ID,
  userActor,
} from '../../src/domain/authorization.js';
import type { GroupEvent, PageEvent, UserEvent } from '../../src/domain/events.js';
import type { Role } from '../../src/domain/fields.js';
import { newGroup } from '../../src/domain/group.js';
import { occurrenceAfter } from '../../src/domain/occurrence.js';
import { newPage } from '../../src/domain/page.js';
import { ALARM } from './plain-alarm.js';

const NO_ROLES: ReadonlySet<Role> = new Set();
const OPERATOR: ReadonlySet<Role> = new Set(['operator']);
const AUDITOR: ReadonlySet<Role> = new Set(['auditor']);

const NOW = '2026-02-01T08:00:00.000Z';

type OnPage = Exclude<PageEvent, { type: 'PageCreated' }>;
const onPage: { readonly [K in OnPage['type']]: Extract<OnPage, { type: K }> } = {
  PageRenamed: { type: 'PageRenamed', data: { name: 'Spot' } },
  PageDeleted: { type: 'PageDeleted', data: {} },
  PageShared: {
    type: 'PageShared',
    data: { subject_type: 'user', subject_id: 'pete', can_view: true, can_edit: false },
  },
  PageLeft: { type: 'PageLeft', data: {} },
  PageTransferred: { type: 'PageTransferred', data: { owner_id: 'pete', keep: true } },
  PageAcknowledged: { type: 'PageAcknowledged', data: { upto: 3 } },
  AlarmCreated: {
    type: 'AlarmCreated',
    data: { alarm_id: 'new', ticker: 'EUR/USD', option: 'spot', condition: 'above' },
  },
  AlarmUpdated: { type: 'AlarmUpdated', data: { alarm_id: 'alarm', active: false } },
  AlarmDeleted: { type: 'AlarmDeleted', data: { alarm_id: 'alarm' } },
  AlarmTriggered: { type: 'AlarmTriggered', data: { alarm_id: 'alarm', price: 1 } },
  AlarmAcknowledged: { type: 'AlarmAcknowledged', data: { alarm_id: 'alarm', upto: 1 } },
  AlarmUnacknowledged: { type: 'AlarmUnacknowledged', data: { alarm_id: 'alarm' } },
  AlarmCleared: { type: 'AlarmCleared', data: { alarm_id: 'alarm' } },
  AlarmAssigned: { type: 'AlarmAssigned', data: { alarm_id: 'alarm', user_id: 'pete' } },
  AlarmCommented: { type: 'AlarmCommented', data: { alarm_id: 'alarm', text: { sealed: 'vera.0.box' } } },
  AlarmSnoozed: { type: 'AlarmSnoozed', data: { alarm_id: 'alarm', until: NOW } },
  AlarmUnsnoozed: { type: 'AlarmUnsnoozed', data: { alarm_id: 'alarm' } },
  AlarmExpired: { type: 'AlarmExpired', data: { alarm_id: 'alarm', arm: 1 } },
  AlarmRenotified: { type: 'AlarmRenotified', data: { alarm_id: 'alarm', arm: 1, n: 1 } },
};

const page = newPage('page', 'Alarmes', 'olga');
page.grants.user.set('vera', { can_view: true, can_edit: false });
const isGroup = (id: string): boolean => id === 'desk';

t.test('PERM-10 on a page each event needs its right, and no less', async (t) => {
  for (const event of Object.values(onPage))
    for (const held of rights) {
      const needed = eventRules[event.type];
      t.equal(
        isValidEvent(page, event, { by: 'vera', at: NOW }, held, ALARM, isGroup),
        needed !== 'system' && rights.indexOf(held) >= rights.indexOf(needed),
        `${event.type} needs ${needed} and has ${held}`,
      );
    }
});

t.test('LIFE-5 view is enough for one’s own acknowledgement and assignment', async (t) => {
  const occurrence = occurrenceAfter(undefined, { seq: 1, at: 'then', price: 1 }, false);
  const acknowledged: Alarm = { ...ALARM, occurrence: { ...occurrence, ack: { upto: 1, by: 'vera', at: 'now' } } };
  const valid = (event: OnPage, by: string, alarm: Alarm): boolean =>
    isValidEvent(page, event, { by, at: NOW }, 'view', alarm, isGroup);
  for (const event of [onPage.AlarmUnacknowledged, onPage.AlarmCleared]) {
    t.ok(valid(event, 'vera', acknowledged), `${event.type} by who acknowledged`);
    t.notOk(valid(event, 'pete', acknowledged), `${event.type} by somebody else`);
    t.notOk(valid(event, 'vera', ALARM), `${event.type} without an acknowledgement`);
  }
  const nobody: OnPage = { type: 'AlarmAssigned', data: { alarm_id: 'alarm', user_id: null } };
  t.ok(valid(onPage.AlarmAssigned, 'pete', ALARM), 'to themselves');
  t.notOk(valid(onPage.AlarmAssigned, 'vera', ALARM), 'to somebody else');
  t.ok(valid(nobody, 'pete', { ...ALARM, assignee: 'pete' }), 'their own assignment ends');
  t.notOk(valid(nobody, 'vera', { ...ALARM, assignee: 'pete' }), 'and no other');
});

t.test('PERM-10 what an event names has to be there', async (t) => {
  const valid = (event: OnPage, { hasAlarm = true, by = 'vera' } = {}): boolean =>
    isValidEvent(page, event, { by, at: NOW }, 'own', hasAlarm ? ALARM : undefined, isGroup);
  for (const type of ['AlarmUpdated', 'AlarmDeleted', 'AlarmTriggered'] as const)
    t.notOk(valid(onPage[type], { hasAlarm: false }), `${type} without its alarm`);
  t.ok(valid(onPage.AlarmCreated, { hasAlarm: false }), 'a new alarm was not there before');
  t.ok(valid(onPage.PageRenamed, { hasAlarm: false }), 'nothing of an alarm in it');
  t.notOk(valid(onPage.PageLeft, { by: 'pete' }), 'nobody leaves a page that was not granted to them');
  const toGroup = (subject_id: string): OnPage => ({
    type: 'PageShared',
    data: { subject_type: 'group', subject_id, can_view: true, can_edit: false },
  });
  t.ok(valid(toGroup('desk')));
  t.notOk(valid(toGroup('nobody')), 'a grant to a group that is not there');
  t.ok(valid(onPage.PageShared), 'a grant to a user');
  t.notOk(valid({ type: 'PageTransferred', data: { owner_id: 'olga', keep: true } }), 'to whom it belongs already');
});

t.test('PERM-3 the server itself may do everything on a page, and a user as their rights say', async (t) => {
  t.same(heldOn(page, SYSTEM_ID, []), { right: 'own', via: 'system' });
  t.same(heldOn(newPage('page', 'Mine', SYSTEM_ID), SYSTEM_ID, []).via, 'owner');
  t.same(userActor('vera'), { kind: 'user', id: 'vera' });
  for (const held of ['view', 'edit', 'own'] as const) {
    t.equal(refusalOnPage(held, held, 'page'), undefined);
    t.match(refusalOnPage('none', held, 'page'), { code: 'not_found', message: 'Page not found' });
  }
  t.match(refusalOnPage('none', 'view', 'alarm'), { code: 'not_found', message: 'Alarm not found' });
  t.match(refusalOnPage('view', 'edit', 'page'), { code: 'permission_denied', details: { needed: 'edit' } });
});

t.test('ADM-1 ADM-5 in the stream of a user each event is of its actor', async (t) => {
  const events: Partial<Record<UserEvent['type'], UserEvent>> = {
    SessionStarted: { type: 'SessionStarted', data: { session_id: 's', until: 'later' } },
    SessionEnded: { type: 'SessionEnded', data: { session_id: 's' } } as UserEvent,
    AccessTokenDeleted: { type: 'AccessTokenDeleted', data: { token_id: 'one' } },
    AuditRead: { type: 'AuditRead', data: { what: 'list_audit_pages', range: {} } },
    UserDeactivated: { type: 'UserDeactivated', data: {} },
    RoleGranted: { type: 'RoleGranted', data: { role: 'auditor' } },
  };
  const table: [type: UserEvent['type'], self: boolean, operator: boolean, system: boolean][] = [
    ['SessionStarted', true, false, false],
    ['AccessTokenDeleted', true, false, false],
    ['AuditRead', true, false, false],
    ['SessionEnded', true, true, true],
    ['UserDeactivated', false, true, true],
    ['RoleGranted', false, false, true],
  ];
  for (const [type, self, operator, system] of table) {
    const valid = (by: string, roles: ReadonlySet<Role>): boolean =>
      isValidUserEvent(events[type]!, { by }, 'vera', roles);
    t.equal(valid('vera', NO_ROLES), self, `${type} by themselves`);
    t.equal(valid('oscar', OPERATOR), operator, `${type} by an operator`);
    t.equal(valid(SYSTEM_ID, NO_ROLES), system, `${type} by the server`);
    t.notOk(valid('oscar', NO_ROLES), `${type} by somebody else`);
    t.notOk(valid('ada', AUDITOR), `${type} by an auditor`);
  }
});

t.test('PERM-14 PERM-16 a group is its owner’s to change, and an administrator’s to give', async (t) => {
  const group = newGroup('desk', 'Desk', 'olga', 'long ago');
  group.members.set('vera', 'now');
  const renamed: GroupEvent = { type: 'GroupRenamed', data: { name: 'Risk' } };
  const given = (owner_id: string): GroupEvent => ({ type: 'GroupTransferred', data: { owner_id, keep: false } });
  const valid = (event: GroupEvent, by: string, mayAssign = false, of: typeof group | undefined = group): boolean =>
    isValidGroupEvent(of, event as never, { by }, mayAssign);
  t.ok(valid(renamed, 'olga'));
  t.ok(valid(renamed, SYSTEM_ID));
  t.notOk(valid(renamed, 'vera'), 'a member');
  t.notOk(valid(renamed, 'pete'), 'somebody else');
  t.ok(valid(given('vera'), 'olga'));
  t.ok(valid(given('vera'), 'oscar', true));
  t.notOk(valid(given('vera'), 'oscar', false));
  t.notOk(valid(given('olga'), 'olga'), 'to whom it belongs already');
  for (const type of ['GroupMemberAdded', 'GroupMemberRemoved'] as const)
    t.ok(valid({ type, data: { user_id: 'vera' } }, 'vera'), `${type}: the stream's order decides`);
  t.notOk(isValidGroupEvent(undefined, renamed as never, { by: 'olga' }, true), 'of no group');
  t.same(
    ['olga', 'vera', 'pete'].map((id) => roleIn(group, id)),
    ['owner', 'member', undefined],
  );
});

t.test('PERM-16 who gives what is not theirs, and which events do', async (t) => {
  t.same(heldAsAdministrator(SYSTEM_ID, NO_ROLES), { right: 'own', via: 'admin' });
  t.same(heldAsAdministrator('oscar', OPERATOR), { right: 'own', via: 'operator' });
  t.same(heldAsAdministrator('ada', AUDITOR), { right: 'none', via: 'none' });
  t.same([isOperator(OPERATOR), isOperator(AUDITOR), isOperator(NO_ROLES)], [true, false, false]);
  t.notOk(isAssignment(onPage.PageTransferred), 'by its owner, who keeps a grant');
  t.ok(isAssignment({ type: 'PageTransferred', data: { owner_id: 'pete', keep: false } }));
  t.ok(isAssignment({ type: 'GroupTransferred', data: { owner_id: 'pete', keep: false } }));
  t.notOk(isAssignment({ type: 'GroupTransferred', data: { owner_id: 'pete', keep: true } }));
  t.notOk(isAssignment(onPage.PageRenamed));
});

t.test('PERM-12 the owner alone sees the grants', async (t) => {
  t.ok(maySeeGrants(page, 'olga'));
  t.notOk(maySeeGrants(page, 'vera'));
});

t.test(
  'TIMER-4 the event of a deadline is the server’s, of the current deadline, and not before it is due',
  async (t) => {
    const due = '2026-02-01T07:59:00.000Z';
    const alarm: Alarm = {
      ...ALARM,
      deadlines: {
        snooze: { due: Date.parse(due), arm: 4 },
        expiry: { due: Date.parse(due), arm: 5 },
        renotify: { due: Date.parse(due), arm: 6, n: 2 },
      },
    };
    const valid = (event: OnPage, { by = SYSTEM_ID, at = NOW, of = alarm as Alarm | null } = {}): boolean =>
      isValidEvent(page, event, { by, at }, 'own', of ?? undefined, isGroup);
    const id = { alarm_id: 'alarm' };
    const current: readonly OnPage[] = [
      { type: 'AlarmUnsnoozed', data: { ...id, arm: 4 } },
      { type: 'AlarmExpired', data: { ...id, arm: 5 } },
      { type: 'AlarmRenotified', data: { ...id, arm: 6, n: 2 } },
    ];
    for (const event of current) {
      t.ok(valid(event), event.type);
      t.ok(valid(event, { at: due }), 'in the moment in which it is due');
      t.notOk(valid(event, { at: '2026-02-01T07:58:59.999Z' }), 'before that');
      t.notOk(valid(event, { by: 'olga' }), 'of the owner');
      t.notOk(valid(event, { of: null }), 'without its alarm');
      t.notOk(valid(event, { of: ALARM }), 'without the deadline');
    }
    t.notOk(valid({ type: 'AlarmUnsnoozed', data: { ...id, arm: 3 } }), 'of an earlier snooze');
    t.notOk(valid({ type: 'AlarmExpired', data: { ...id, arm: 6 } }));
    t.notOk(valid({ type: 'AlarmRenotified', data: { ...id, arm: 6, n: 1 } }), 'that has been');
  },
);

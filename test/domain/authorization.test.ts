/** Who may do what on a page, path by path. */
import t from 'tap';
import { denied, eventRules, heldOn, includes, rights } from '../../src/domain/authorization.js';
import { type Grant, type LivePage, newPage } from '../../src/domain/page.js';

const VIEW: Grant = { can_view: true, can_edit: false };
const EDIT: Grant = { can_view: true, can_edit: true };

interface Grants {
  readonly user?: Record<string, Grant>;
  readonly group?: Record<string, Grant>;
}

function pageGranting({ user = {}, group = {} }: Grants): LivePage {
  const page = newPage('page', 'Alarmes EUR/USD', 'olga');
  for (const [id, grant] of Object.entries(user)) page.grants.user.set(id, grant);
  for (const [id, grant] of Object.entries(group)) page.grants.group.set(id, grant);
  return page;
}

t.test('PERM-1 the owner holds the highest right, whatever was granted to them', async (t) => {
  t.same(heldOn(pageGranting({}), 'olga', []), { right: 'own', via: 'owner' });
  t.same(heldOn(pageGranting({ user: { olga: VIEW }, group: { desk: EDIT } }), 'olga', ['desk']), {
    right: 'own',
    via: 'owner',
  });
});

t.test('PERM-5 rights are the union of what the user and their groups were granted', async (t) => {
  const table: [case_: string, grants: Grants, groups: string[], expected: { right: string; via: string }][] = [
    ['nothing at all', {}, [], { right: 'none', via: 'none' }],
    [
      'another user, another group',
      { user: { vera: EDIT }, group: { other: EDIT } },
      ['desk'],
      { right: 'none', via: 'none' },
    ],
    ['the user', { user: { pete: VIEW } }, [], { right: 'view', via: 'direct' }],
    ['a group of theirs', { group: { desk: VIEW } }, ['desk'], { right: 'view', via: 'group:desk' }],
    [
      'the group grants more',
      { user: { pete: VIEW }, group: { desk: EDIT } },
      ['desk'],
      { right: 'edit', via: 'group:desk' },
    ],
    [
      'the user was granted more',
      { user: { pete: EDIT }, group: { desk: VIEW } },
      ['desk'],
      { right: 'edit', via: 'direct' },
    ],
    [
      'both the same: the direct one is named',
      { user: { pete: VIEW }, group: { desk: VIEW } },
      ['desk'],
      { right: 'view', via: 'direct' },
    ],
    [
      'the second group grants more',
      { group: { desk: VIEW, risk: EDIT } },
      ['desk', 'risk'],
      { right: 'edit', via: 'group:risk' },
    ],
    [
      'the first group grants more',
      { group: { desk: EDIT, risk: VIEW } },
      ['desk', 'risk'],
      { right: 'edit', via: 'group:desk' },
    ],
  ];
  for (const [name, grants, groups, expected] of table)
    t.same(heldOn(pageGranting(grants), 'pete', groups), expected, name);
});

t.test('PERM-5 a group is none of the users: the same id in the other kind grants nothing', async (t) => {
  t.equal(heldOn(pageGranting({ group: { pete: EDIT } }), 'pete', []).right, 'none');
  t.equal(heldOn(pageGranting({ user: { desk: EDIT } }), 'pete', ['desk']).right, 'none');
});

t.test('PERM-5 each right includes those before it and none behind it', async (t) => {
  rights.forEach((held, one) =>
    rights.forEach((needed, other) => t.equal(includes(held, needed), one >= other, `${held} includes ${needed}`)),
  );
});

t.test('PERM-4 what each event needs', async (t) => {
  t.same(eventRules, {
    PageCreated: 'anyone',
    PageRenamed: 'own',
    PageDeleted: 'own',
    PageShared: 'own',
    PageLeft: 'view',
    PageTransferred: 'own',
    PageAcknowledged: 'view',
    AlarmCreated: 'edit',
    AlarmUpdated: 'edit',
    AlarmDeleted: 'edit',
    AlarmTriggered: 'view',
    AlarmAcknowledged: 'view',
    AlarmUnacknowledged: 'edit',
    AlarmCleared: 'edit',
    AlarmAssigned: 'edit',
    AlarmCommented: 'view',
    AlarmSnoozed: 'edit',
    AlarmUnsnoozed: 'edit',
    AlarmExpired: 'system',
    AlarmRenotified: 'system',
    GroupCreated: 'anyone',
    GroupMemberAdded: 'group owner',
    GroupMemberRemoved: 'group owner',
    GroupRenamed: 'group owner',
    GroupDeleted: 'group owner',
    GroupTransferred: 'group owner',
    UserRegistered: 'self or operator',
    PasswordChanged: 'self or operator',
    SessionEnded: 'self or operator',
    RoleGranted: 'system',
    RoleRevoked: 'system',
    UserDeactivated: 'operator',
    UserReactivated: 'operator',
    PasswordResetIssued: 'operator',
    SessionStarted: 'self',
    AccessTokenCreated: 'self',
    AccessTokenDeleted: 'self',
    AuditRead: 'self',
    UserTextsErased: 'operator',
    InvitationIssued: 'operator',
    InvitationUsed: 'anyone',
    CommandDenied: 'anyone',
    DenialsSummarised: 'system',
    LogCreated: 'system',
    LogRestored: 'system',
  });
});

t.test('PERM-8 a denial says so in the words that clients know', async (t) => {
  t.equal(denied('edit').message, 'Permission denied: cannot edit this page');
  for (const needed of ['view', 'edit', 'own'] as const)
    t.match(denied(needed), { code: 'permission_denied', message: /^Permission denied: ./, details: { needed } });
});

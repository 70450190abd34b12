/**
 * Authorization. Every check the server makes is one of these functions: rights on pages, roles in groups, and the rule of each
 * event, evaluated at the event's position in the log.
 */
import type { AccessToken } from './access-tokens.js';
import type { Alarm } from './alarm.js';
import { deadlineOf, isDue } from './deadlines.js';
import type { AlarmEvent, EventType, GroupEvent, Metadata, PageEvent, UserEvent } from './events.js';
import type { Role } from './fields.js';
import type { Group } from './group.js';
import type { Grant, Page } from './page.js';
import { notFound, type Refusal, refuse } from './refusals.js';

/**
 * `by` of actions that no user causes: those of the server itself (events about the log, actions of timers), and requests of
 * `npm run admin` on the server's machine, whose `via` is `admin`. The server itself may do everything on every page. No user has this id.
 */
export const SYSTEM_ID = 'system';

/** Who acts. `id` of a program is the user whose rights it uses: the one who created its token. The token may allow less. */
export type Actor =
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'program'; readonly id: string; readonly token: AccessToken }
  | { readonly kind: 'system'; readonly id: typeof SYSTEM_ID };

export const userActor = (id: string): Actor => ({ kind: 'user', id });
export const programActor = (token: AccessToken): Actor => ({ kind: 'program', id: token.user_id, token });

/** In ascending order: each right includes those before it. */
export const rights = ['none', 'view', 'edit', 'own'] as const;
export type Right = (typeof rights)[number];

const rank: Readonly<Record<Right, number>> = { none: 0, view: 1, edit: 2, own: 3 };
export const includes = (held: Right, needed: Right): boolean => rank[held] >= rank[needed];

/** Who may cause an event. */
export type Rule =
  /** Any user with at least this right on the page. */
  | Exclude<Right, 'none'>
  /** Only the group's owner. */
  | 'group owner'
  /** Any registered user. */
  | 'anyone'
  /** A user, for their own account. */
  | 'self'
  /** An operator, or `npm run admin` on the server's machine. */
  | 'operator'
  /** A user, for their own account; or an operator as above. */
  | 'self or operator'
  /** Only the server, and `npm run admin` on its machine. */
  | 'system';

/** The rule of every event type. */
export const eventRules = {
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
  /** View is enough for one's own acknowledgement, and for taking an alarm oneself: see `rightFor`. */
  AlarmUnacknowledged: 'edit',
  AlarmCleared: 'edit',
  AlarmAssigned: 'edit',
  AlarmCommented: 'view',
  AlarmSnoozed: 'edit',
  /** A snooze that is over is ended by the server: see `isValidEvent`. */
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
  /** Whoever has the code; the account is named in it. */
  InvitationUsed: 'anyone',
  /** Recorded by the server, about what the actor was refused. */
  CommandDenied: 'anyone',
  DenialsSummarised: 'system',
  LogCreated: 'system',
  LogRestored: 'system',
} as const satisfies Readonly<Record<EventType, Rule>>;

/** A right and its source: `owner`, `direct` or `group:<id>`. */
export interface Held {
  readonly right: Right;
  readonly via: string;
}

const NOTHING: Held = { right: 'none', via: 'none' };
const SYSTEM: Held = { right: 'own', via: SYSTEM_ID };
const OWNER: Held = { right: 'own', via: 'owner' };
const DIRECT_VIEW: Held = { right: 'view', via: 'direct' };
const DIRECT_EDIT: Held = { right: 'edit', via: 'direct' };

const granted = (grant: Grant): Right => (grant.can_edit ? 'edit' : grant.can_view ? 'view' : 'none');

/** The right that `userId`, a member of `groups`, holds on the page. If two sources give the same right, the direct one is reported. */
export function heldOn(page: Page, userId: string, groups: Iterable<string>): Held {
  if (page.owner_id === userId) return OWNER;
  if (userId === SYSTEM_ID) return SYSTEM;
  const direct = page.grants.user.get(userId);
  let held = direct ? (direct.can_edit ? DIRECT_EDIT : DIRECT_VIEW) : NOTHING;
  if (held === DIRECT_EDIT) return held;
  for (const group of groups) {
    const grant = page.grants.group.get(group);
    if (grant && rank[granted(grant)] > rank[held.right]) held = { right: granted(grant), via: `group:${group}` };
  }
  return held;
}

/** The rights of administrators on what they give from one user to another (`assign_page`, `assign_group`). */
const MACHINE: Held = { right: 'own', via: 'admin' };
const OPERATOR: Held = { right: 'own', via: 'operator' };

/** The right to give pages and groups of others to a user, of somebody with these roles. */
export function heldAsAdministrator(by: string, roles: ReadonlySet<Role>): Held {
  if (by === SYSTEM_ID) return MACHINE;
  return isOperator(roles) ? OPERATOR : NOTHING;
}

/** Whether the event gives a page or group to another user without its owner: nothing of it is left to the former owner. */
export const isAssignment = (
  event: PageEvent | GroupEvent,
): event is Extract<PageEvent | GroupEvent, { type: 'PageTransferred' | 'GroupTransferred' }> =>
  (event.type === 'PageTransferred' || event.type === 'GroupTransferred') && !event.data.keep;

/** For so long an operator may not give anything to an account that they made or reset, in milliseconds: they may hold its code. */
const CODE_HOLD_MS = 24 * 3_600_000;

/** What is known of a user who is to get pages or groups. Times are RFC 3339. */
export interface Taker {
  readonly id: string;
  readonly created_at: string;
  readonly made_by: string | null;
  readonly password_reset_at: string | null;
  readonly password_reset_by: string | null;
}

/** Whether an operator may give pages and groups to this user at this time: not to themselves, nor to an account whose code they may hold. */
export function mayAssignTo(by: string, taker: Taker, at: string): boolean {
  if (by === SYSTEM_ID) return true;
  const isRecent = (since: string | null): boolean =>
    since !== null && Date.parse(at) - Date.parse(since) < CODE_HOLD_MS;
  return (
    taker.id !== by &&
    !(taker.made_by === by && isRecent(taker.created_at)) &&
    !(taker.password_reset_by === by && isRecent(taker.password_reset_at))
  );
}

const denials: Readonly<Record<Right, string>> = {
  none: '',
  view: 'Permission denied: cannot view this page',
  edit: 'Permission denied: cannot edit this page',
  own: 'Permission denied: only the owner of this page can do this',
};

export const denied = (needed: Right): Refusal => refuse('permission_denied', denials[needed], { needed });

/** Why a user with `right` on a page may not do what needs `needed`, or undefined if they may. A user who may not see the page gets `not_found`. */
export function refusalOnPage(
  right: Right,
  needed: Exclude<Right, 'none'>,
  missing: 'page' | 'alarm',
): Refusal | undefined {
  if (right === 'none') return notFound(missing);
  return includes(right, needed) ? undefined : denied(needed);
}

/** The right that this event of this alarm needs. Who acknowledged may take that back and clear the alarm, and who may view may assign themselves. */
export function rightFor(
  event: AlarmEvent,
  alarm: Alarm | undefined,
  { by }: Pick<Metadata, 'by'>,
): Exclude<Right, 'none'> {
  const isOwn =
    event.type === 'AlarmAssigned'
      ? (event.data.user_id ?? alarm?.assignee) === by
      : (event.type === 'AlarmUnacknowledged' || event.type === 'AlarmCleared') && alarm?.occurrence?.ack?.by === by;
  const rule = eventRules[event.type];
  return isOwn ? 'view' : rule === 'system' ? 'own' : rule;
}

/**
 * Whether a page's event is valid at its position in the log: its actor holds the right there, and its alarm, its grant or the group
 * it is shared with exists. `isGroup`: whether a group with this id exists.
 */
export function isValidEvent(
  page: Page,
  event: Exclude<PageEvent, { type: 'PageCreated' }>,
  { by, at }: Pick<Metadata, 'by' | 'at'>,
  held: Right,
  alarm: Alarm | undefined,
  isGroup: (id: string) => boolean,
): boolean {
  if (!('alarm_id' in event.data)) {
    if (!includes(held, eventRules[(event as Exclude<typeof event, AlarmEvent>).type])) return false;
  } else {
    const deadline = deadlineOf(event as AlarmEvent);
    if (deadline) return by === SYSTEM_ID && alarm !== undefined && isDue(alarm, deadline, at);
    if (!includes(held, rightFor(event as AlarmEvent, alarm, { by }))) return false;
  }
  if (event.type === 'PageLeft') return page.grants.user.get(by) !== undefined;
  if (event.type === 'PageShared') return event.data.subject_type === 'user' || isGroup(event.data.subject_id);
  if (event.type === 'PageTransferred') return event.data.owner_id !== page.owner_id;
  return event.type === 'AlarmCreated' || !('alarm_id' in event.data) || alarm !== undefined;
}

/** Whether an event in a user's stream is valid at its position in the log. `roles`: the roles of its actor at that position. */
export function isValidUserEvent(
  event: UserEvent,
  { by }: Pick<Metadata, 'by'>,
  userId: string,
  roles: ReadonlySet<Role>,
): boolean {
  const isAdministrator = by === SYSTEM_ID || isOperator(roles);
  switch (eventRules[event.type]) {
    case 'self':
      return by === userId;
    case 'self or operator':
      return by === userId || isAdministrator;
    case 'operator':
      return isAdministrator;
    case 'system':
      return by === SYSTEM_ID;
  }
}

/** Whether a user with these roles may ask for what is under /admin. */
export const isOperator = (roles: ReadonlySet<Role>): boolean => roles.has('operator');

/**
 * Whether a group's event is valid at its position in the log: the group exists there, and its actor owns it, is the server, or may
 * give it to another user (`mayAssign`).
 */
export function isValidGroupEvent(
  group: Group | undefined,
  event: Exclude<GroupEvent, { type: 'GroupCreated' }>,
  { by }: Pick<Metadata, 'by'>,
  mayAssign: boolean,
): group is Group {
  if (!group) return false;
  // The stream's order already ensures that their actor was the owner, or the member who leaves.
  if (event.type === 'GroupMemberAdded' || event.type === 'GroupMemberRemoved') return true;
  if (event.type === 'GroupTransferred' && event.data.owner_id === group.owner_id) return false;
  return by === SYSTEM_ID || mayAssign || roleIn(group, by) === 'owner';
}

/** Only the owner of a page sees its grants. */
export const maySeeGrants = (page: Pick<Page, 'owner_id'>, userId: string): boolean => page.owner_id === userId;

/** The user's role in the group. Undefined for everybody else: for them the group does not exist. */
export const roleIn = (group: Pick<Group, 'owner_id' | 'members'>, userId: string): 'owner' | 'member' | undefined =>
  group.owner_id === userId ? 'owner' : group.members.has(userId) ? 'member' : undefined;

/**
 * Who may do what. Every check the server makes is one of these functions: rights on pages, roles in groups, and the rule of each event,
 * judged at the event's own place in the log.
 */
import type { EventType, Metadata, PageEvent } from './events.js';
import type { Group } from './group.js';
import type { Alarm, Grant, Page } from './page.js';
import { notFound, type Refusal, refuse } from './refusals.js';

/** `by` of what the server does by itself: the log's own events, and what a timer does. No user has this id. */
export const SYSTEM_ID = 'system';

/** Who acts. A program acts with the rights of the user who made its token, or with fewer. */
export type Actor =
  | { readonly kind: 'user'; readonly id: string }
  | { readonly kind: 'program'; readonly id: string; readonly tokenId: string }
  | { readonly kind: 'system'; readonly id: typeof SYSTEM_ID };

export const userActor = (id: string): Actor => ({ kind: 'user', id });

/** Each right includes those before it. */
export const rights = ['none', 'view', 'edit', 'own'] as const;
export type Right = (typeof rights)[number];

const rank: Readonly<Record<Right, number>> = { none: 0, view: 1, edit: 2, own: 3 };
export const includes = (held: Right, needed: Right): boolean => rank[held] >= rank[needed];

/** Who may cause an event. */
export type Rule =
  /** Whoever has at least this right on the page. */
  | Exclude<Right, 'none'>
  /** A group's owner alone. */
  | 'group owner'
  /** Everybody with an account. */
  | 'anyone'
  /** Users, of their own account. */
  | 'self'
  /** The server alone. */
  | 'system';

/** The rule of every event there is. */
export const eventRules = {
  PageCreated: 'anyone',
  PageRenamed: 'own',
  PageDeleted: 'own',
  PageShared: 'own',
  PageLeft: 'view',
  AlarmCreated: 'edit',
  AlarmUpdated: 'edit',
  AlarmDeleted: 'edit',
  AlarmTriggered: 'view',
  GroupCreated: 'anyone',
  GroupMemberAdded: 'group owner',
  GroupMemberRemoved: 'group owner',
  UserRegistered: 'self',
  PasswordChanged: 'self',
  SessionEnded: 'self',
  LogCreated: 'system',
  LogRestored: 'system',
} as const satisfies Readonly<Record<EventType, Rule>>;

/** A right and the path it comes by: `owner`, `direct` or `group:<id>`. */
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

/** The right that `userId`, member of `groups`, holds on the page. Of equal paths the direct one is named. */
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

const denials: Readonly<Record<Right, string>> = {
  none: '',
  view: 'Permission denied: cannot view this page',
  edit: 'Permission denied: cannot edit this page',
  own: 'Permission denied: only the owner of this page can do this',
};

export const denied = (needed: Right): Refusal => refuse('permission_denied', denials[needed], { needed });

/** Why who holds `right` on a page may not do what needs `needed`; undefined if they may. Who may not see it is told that it is not there. */
export function refusalOnPage(
  right: Right,
  needed: Exclude<Right, 'none'>,
  missing: 'page' | 'alarm',
): Refusal | undefined {
  if (right === 'none') return notFound(missing);
  return includes(right, needed) ? undefined : denied(needed);
}

/** Whether a page's event stands where the log has it: its actor holds the right there, and its alarm or grant exists. */
export function mayStand(
  page: Page,
  event: Exclude<PageEvent, { type: 'PageCreated' }>,
  { by }: Pick<Metadata, 'by'>,
  held: Right,
  alarm: Alarm | undefined,
): boolean {
  if (!includes(held, eventRules[event.type])) return false;
  if (event.type === 'PageLeft') return page.grants.user.get(by) !== undefined;
  return event.type === 'AlarmCreated' || !('alarm_id' in event.data) || alarm !== undefined;
}

/** What was granted on a page is shown to its owner alone. */
export const maySeeGrants = (page: Pick<Page, 'owner_id'>, userId: string): boolean => page.owner_id === userId;

/** What the user is in the group: undefined for everybody else, to whom it is not there. */
export const roleIn = (group: Pick<Group, 'owner_id' | 'members'>, userId: string): 'owner' | 'member' | undefined =>
  group.owner_id === userId ? 'owner' : group.members.has(userId) ? 'member' : undefined;

/** Who may do what on a page: its owner everything, others the union of what they and their groups were granted. */
import type { PageEvent } from './events.js';
import type { Grant, Page } from './page.js';
import { type Refusal, refuse } from './refusals.js';

/** Each right includes those before it. */
export const rights = ['none', 'view', 'edit', 'own'] as const;
export type Right = (typeof rights)[number];

const rank: Readonly<Record<Right, number>> = { none: 0, view: 1, edit: 2, own: 3 };
export const includes = (held: Right, needed: Right): boolean => rank[held] >= rank[needed];

/** The right an event's actor must have had at its place in the log. */
export const rightNeeded: Readonly<Record<Exclude<PageEvent['type'], 'PageCreated'>, Right>> = {
  PageRenamed: 'own',
  PageDeleted: 'own',
  PageShared: 'own',
  PageLeft: 'view',
  AlarmCreated: 'edit',
  AlarmUpdated: 'edit',
  AlarmDeleted: 'edit',
  AlarmTriggered: 'view',
};

/** A right and the path it comes by: `owner`, `direct` or `group:<id>`. */
export interface Held {
  readonly right: Right;
  readonly via: string;
}

const NOTHING: Held = { right: 'none', via: 'none' };
const OWNER: Held = { right: 'own', via: 'owner' };
const DIRECT_VIEW: Held = { right: 'view', via: 'direct' };
const DIRECT_EDIT: Held = { right: 'edit', via: 'direct' };

const granted = (grant: Grant): Right => (grant.can_edit ? 'edit' : grant.can_view ? 'view' : 'none');

/** The right that `userId`, member of `groups`, holds on the page. Of equal paths the direct one is named. */
export function heldOn(page: Page, userId: string, groups: Iterable<string>): Held {
  if (page.owner_id === userId) return OWNER;
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

/** A group of users: a desk, a team. Its stream's events, folded. */
import type { GroupEvent } from './events.js';

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  /** Revision of the last event of its stream. */
  revision: number;
  /** By user id, since when: RFC 3339, UTC, ms. */
  readonly members: Map<string, string>;
}

/** `at`: when it was made. */
export const newGroup = (id: string, name: string, owner_id: string, at: string): Group => ({
  id,
  name,
  owner_id,
  revision: 0,
  members: new Map([[owner_id, at]]),
});

/** A copy to decide on: what is folded into it leaves `group` untouched. */
export const draftOfGroup = (group: Group): Group => ({ ...group, members: new Map(group.members) });

/** Folds one event into the group. `at` is the event's time; the revision is the caller's. */
export function evolveGroup(group: Group, event: GroupEvent, at: string): void {
  // Who is in it already has been in it since then.
  if (event.type === 'GroupMemberAdded' && !group.members.has(event.data.user_id))
    group.members.set(event.data.user_id, at);
  if (event.type === 'GroupMemberRemoved') group.members.delete(event.data.user_id);
}

/** A group of users: a desk, a team. Its stream's events, folded. */
import type { GroupEvent } from './events.js';

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  /** Revision of the last event of its stream. */
  revision: number;
  readonly members: Set<string>;
}

export const newGroup = (id: string, name: string, owner_id: string): Group => ({
  id,
  name,
  owner_id,
  revision: 0,
  members: new Set([owner_id]),
});

/** A copy to decide on: what is folded into it leaves `group` untouched. */
export const draftOfGroup = (group: Group): Group => ({ ...group, members: new Set(group.members) });

/** Folds one event into the group; the revision is the caller's. */
export function evolveGroup(group: Group, event: GroupEvent): void {
  if (event.type === 'GroupMemberAdded') group.members.add(event.data.user_id);
  if (event.type === 'GroupMemberRemoved') group.members.delete(event.data.user_id);
}

/** A group of users, for example a desk or a team: the state folded from its stream. */
import type { GroupEvent } from './events.js';

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  /** Revision of the last event of its stream. */
  revision: number;
  /** User id → when they joined: RFC 3339, UTC, ms. */
  readonly members: Map<string, string>;
}

/** `at`: when it was created. */
export const newGroup = (id: string, name: string, owner_id: string, at: string): Group => ({
  id,
  name,
  owner_id,
  revision: 0,
  members: new Map([[owner_id, at]]),
});

/** A draft for decisions: folding events into it does not change `group`. */
export const draftOfGroup = (group: Group): Group => ({ ...group, members: new Map(group.members) });

/** Folds one event into the group. `at` is the event's time. The caller updates the revision. */
export function evolveGroup(group: Group, event: GroupEvent, at: string): void {
  // A user who already is a member keeps their join time.
  if (event.type === 'GroupMemberAdded' && !group.members.has(event.data.user_id))
    group.members.set(event.data.user_id, at);
  if (event.type === 'GroupMemberRemoved') group.members.delete(event.data.user_id);
}

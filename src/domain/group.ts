/** A group of users, for example a desk or a team: the state folded from its stream. */
import type { GroupEvent } from './events.js';

export interface Group {
  readonly id: string;
  name: string;
  owner_id: string;
  deleted: boolean;
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
  deleted: false,
  revision: 0,
  members: new Map([[owner_id, at]]),
});

/** A draft for decisions: folding events into it does not change `group`. */
export const draftOfGroup = (group: Group): Group => ({ ...group, members: new Map(group.members) });

/** Folds one event into the group. `at` is the event's time. The caller updates the revision. */
export function evolveGroup(group: Group, event: GroupEvent, at: string): void {
  // A user who already is a member keeps their join time.
  const join = (userId: string): void => {
    if (!group.members.has(userId)) group.members.set(userId, at);
  };
  switch (event.type) {
    case 'GroupCreated':
      return;
    case 'GroupMemberAdded':
      return join(event.data.user_id);
    case 'GroupMemberRemoved':
      group.members.delete(event.data.user_id);
      return;
    case 'GroupRenamed':
      group.name = event.data.name;
      return;
    case 'GroupDeleted':
      group.deleted = true;
      return;
    case 'GroupTransferred':
      if (!event.data.keep) group.members.delete(group.owner_id);
      group.owner_id = event.data.owner_id;
      return join(group.owner_id);
    default:
      event satisfies never;
  }
}

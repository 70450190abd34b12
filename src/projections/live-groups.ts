/** The groups as they are now: by id, by member and by owner. `fold` is the one way they change. */
import { isValidGroupEvent } from '../domain/authorization.js';
import type { GroupEvent } from '../domain/events.js';
import { evolveGroup, type Group, newGroup } from '../domain/group.js';
import { idOf } from '../domain/streams.js';
import type { RecordedEvent } from '../log/event-log.js';
import { SetIndex } from './set-index.js';

export interface FoldedGroup {
  /** The group after the event; a deleted one as it was. */
  readonly group: Group;
  /** Of a transfer: the owner before it. */
  readonly formerOwner?: string;
}

export class LiveGroups {
  readonly byId = new Map<string, Group>();
  readonly #ofUser = new SetIndex();
  readonly #ofOwner = new SetIndex();

  /** Ids of the groups that the user is a member of. */
  of(userId: string): ReadonlySet<string> {
    return this.#ofUser.of(userId);
  }

  /** Ids of the groups that the user owns. */
  ownedBy(userId: string): ReadonlySet<string> {
    return this.#ofOwner.of(userId);
  }

  add(group: Group): void {
    this.byId.set(group.id, group);
    this.#ofOwner.add(group.owner_id, group.id);
    for (const member of group.members.keys()) this.#ofUser.add(member, group.id);
  }

  /** Undefined if the event is void; then nothing has changed. `mayAssign`: see isValidGroupEvent. */
  fold({ stream, revision, metadata }: RecordedEvent, event: GroupEvent, mayAssign: boolean): FoldedGroup | undefined {
    const id = idOf(stream);
    if (event.type === 'GroupCreated') {
      const group = newGroup(id, event.data.name, event.data.owner_id, metadata.at);
      this.add(group);
      return { group };
    }
    const group = this.byId.get(id);
    if (!isValidGroupEvent(group, event, metadata, mayAssign)) return undefined;
    const formerOwner = group.owner_id;
    evolveGroup(group, event, metadata.at);
    group.revision = revision;
    switch (event.type) {
      case 'GroupMemberAdded':
      case 'GroupMemberRemoved':
        this.#indexMember(group, event.data.user_id);
        return { group };
      case 'GroupRenamed':
        return { group };
      case 'GroupDeleted':
        this.byId.delete(id);
        this.#ofOwner.remove(group.owner_id, id);
        for (const member of group.members.keys()) this.#ofUser.remove(member, id);
        return { group };
      case 'GroupTransferred':
        this.#ofOwner.remove(formerOwner, id);
        this.#ofOwner.add(group.owner_id, id);
        for (const userId of [formerOwner, group.owner_id]) this.#indexMember(group, userId);
        return { group, formerOwner };
    }
  }

  #indexMember(group: Group, userId: string): void {
    if (group.members.has(userId)) this.#ofUser.add(userId, group.id);
    else this.#ofUser.remove(userId, group.id);
  }
}

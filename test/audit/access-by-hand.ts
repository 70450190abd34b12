/**
 * Who had access to what after some events of a log, and who gave it: folded by hand, without any code of the server. Which events of pages
 * were void is told by the reference model of the chaos tests, which knows nothing of the server either.
 */
import type { HistoryEvent } from '../chaos/log-history.js';
import type { ReferenceModel } from '../chaos/reference-model.js';

interface Given {
  readonly by: string;
  readonly at: string;
  readonly position: string;
}

type Granted = Given & { readonly right: string };

export interface PathByHand {
  readonly right: string;
  readonly via: string;
  readonly granted_by: string;
  readonly granted_at: string;
  readonly position: string;
  readonly member_since?: string;
  readonly member_added_by?: string;
}

interface PageByHand {
  owner: string;
  owned: Given;
  readonly user: Map<string, Granted>;
  readonly group: Map<string, Granted>;
}

const DAY_MS = 86_400_000;
const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

export class AccessByHand {
  readonly pages = new Map<string, PageByHand>();
  readonly groups = new Map<string, { name: string; owner: string; readonly members: Map<string, Given> }>();
  /** Groups that were deleted by then: as they were, and when. */
  readonly deletedGroups = new Map<string, { readonly name: string; readonly owner: string; readonly at: string }>();
  readonly inactive = new Set<string>();
  readonly #operators = new Set<string>();
  readonly #resets = new Map<string, { readonly by: string; readonly at: string }>();
  readonly #model: ReferenceModel;

  /** `model`: of the whole log. */
  constructor(model: ReferenceModel, events: readonly HistoryEvent[]) {
    this.#model = model;
    for (const event of events) {
      if (event.stream.startsWith('page-')) this.#page(event);
      else if (event.stream.startsWith('group-')) this.#group(event);
      else if (event.stream.startsWith('user-')) this.#user(event);
    }
  }

  /** Every path of everybody to a page. */
  paths(pageId: string): Map<string, PathByHand[]> {
    const found = new Map<string, PathByHand[]>();
    const page = this.pages.get(pageId);
    const add = (user: string, path: PathByHand): unknown => found.set(user, [...(found.get(user) ?? []), path]);
    if (!page) return found;
    const told = ({ by, at, position }: Given) => ({ granted_by: by, granted_at: at, position });
    add(page.owner, { right: 'own', via: 'owner', ...told(page.owned) });
    for (const [user, given] of page.user) add(user, { right: given.right, via: 'direct', ...told(given) });
    for (const [group, given] of page.group)
      for (const [user, joined] of this.groups.get(group)!.members)
        add(user, {
          right: given.right,
          via: `group:${group}`,
          ...told(given),
          member_since: joined.at,
          member_added_by: joined.by,
        });
    return found;
  }

  #page({ stream, revision, type, data, ...event }: HistoryEvent): void {
    const id = idOf(stream);
    const given: Given = { by: event.by, at: event.at, position: String(event.position) };
    if (type === 'PageCreated') {
      this.pages.set(id, { owner: data['owner_id'] as string, owned: given, user: new Map(), group: new Map() });
      return;
    }
    const page = this.pages.get(id);
    if (!page || this.#model.pages.get(id)!.versions[revision]!.isVoid) return;
    if (type === 'PageDeleted') this.pages.delete(id);
    if (type === 'PageLeft') page.user.delete(event.by);
    if (type === 'PageShared') {
      const grants = page[data['subject_type'] as 'user' | 'group'];
      const right = data['can_edit'] ? 'edit' : data['can_view'] ? 'view' : undefined;
      if (right === undefined) grants.delete(data['subject_id'] as string);
      else grants.set(data['subject_id'] as string, { ...given, right });
    }
    if (type === 'PageTransferred') {
      page.user.delete(data['owner_id'] as string);
      page.user.delete(page.owner);
      if (data['keep']) page.user.set(page.owner, { ...given, right: 'edit' });
      page.owner = data['owner_id'] as string;
      page.owned = given;
    }
  }

  #group({ stream, type, data, by, at, position }: HistoryEvent): void {
    const id = idOf(stream);
    const given: Given = { by, at, position: String(position) };
    if (type === 'GroupCreated') {
      const owner = data['owner_id'] as string;
      this.groups.set(id, { name: data['name'] as string, owner, members: new Map([[owner, given]]) });
      return;
    }
    const group = this.groups.get(id);
    if (!group || this.inactive.has(by)) return;
    const join = (user: string): unknown => group.members.has(user) || group.members.set(user, given);
    if (type === 'GroupMemberAdded') join(data['user_id'] as string);
    if (type === 'GroupMemberRemoved') group.members.delete(data['user_id'] as string);
    if (type === 'GroupRenamed' && by === group.owner) group.name = data['name'] as string;
    if (type === 'GroupDeleted' && by === group.owner) {
      this.groups.delete(id);
      this.deletedGroups.set(id, { name: group.name, owner: group.owner, at });
      for (const page of this.pages.values()) page.group.delete(id);
    }
    if (type === 'GroupTransferred') {
      const to = data['owner_id'] as string;
      if (to === group.owner || (by !== group.owner && !this.#mayAssign(by, to, data['keep'] as boolean, at))) return;
      if (!data['keep']) group.members.delete(group.owner);
      group.owner = to;
      join(to);
    }
  }

  #mayAssign(by: string, to: string, keep: boolean, at: string): boolean {
    const reset = this.#resets.get(to);
    const mayHoldCode = reset?.by === by && Date.parse(at) - Date.parse(reset.at) < DAY_MS;
    return !keep && this.#operators.has(by) && to !== by && !mayHoldCode;
  }

  #user({ stream, type, data, by, at }: HistoryEvent): void {
    const user = idOf(stream);
    const isAdministrator = by === 'system' || this.#operators.has(by);
    if (type === 'RoleGranted' && by === 'system' && data['role'] === 'operator') this.#operators.add(user);
    if (type === 'RoleRevoked' && by === 'system' && data['role'] === 'operator') this.#operators.delete(user);
    if (!isAdministrator) return;
    if (type === 'UserDeactivated') this.inactive.add(user);
    if (type === 'UserReactivated') this.inactive.delete(user);
    if (type === 'PasswordResetIssued') this.#resets.set(user, { by, at });
  }
}

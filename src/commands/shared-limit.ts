/**
 * Limits how much others may share with one user, in bytes of state: a connecting user is sent all pages they see. Three changes
 * add to it: a page is shared, a user joins a group, a shared page grows. Decisions that are not in the live state yet count too,
 * so the limit also holds for commands sent at once on many pages and groups.
 */
import type { DomainEvent, GroupEvent, PageEvent } from '../domain/events.js';
import type { SubjectType } from '../domain/fields.js';
import type { Group } from '../domain/group.js';
import { growth, type Page } from '../domain/page.js';
import { type Refusal, refuse } from '../domain/refusals.js';
import type { LiveState } from '../projections/live-state.js';
import { chargeOf } from '../projections/shared-bytes.js';

/**
 * An owner whose own pages hold at most this fraction of the limit may always let them grow. So nobody can block the others of a
 * desk by filling up a user who sees its pages.
 */
const LIGHT_OWNER_PART = 1 / 32;

type Subject = `${SubjectType} ${string}`;

/** What a decided event adds. */
interface Addition {
  /** The page that is shared or grows, or the group that gets a member. */
  readonly target: string;
  /** 0 if a member is added: they get what the group has. */
  readonly bytes: number;
  /** The holders of grants on the page to which the bytes are added. */
  readonly subjects: readonly Subject[];
  /** The user who joins the group. */
  readonly member?: string;
  /** Whose page grows, and by how many bytes. */
  readonly grows?: { readonly owner: string; readonly bytes: number };
}

const NONE: ReadonlySet<Addition> = new Set();

/** Additions by id; without empty sets. */
class AdditionsBy {
  readonly #sets = new Map<string, Set<Addition>>();

  of(id: string): ReadonlySet<Addition> {
    return this.#sets.get(id) ?? NONE;
  }

  add(id: string, addition: Addition): void {
    const set = this.#sets.get(id);
    if (set) set.add(addition);
    else this.#sets.set(id, new Set([addition]));
  }

  remove(id: string, addition: Addition): void {
    const set = this.#sets.get(id);
    if (set?.delete(addition) && set.size === 0) this.#sets.delete(id);
  }
}

export class SharedLimit {
  readonly #limit: number;
  /** Decided and not in the live state yet, by the key of their command. */
  readonly #underWay = new Map<string, Addition>();
  readonly #byTarget = new AdditionsBy();
  readonly #byMember = new AdditionsBy();
  readonly #bytes = new Map<Subject | `owner ${string}`, number>();

  /** `limit`: bytes that may be shared with one user; Infinity: no limit. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Why the event is refused, on the page or group as it is before it; undefined if it is accepted. It then counts until `settled`.
   * `key`: of its command. An event that shares nothing more is never refused.
   */
  refusal(key: string, event: DomainEvent, target: Page | Group, live: LiveState): Refusal | undefined {
    this.settled(key);
    if (this.#limit === Infinity) return undefined;
    const addition =
      'alarms' in target ? this.#onPage(event as PageEvent, target, live) : onGroup(event as GroupEvent, target);
    if (!addition) return undefined;
    const { bytes, member } = addition;
    const more = member === undefined ? bytes : this.#grantedTo('group', addition.target, live);
    if (more > 0 && !this.#isLight(addition, live))
      for (const user of this.#reached(addition, live))
        if (this.#sharedWith(user, live) + more > this.#limit) return tooMuch(event, this.#limit);
    this.#add(key, addition);
    return undefined;
  }

  /** The command's event is in the live state or will never be. Does nothing if it added nothing. */
  settled(key: string): void {
    const addition = this.#underWay.get(key);
    if (!addition) return;
    this.#underWay.delete(key);
    this.#byTarget.remove(addition.target, addition);
    if (addition.member !== undefined) this.#byMember.remove(addition.member, addition);
    for (const subject of addition.subjects) this.#count(subject, -addition.bytes);
    if (addition.grows) this.#count(`owner ${addition.grows.owner}`, -addition.grows.bytes);
  }

  #add(key: string, addition: Addition): void {
    this.#underWay.set(key, addition);
    this.#byTarget.add(addition.target, addition);
    if (addition.member !== undefined) this.#byMember.add(addition.member, addition);
    for (const subject of addition.subjects) this.#count(subject, addition.bytes);
    if (addition.grows) this.#count(`owner ${addition.grows.owner}`, addition.grows.bytes);
  }

  /** Whether a page grows whose owner has little, pending decisions included. */
  #isLight({ grows }: Addition, live: LiveState): boolean {
    return (
      grows !== undefined &&
      live.sharedBytes.ownedBy(grows.owner) + (this.#bytes.get(`owner ${grows.owner}`) ?? 0) <=
        this.#limit * LIGHT_OWNER_PART
    );
  }

  #count(subject: Subject | `owner ${string}`, difference: number): void {
    const bytes = (this.#bytes.get(subject) ?? 0) + difference;
    if (bytes !== 0) this.#bytes.set(subject, bytes);
    else this.#bytes.delete(subject);
  }

  #onPage(event: PageEvent, page: Page, live: LiveState): Addition | undefined {
    if (event.type === 'PageShared') {
      const { subject_type: type, subject_id: id, can_view, can_edit } = event.data;
      const isNew = (can_view || can_edit) && page.grants[type].get(id) === undefined && id !== page.owner_id;
      return isNew ? { target: page.id, bytes: chargeOf(page.bytes), subjects: [`${type} ${id}`] } : undefined;
    }
    const more = growth(page, event);
    if (more <= 0) return undefined;
    const bytes = chargeOf(page.bytes + more) - chargeOf(page.bytes);
    return {
      target: page.id,
      bytes,
      subjects: bytes > 0 ? this.#subjectsOf(page.id, live) : [],
      grows: { owner: page.owner_id, bytes: more },
    };
  }

  /** Subjects that hold a grant on the page, and those that are about to get one. */
  #subjectsOf(pageId: string, live: LiveState): Subject[] {
    const subjects = new Set<Subject>();
    const page = live.pages.get(pageId);
    if (page)
      for (const type of ['user', 'group'] as const)
        for (const id of page.grants[type].keys()) subjects.add(`${type} ${id}`);
    for (const addition of this.#byTarget.of(pageId)) for (const subject of addition.subjects) subjects.add(subject);
    return [...subjects];
  }

  /** Ids of the users who see more through it. */
  #reached({ subjects, member }: Addition, live: LiveState): ReadonlySet<string> {
    const users = new Set<string>(member === undefined ? [] : [member]);
    for (const subject of subjects) {
      const id = subject.slice(subject.indexOf(' ') + 1);
      if (subject.startsWith('user ')) {
        users.add(id);
        continue;
      }
      for (const user of live.groups.get(id)?.members.keys() ?? []) users.add(user);
      for (const joining of this.#byTarget.of(id)) if (joining.member !== undefined) users.add(joining.member);
    }
    return users;
  }

  #sharedWith(user: string, live: LiveState): number {
    let bytes = this.#grantedTo('user', user, live);
    const groups = live.groupsOf(user);
    for (const group of groups) bytes += this.#grantedTo('group', group, live);
    for (const { target } of this.#byMember.of(user))
      if (!groups.has(target)) bytes += this.#grantedTo('group', target, live);
    return bytes;
  }

  #grantedTo(type: SubjectType, id: string, live: LiveState): number {
    return (
      live.sharedBytes.grantedTo(type, id) + (this.#bytes.size === 0 ? 0 : (this.#bytes.get(`${type} ${id}`) ?? 0))
    );
  }
}

function onGroup(event: GroupEvent, group: Group): Addition | undefined {
  if (event.type !== 'GroupMemberAdded' || group.members.has(event.data.user_id)) return undefined;
  return { target: group.id, bytes: 0, subjects: [], member: event.data.user_id };
}

function tooMuch(event: DomainEvent, limit: number): Refusal {
  const why =
    event.type === 'GroupMemberAdded'
      ? 'the pages of this group would be too much for this user. They can leave pages or groups'
      : event.type !== 'PageShared'
        ? 'somebody who sees this page has as much already. They can leave pages or groups, or you can take their right away'
        : event.data.subject_type === 'user'
          ? 'this page would be too much for this user. They can leave pages or groups'
          : 'this page would be too much for a member of this group. They can leave pages or groups';
  return refuse('limit_reached', `At most ${limit} bytes of pages may be shared with one user, and ${why}`, { limit });
}

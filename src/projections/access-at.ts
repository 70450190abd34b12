/** Who could see which page at a position of the log, through which paths, since when, and who gave it: the rules of then, not of now. */
import { includes, type Right } from '../domain/authorization.js';
import type { Role } from '../domain/fields.js';
import type { Position } from '../log/event-log.js';
import {
  ACCOUNT,
  grantOn,
  groupSubject,
  membership,
  ownership,
  roleTarget,
  userSubject,
} from './read-model/access-changes.js';
import type { AccessChange, AccessLog } from './read-model/access-log.js';

/** One way in which a user holds a right on a page. */
export interface AccessPath {
  readonly right: Exclude<Right, 'none'>;
  /** `owner`, `direct` or `group:<id>`. */
  readonly via: string;
  readonly granted_by: string;
  readonly granted_at: string;
  /** Of the event that granted it. */
  readonly position: Position;
  readonly member_since?: string;
  readonly member_added_by?: string;
}

/** A subject's access at one time: the last change, and the first one since which it has held any. */
interface Standing {
  readonly last: AccessChange;
  readonly since: AccessChange;
}

/** What a grant to a subject is, as its page's owner sees it. */
export interface GrantThen {
  readonly subject_type: 'user' | 'group';
  readonly subject_id: string;
  readonly can_view: true;
  readonly can_edit: boolean;
}

export interface MemberThen {
  readonly user_id: string;
  readonly member_since: string;
  /** Id of a user, or `system`. */
  readonly member_added_by: string;
}

export class AccessAt {
  readonly #log: AccessLog;
  readonly #position: Position;

  constructor(log: AccessLog, position: Position) {
    this.#log = log;
    this.#position = position;
  }

  /** Every path of every user to the page: the owner first, then by user, in the order in which they were given. */
  ofPage(pageId: string): Map<string, AccessPath[]> {
    const paths = new Map<string, AccessPath[]>();
    const add = (userId: string, path: AccessPath): void => {
      const others = paths.get(userId);
      if (others) others.push(path);
      else paths.set(userId, [path]);
    };
    for (const [subject, { last }] of this.#onTarget(ownership(pageId))) add(idIn(subject), pathOf(last, 'owner'));
    for (const [subject, { last }] of this.#onTarget(grantOn(pageId))) {
      if (isUser(subject)) add(idIn(subject), pathOf(last, 'direct'));
      else
        for (const [member, { since }] of this.#onTarget(membership(idIn(subject))))
          add(idIn(member), pathOf(last, `group:${idIn(subject)}`, since));
    }
    return paths;
  }

  /** Every path of the user to every page, by page id. */
  ofUser(userId: string): Map<string, AccessPath[]> {
    const paths = new Map<string, AccessPath[]>();
    const add = (pageId: string, path: AccessPath): void => {
      const others = paths.get(pageId);
      if (others) others.push(path);
      else paths.set(pageId, [path]);
    };
    for (const [target, { last, since }] of this.#ofSubject(userSubject(userId))) {
      if (target === ownership(idIn(target))) add(idIn(target), pathOf(last, 'owner'));
      else if (target === grantOn(idIn(target))) add(idIn(target), pathOf(last, 'direct'));
      else if (target === membership(idIn(target)))
        for (const [page, granted] of this.#ofSubject(groupSubject(idIn(target))))
          add(idIn(page), pathOf(granted.last, target, since));
    }
    return paths;
  }

  /** The paths of one user to one page. */
  paths(userId: string, pageId: string): AccessPath[] {
    const found: AccessPath[] = [];
    const user = userSubject(userId);
    const own = this.#standing(user, ownership(pageId));
    if (own) found.push(pathOf(own, 'owner'));
    const direct = this.#standing(user, grantOn(pageId));
    if (direct) found.push(pathOf(direct, 'direct'));
    for (const [target, { since }] of this.#ofSubject(user)) {
      if (target !== membership(idIn(target))) continue;
      const granted = this.#standing(groupSubject(idIn(target)), grantOn(pageId));
      if (granted) found.push(pathOf(granted, target, since));
    }
    return found;
  }

  /** What was granted on the page, to users and then to groups, in the order in which they were given. */
  grants(pageId: string): GrantThen[] {
    const found = Array.from(this.#onTarget(grantOn(pageId)), ([subject, { last }]) => ({
      subject_type: isUser(subject) ? ('user' as const) : ('group' as const),
      subject_id: idIn(subject),
      can_view: true as const,
      can_edit: last.held === 'edit',
    }));
    return [
      ...found.filter(({ subject_type }) => subject_type === 'user'),
      ...found.filter(({ subject_type }) => subject_type === 'group'),
    ];
  }

  /** Whether the account was active. Its rights are kept while it is not, and none of them counts. */
  isActive(userId: string): boolean {
    return this.#log.last(userSubject(userId), ACCOUNT, this.#position)?.held !== 'none';
  }

  /** Roles that the user held, in the order of their names. */
  rolesOf(userId: string): Role[] {
    const held: Role[] = [];
    for (const [target, { last }] of this.#ofSubject(userSubject(userId)))
      if (target === roleTarget(last.held)) held.push(last.held as Role);
    return held.sort();
  }

  /** The members of a group in the order in which they joined, since when, and by whom. */
  members(groupId: string): MemberThen[] {
    return Array.from(this.#onTarget(membership(groupId)), ([subject, { since }]) => ({
      user_id: idIn(subject),
      member_since: since.at,
      member_added_by: since.by,
    }));
  }

  /** Ids of the members of a group. */
  membersOf(groupId: string): string[] {
    return Array.from(this.#onTarget(membership(groupId)).keys(), idIn);
  }

  #standing(subject: string, target: string): AccessChange | undefined {
    const last = this.#log.last(subject, target, this.#position);
    return last && last.held !== 'none' ? last : undefined;
  }

  #onTarget = (target: string): Map<string, Standing> =>
    standings(this.#log.ofTarget(target, this.#position), ({ subject }) => subject);

  #ofSubject = (subject: string): Map<string, Standing> =>
    standings(this.#log.ofSubject(subject, this.#position), ({ target }) => target);
}

/** The best right of several paths. */
export const rightOf = (paths: readonly AccessPath[]): Right =>
  paths.reduce<Right>((best, { right }) => (includes(best, right) ? best : right), 'none');

export const idIn = (text: string): string => text.slice(text.indexOf(':') + 1);
const isUser = (subject: string): boolean => subject === userSubject(idIn(subject));

const pathOf = ({ held, by, at, position }: AccessChange, via: string, since?: AccessChange): AccessPath => ({
  right: held as AccessPath['right'],
  via,
  granted_by: by,
  granted_at: at,
  position,
  ...(since ? { member_since: since.at, member_added_by: since.by } : {}),
});

/** The accesses that are held after all these changes, in the order in which they began. */
function standings(changes: readonly AccessChange[], keyOf: (change: AccessChange) => string): Map<string, Standing> {
  const found = new Map<string, Standing>();
  for (const change of changes) {
    const key = keyOf(change);
    if (change.held === 'none') found.delete(key);
    else found.set(key, { last: change, since: found.get(key)?.since ?? change });
  }
  return found;
}

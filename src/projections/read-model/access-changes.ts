/**
 * access_changes: which user or group had access to which page or group, from which position on, and by whom. One row for each change of
 * an ownership, a direct grant, a group's grant, a membership, a role or an account's state; rows are only added. From it follows which
 * pages a user could see at any position of the log, and who let them. A change of a group's name or owner, and its
 * deletion, is a row too, so that auditors can be told through which group somebody saw a page.
 */

import type { Right } from '../../domain/authorization.js';
import type { GroupEvent, PageEvent } from '../../domain/events.js';
import type { Role, SubjectType } from '../../domain/fields.js';
import type { LivePage } from '../../domain/page.js';
import { idOf } from '../../domain/streams.js';
import { comparePositions, type Position } from '../../log/event-log.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Folded, LiveState } from '../live-state.js';
import type { Cell, Table } from './table.js';

export const accessChangesTable: Table = {
  name: 'access_changes',
  ddl: `CREATE TABLE access_changes (
    subject  TEXT NOT NULL,
    target   TEXT NOT NULL,
    position INTEGER NOT NULL,
    has      INTEGER NOT NULL,
    held     TEXT NOT NULL,
    type     TEXT NOT NULL,
    at       TEXT NOT NULL,
    by       TEXT NOT NULL,
    PRIMARY KEY (subject, target, position)
  ) WITHOUT ROWID;`,
  index: `CREATE INDEX access_changes_of_subject ON access_changes (subject, position);
    CREATE INDEX access_changes_of_target ON access_changes (target, position);
    CREATE INDEX access_changes_in_order ON access_changes (position);`,
  columns: ['subject', 'target', 'position', 'has', 'held', 'type', 'at', 'by'],
  keys: 3,
};

export const userSubject = (id: string): string => `user:${id}`;
export const groupSubject = (id: string): string => `group:${id}`;
export const ownership = (pageId: string): string => `own:${pageId}`;
export const grantOn = (pageId: string): string => `page:${pageId}`;
export const membership = (groupId: string): string => `group:${groupId}`;
export const roleTarget = (role: string): string => `role:${role}`;
/** Whether the account is active; without a row it is. */
export const ACCOUNT = 'account';

/** Target of the rows in which a group itself stands, and their subject: one of their own, so that no question for accesses finds them. */
export const GROUP = 'group';
export const groupItself = (id: string): string => `itself:${id}`;

/** What a row's subject has on its target: a right on a page, `member` of a group, a role, `active`; or `none`. */
export type HeldAccess = Right | 'member' | 'active' | Role;

/** Whether events of this type change who may see a page. */
export const changesAccess: Readonly<Record<(PageEvent | GroupEvent)['type'], boolean>> = {
  PageCreated: true,
  PageRenamed: false,
  PageDeleted: true,
  PageShared: true,
  PageLeft: true,
  PageTransferred: true,
  PageAcknowledged: false,
  AlarmCreated: false,
  AlarmUpdated: false,
  AlarmTriggered: false,
  AlarmDeleted: false,
  AlarmAcknowledged: false,
  AlarmUnacknowledged: false,
  AlarmCleared: false,
  AlarmAssigned: false,
  AlarmCommented: false,
  AlarmSnoozed: false,
  AlarmUnsnoozed: false,
  AlarmExpired: false,
  AlarmRenotified: false,
  GroupCreated: true,
  GroupMemberAdded: true,
  GroupMemberRemoved: true,
  GroupRenamed: false,
  GroupDeleted: true,
  GroupTransferred: true,
};

/** Appends the rows of an event that is not void; `live` is the state after it. */
export function pushAccessChanges(cells: Cell[], folded: Folded, live: LiveState): void {
  const { recorded, page, group, formerOwner, unshared = [] } = folded;
  const { event, stream, position, metadata } = recorded;
  const push = (subject: string, target: string, held: HeldAccess): void => {
    cells.push(subject, target, position, Number(held !== 'none'), held, event.type, metadata.at, metadata.by);
  };
  const grant = (granted: LivePage, type: SubjectType, id: string): void => {
    const found = granted.grants[type].get(id);
    const subject = type === 'user' ? userSubject(id) : groupSubject(id);
    push(subject, grantOn(granted.id), found ? (found.can_edit ? 'edit' : 'view') : 'none');
  };
  const member = (userId: string | undefined): void => {
    if (userId !== undefined)
      push(userSubject(userId), membership(idOf(stream)), live.groupsOf(userId).has(idOf(stream)) ? 'member' : 'none');
  };
  const itself = (): void => {
    if (!group) return;
    const held = JSON.stringify({ name: group.name, owner_id: group.owner_id });
    cells.push(
      groupItself(group.id),
      GROUP,
      position,
      Number(!group.deleted),
      held,
      event.type,
      metadata.at,
      metadata.by,
    );
  };
  switch (event.type) {
    case 'PageCreated':
      return push(userSubject(event.data.owner_id), ownership(idOf(stream)), 'own');
    case 'PageDeleted':
      if (!page) return;
      push(userSubject(page.owner_id), ownership(page.id), 'none');
      for (const id of page.grants.user.keys()) push(userSubject(id), grantOn(page.id), 'none');
      for (const id of page.grants.group.keys()) push(groupSubject(id), grantOn(page.id), 'none');
      return;
    case 'PageShared':
      if (page) grant(page, event.data.subject_type, event.data.subject_id);
      return;
    case 'PageLeft':
      if (page) grant(page, 'user', metadata.by);
      return;
    case 'PageTransferred':
      if (!page || formerOwner === undefined) return;
      push(userSubject(formerOwner), ownership(page.id), formerOwner === page.owner_id ? 'own' : 'none');
      for (const id of new Set([formerOwner, page.owner_id])) grant(page, 'user', id);
      if (formerOwner !== page.owner_id) push(userSubject(page.owner_id), ownership(page.id), 'own');
      return;
    case 'GroupCreated':
      itself();
      return member(event.data.owner_id);
    case 'GroupRenamed':
      return itself();
    case 'GroupMemberAdded':
    case 'GroupMemberRemoved':
      return member(event.data.user_id);
    case 'GroupTransferred':
      itself();
      for (const id of new Set([event.data.owner_id, formerOwner])) member(id);
      return;
    case 'GroupDeleted':
      itself();
      for (const id of group?.members.keys() ?? []) push(userSubject(id), membership(idOf(stream)), 'none');
      for (const id of unshared) push(groupSubject(idOf(stream)), grantOn(id), 'none');
      return;
    case 'RoleGranted':
    case 'RoleRevoked': {
      const { role } = event.data;
      return push(userSubject(idOf(stream)), roleTarget(role), live.roles.of(idOf(stream)).has(role) ? role : 'none');
    }
    case 'UserDeactivated':
    case 'UserReactivated':
      return push(userSubject(idOf(stream)), ACCOUNT, live.accounts.isActive(idOf(stream)) ? 'active' : 'none');
    default:
      return;
  }
}

export interface AccessRows {
  /** Targets of the subject's rows after a position. */
  changedAfter(subject: string, position: Position): string[];
  /** Those among them that the subject lost after it, for good or for a while. */
  lostAfter(subject: string, position: Position): string[];
  /** `has` of the subject's last row for a target at or before a position; undefined if there is none. */
  hadAt(subject: string, target: string, position: Position): number | undefined;
}

export function openAccessRows(db: Database): AccessRows {
  const changedAfter = db
    .prepare('SELECT DISTINCT target FROM access_changes WHERE subject = ? AND position > CAST(? AS INTEGER)')
    .pluck();
  const lostAfter = db
    .prepare(
      'SELECT DISTINCT target FROM access_changes WHERE subject = ? AND position > CAST(? AS INTEGER) AND has = 0',
    )
    .pluck();
  const hadAt = db
    .prepare(
      'SELECT has FROM access_changes WHERE subject = ? AND target = ? AND position <= CAST(? AS INTEGER) ORDER BY position DESC LIMIT 1',
    )
    .pluck();
  return {
    changedAfter: (subject, position) => changedAfter.all(subject, position) as string[],
    lostAfter: (subject, position) => lostAfter.all(subject, position) as string[],
    hadAt: (subject, target, position) => hadAt.get(subject, target, position) as number | undefined,
  };
}

const WIDTH = accessChangesTable.columns.length;

/** Which pages users could see at a position. The tables must contain everything up to now, except what `unwritten` returns. */
export class AccessHistory {
  readonly #live: LiveState;
  readonly #rows: AccessRows;
  readonly #unwritten: () => readonly (readonly Cell[])[];

  constructor(live: LiveState, rows: AccessRows, unwritten: () => readonly (readonly Cell[])[]) {
    this.#live = live;
    this.#rows = rows;
    this.#unwritten = unwritten;
  }

  /** For each page whose visibility may have changed for the user since `position`: whether they could see it then. */
  visibleThen(userId: string, position: Position): Map<string, boolean> {
    const user = userSubject(userId);
    const groups = new Set(this.#live.groupsOf(userId));
    const groupsThen = new Set(groups);
    const candidates = new Set<string>();
    for (const target of this.#changedAfter(user, position)) {
      if (target === ACCOUNT || target.startsWith(roleTarget(''))) continue;
      const id = idIn(target);
      if (target !== membership(id)) {
        candidates.add(id);
        continue;
      }
      groups.add(id);
      if (this.#hadAt(user, target, position)) groupsThen.add(id);
      else groupsThen.delete(id);
      for (const pageId of this.#live.pagesGrantedTo('group', id)) candidates.add(pageId);
    }
    for (const group of groups)
      for (const target of this.#changedAfter(groupSubject(group), position)) candidates.add(idIn(target));
    const sawThen = (pageId: string): boolean =>
      this.#hadAt(user, ownership(pageId), position) ||
      this.#hadAt(user, grantOn(pageId), position) ||
      [...groupsThen].some((group) => this.#hadAt(groupSubject(group), grantOn(pageId), position));
    return new Map(Array.from(candidates, (pageId) => [pageId, sawThen(pageId)]));
  }

  /**
   * Pages that the user may have been unable to see for a while since `position`, whether they can see them now or not. It may name one that they
   * could see all the time, over another path.
   */
  maybeLostSince(userId: string, position: Position): Set<string> {
    const user = userSubject(userId);
    const groups = new Set(this.#live.groupsOf(userId));
    const pages = new Set<string>();
    for (const target of this.#changedAfter(user, position, true)) {
      const id = idIn(target);
      if (target !== membership(id)) {
        pages.add(id);
        continue;
      }
      groups.add(id);
      for (const pageId of this.#live.pagesGrantedTo('group', id)) pages.add(pageId);
    }
    for (const group of groups)
      for (const target of this.#changedAfter(groupSubject(group), position, true)) pages.add(idIn(target));
    return pages;
  }

  /** `isLost`: only what the subject lost. */
  #changedAfter(subject: string, position: Position, isLost = false): Set<string> {
    const targets = new Set(
      isLost ? this.#rows.lostAfter(subject, position) : this.#rows.changedAfter(subject, position),
    );
    for (const row of this.#unwrittenOf(subject))
      if (comparePositions(row.position, position) > 0 && !(isLost && row.has === 1)) targets.add(row.target);
    return targets;
  }

  #hadAt(subject: string, target: string, position: Position): boolean {
    let had = this.#rows.hadAt(subject, target, position);
    for (const row of this.#unwrittenOf(subject))
      if (row.target === target && comparePositions(row.position, position) <= 0) had = row.has;
    return had === 1;
  }

  *#unwrittenOf(subject: string): Generator<{ target: string; position: Position; has: number }> {
    for (const cells of this.#unwritten())
      for (let at = 0; at < cells.length; at += WIDTH) {
        if (cells[at] !== subject) continue;
        const [target, position, has] = cells.slice(at + 1, at + WIDTH) as [string, string, number];
        yield { target, position, has };
      }
  }
}

const idIn = (target: string): string => target.slice(target.indexOf(':') + 1);

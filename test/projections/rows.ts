/** The rows of a read model, and the rows that a live state says there should be. */
import { openDatabase } from '../../src/log/sqlite/database.js';
import type { LiveState } from '../../src/projections/live-state.js';
import { tables } from '../../src/projections/read-model/read-model.js';

type Rows = Record<string, unknown[]>;

/**
 * Every row of every table, in the order of the tables' keys, and the checkpoint. `no` of the commands only keeps their order:
 * it is not compared itself, since SQLite may give it again when the newest of them were pruned.
 */
export function rowsOf(file: string): Rows {
  const db = openDatabase(file, { readonly: true });
  try {
    return db.transaction(() => {
      const order = (name: string, columns: readonly string[], keys: number): string =>
        name === 'commands' ? 'no' : columns.slice(0, keys).join(', ');
      const rows: Rows = Object.fromEntries(
        tables.map(({ name, columns, keys }) => [
          name,
          db.prepare(`SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${order(name, columns, keys)}`).all(),
        ]),
      );
      return {
        ...rows,
        checkpoint: db.prepare('SELECT * FROM checkpoint').all(),
        schema: db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all(),
      };
    })();
  } finally {
    db.close();
  }
}

const sorted = <T>(rows: Iterable<T>, key: (row: T) => string): T[] =>
  [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));

/** The required content of the tables of the current state, derived from the live state; history and idempotency records are not in it. */
export function rowsIn(live: LiveState): Rows {
  const pages = sorted(live.pages.values(), ({ id }) => id);
  const groups = sorted(live.groups.values(), ({ id }) => id);
  return {
    users: sorted(live.users.values(), ({ id }) => id).map(({ id, username, name_stream, created_at }) => ({
      id,
      username,
      name_stream,
      created_at,
    })),
    groups: groups.map(({ id, name, owner_id, revision }) => ({ id, name, owner_id, revision })),
    user_groups: groups.flatMap(({ id, members }) =>
      sorted([...members], ([user]) => user).map(([user_id, since]) => ({ group_id: id, user_id, since })),
    ),
    pages: pages.map(({ id, name, owner_id, seq }) => ({ id, name, owner_id, seq })),
    page_permissions: pages.flatMap(({ id, grants }) =>
      (['group', 'user'] as const).flatMap((subject_type) =>
        sorted(grants[subject_type], ([subject]) => subject).map(([subject_id, grant]) => ({
          page_id: id,
          subject_type,
          subject_id,
          can_view: Number(grant.can_view),
          can_edit: Number(grant.can_edit),
        })),
      ),
    ),
    alarms: sorted(
      pages.flatMap(({ alarms }) => [...alarms.values()]),
      ({ id }) => id,
    ).map(({ active, settings, occurrence, assignee = null, snoozed, deadlines, ...alarm }) => ({
      ...alarm,
      active: Number(active),
      settings: settings ? JSON.stringify(settings) : null,
      occurrence: occurrence ? JSON.stringify(occurrence) : null,
      assignee,
      snoozed: snoozed ? JSON.stringify(snoozed) : null,
      deadlines: deadlines ? JSON.stringify(deadlines) : null,
    })),
    ended_sessions: sorted(live.endedSessions.ended, ([id]) => id).map(([session_id, ended]) => ({
      session_id,
      ...ended,
    })),
    started_sessions: sorted(live.startedSessions.sessions, ([id]) => id).map(([session_id, started]) => ({
      session_id,
      ...started,
    })),
    account_states: sorted(live.accounts.states, ([id]) => id).map(([user_id, state]) => ({ user_id, ...state })),
    user_roles: sorted(live.roles.granted, ([id]) => id).flatMap(([user_id, roles]) =>
      sorted(roles, ([role]) => role).map(([role, grant]) => ({ user_id, role, ...grant })),
    ),
    password_changes: sorted(live.endedSessions.changes, ([id]) => id).map(([user_id, { credential, session_id }]) => ({
      user_id,
      credential,
      session_id,
    })),
  };
}

/** All that a live state answers, in an order that does not depend on how it came to be. */
export function answersOf(live: LiveState): unknown {
  const users = sorted(live.users.keys(), String);
  const order = (ids: Iterable<string>): string[] => sorted(ids, String);
  return {
    rows: rowsIn(live),
    users: users.map((id) => ({
      id,
      named: live.userNamed(live.users.get(id)!.name_stream)?.id,
      groups: order(live.groupsOf(id)),
      granted: order(live.pagesGrantedTo('user', id)),
      owned: [order(live.pagesOwnedBy(id)), order(live.groupsOwnedBy(id)), live.alarmsOwnedBy(id)],
      bytes: [live.sharedBytes.ownedBy(id), live.sharedBytes.grantedTo('user', id)],
      visible: live.pagesVisibleTo(id).map(({ id: page }) => page),
      rights: sorted(live.pages.values(), ({ id: page }) => page).map((page) => live.heldOn(page, id).right),
    })),
    groups: order(live.groups.keys()).map((id) => [
      order(live.pagesGrantedTo('group', id)),
      live.sharedBytes.grantedTo('group', id),
    ]),
    alarms: sorted(
      [...live.pages.values()].flatMap(({ alarms }) => [...alarms.keys()]),
      String,
    ).map((id) => live.pageOfAlarm(id)?.id),
    // In the order in which they are to be forgotten.
    endedSessions: [...live.endedSessions.ended.keys()],
    deleted: [...live.pages.values()].some(({ deleted }) => deleted),
  };
}

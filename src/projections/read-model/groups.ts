/** groups and user_groups: groups and their members. */
import type { Group } from '../../domain/group.js';
import type { Database } from '../../log/sqlite/database.js';
import type { LiveState } from '../live-state.js';
import type { Row, Table } from './table.js';

export const groupsTable: Table = {
  name: 'groups',
  ddl: `CREATE TABLE groups (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    revision INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['id', 'name', 'owner_id', 'revision'],
  keys: 1,
};

export const userGroupsTable: Table = {
  name: 'user_groups',
  ddl: `CREATE TABLE user_groups (
    group_id TEXT NOT NULL,
    user_id  TEXT NOT NULL,
    since    TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id)
  ) WITHOUT ROWID;`,
  columns: ['group_id', 'user_id', 'since'],
  keys: 2,
};

export const groupRow = (group: Group): Row => [group.id, group.name, group.owner_id, group.revision];

export function loadGroups(db: Database, live: LiveState): void {
  const members = db.prepare('SELECT user_id, since FROM user_groups WHERE group_id = ?').raw();
  for (const row of db.prepare('SELECT id, name, owner_id, revision FROM groups').iterate()) {
    const { id, name, owner_id, revision } = row as Group;
    live.addGroup({
      id,
      name,
      owner_id,
      deleted: false,
      revision,
      members: new Map(members.all(id) as [string, string][]),
    });
  }
}

/** user_roles: who is an auditor or an operator, and who made them so. */
import type { Role } from '../../domain/fields.js';
import type { RoleGrant, UserRoles } from '../../domain/user-roles.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

export const userRolesTable: Table = {
  name: 'user_roles',
  ddl: `CREATE TABLE user_roles (
    user_id    TEXT NOT NULL,
    role       TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at TEXT NOT NULL,
    PRIMARY KEY (user_id, role)
  ) WITHOUT ROWID;`,
  columns: ['user_id', 'role', 'granted_by', 'granted_at'],
  keys: 2,
};

export const userRoleRow = (userId: string, role: Role, { granted_by, granted_at }: RoleGrant): Row => [
  userId,
  role,
  granted_by,
  granted_at,
];

export function loadUserRoles(db: Database, roles: UserRoles): void {
  for (const row of db.prepare('SELECT user_id, role, granted_by, granted_at FROM user_roles').iterate()) {
    const { user_id, role, ...grant } = row as RoleGrant & { user_id: string; role: Role };
    roles.add(user_id, role, grant);
  }
}

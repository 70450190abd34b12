/** pages and page_permissions: the pages, and the grants on them. A deleted page is removed from both. */

import type { SubjectType } from '../../domain/fields.js';
import { type Grant, type LivePage, newPage } from '../../domain/page.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

export const pagesTable: Table = {
  name: 'pages',
  ddl: `CREATE TABLE pages (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    seq      INTEGER NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['id', 'name', 'owner_id', 'seq'],
  keys: 1,
};

export const pagePermissionsTable: Table = {
  name: 'page_permissions',
  ddl: `CREATE TABLE page_permissions (
    page_id      TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    can_view     INTEGER NOT NULL,
    can_edit     INTEGER NOT NULL,
    PRIMARY KEY (page_id, subject_type, subject_id)
  ) WITHOUT ROWID;`,
  columns: ['page_id', 'subject_type', 'subject_id', 'can_view', 'can_edit'],
  keys: 3,
};

export const pageRow = (page: LivePage): Row => [page.id, page.name, page.owner_id, page.seq];
export const permissionRow = (pageId: string, type: SubjectType, subject: string, grant: Grant): Row => [
  pageId,
  type,
  subject,
  Number(grant.can_view),
  Number(grant.can_edit),
];

/** The pages with their grants, without their alarms, by id. */
export function readPages(db: Database): Map<string, LivePage> {
  const pages = new Map<string, LivePage>();
  for (const row of db.prepare('SELECT id, name, owner_id, seq FROM pages').iterate()) {
    const { id, name, owner_id, seq } = row as { id: string; name: string; owner_id: string; seq: number };
    pages.set(id, { ...newPage(id, name, owner_id), seq });
  }
  for (const row of db
    .prepare('SELECT page_id, subject_type, subject_id, can_view, can_edit FROM page_permissions')
    .iterate()) {
    const grant = row as {
      page_id: string;
      subject_type: SubjectType;
      subject_id: string;
      can_view: number;
      can_edit: number;
    };
    pages.get(grant.page_id)!.grants[grant.subject_type].set(grant.subject_id, {
      can_view: grant.can_view === 1,
      can_edit: grant.can_edit === 1,
    });
  }
  return pages;
}

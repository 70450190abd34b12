/** access_tokens: what programs' tokens may be used for. */
import type { AccessToken, AccessTokens } from '../../domain/access-tokens.js';
import type { Ability } from '../../domain/fields.js';
import type { Database } from '../../log/sqlite/database.js';
import type { Row, Table } from './table.js';

export const accessTokensTable: Table = {
  name: 'access_tokens',
  ddl: `CREATE TABLE access_tokens (
    token_id   TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    name       TEXT NOT NULL,
    can        TEXT NOT NULL,
    pages      TEXT,
    types      TEXT,
    created_at TEXT NOT NULL,
    until      TEXT NOT NULL
  ) WITHOUT ROWID;`,
  columns: ['token_id', 'user_id', 'name', 'can', 'pages', 'types', 'created_at', 'until'],
  keys: 1,
};

/** Sets as JSON arrays. */
const listOf = (values: ReadonlySet<string> | undefined): string | null =>
  values ? JSON.stringify([...values]) : null;

export const accessTokenRow = ({ id, user_id, name, can, pages, types, created_at, until }: AccessToken): Row => [
  id,
  user_id,
  name,
  listOf(can),
  listOf(pages),
  listOf(types),
  created_at,
  until,
];

interface Stored {
  readonly token_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly can: string;
  readonly pages: string | null;
  readonly types: string | null;
  readonly created_at: string;
  readonly until: string;
}

const setOf = (list: string | null): Set<string> | undefined =>
  list === null ? undefined : new Set(JSON.parse(list) as string[]);

export function loadAccessTokens(db: Database, tokens: AccessTokens): void {
  for (const row of db.prepare('SELECT * FROM access_tokens').iterate()) {
    const { token_id, can, pages, types, ...rest } = row as Stored;
    tokens.add({
      id: token_id,
      ...rest,
      can: new Set(JSON.parse(can) as Ability[]),
      pages: setOf(pages),
      types: setOf(types),
    });
  }
}

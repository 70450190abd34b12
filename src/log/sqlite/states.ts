/** Operational state in log.db: a row a state, written in the commit of the iteration's appends. */
import { NO_STATE, type State, type StateOutcome } from '../state-store.js';
import type { Database, Statement } from './database.js';

/** Created by the first write, so that a log without states has the tables that it always had. */
const TABLE =
  'CREATE TABLE IF NOT EXISTS states (id TEXT PRIMARY KEY, fence INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID';

const HAS_TABLE = "SELECT 1 FROM sqlite_schema WHERE name = 'states'";

/** All states, by id; none where none was ever written. */
export const readStates = (db: Database): readonly { readonly id: string; readonly value: string }[] =>
  db.prepare(HAS_TABLE).get() === undefined
    ? []
    : (db.prepare('SELECT id, value FROM states ORDER BY id').all() as { id: string; value: string }[]);

interface PendingWrite {
  readonly id: string;
  readonly value: unknown;
  readonly fence: number;
  readonly resolve: (outcome: StateOutcome) => void;
}

export class SqliteStates {
  readonly #db: Database;
  #select: Statement | undefined;
  #replace: Statement | undefined;
  #pending: PendingWrite[] = [];
  #outcomes: StateOutcome[] = [];

  constructor(db: Database) {
    this.#db = db;
  }

  /** Writes that wait for the commit. */
  get pending(): number {
    return this.#pending.length;
  }

  read(id: string): State | undefined {
    if (!this.#hasTable) return undefined;
    this.#select ??= this.#db.prepare('SELECT fence, value FROM states WHERE id = ?');
    const row = this.#select.get(id) as { fence: number; value: string } | undefined;
    return row && { fence: row.fence, value: JSON.parse(row.value) as unknown };
  }

  add(write: PendingWrite): void {
    this.#pending.push(write);
  }

  /** Has to be called within the transaction. */
  write(): void {
    this.#outcomes = this.#pending.map((write) => this.#write(write));
  }

  /** The transaction is durable. */
  committed(): void {
    const [writes, outcomes] = [this.#pending.splice(0), this.#outcomes.splice(0)];
    writes.forEach(({ resolve }, at) => resolve(outcomes[at] ?? 'unavailable'));
  }

  /** The disk is full: nothing was written. */
  full(): void {
    this.#outcomes = [];
    // The table may have been created in the transaction that was rolled back.
    this.#select = this.#replace = undefined;
    for (const { resolve } of this.#pending.splice(0)) resolve('full');
  }

  #write({ id, value, fence }: PendingWrite): StateOutcome {
    if ((this.read(id)?.fence ?? NO_STATE) !== fence) return 'conflict';
    if (!this.#hasTable) this.#db.exec(TABLE);
    this.#replace ??= this.#db.prepare(
      'INSERT INTO states (id, fence, value) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET fence = excluded.fence, value = excluded.value',
    );
    this.#replace.run(id, fence + 1, JSON.stringify(value));
    return { fence: fence + 1 };
  }

  get #hasTable(): boolean {
    if (this.#select) return true;
    return this.#db.prepare(HAS_TABLE).get() !== undefined;
  }
}

/** Reads access_changes as of a position: who had which access, since when, and who gave it; and which group it came through. */
import type { Position } from '../../log/event-log.js';
import type { Database } from '../../log/sqlite/database.js';
import { GROUP, groupItself, type HeldAccess } from './access-changes.js';

/** One change of one access. */
export interface AccessChange {
  readonly subject: string;
  readonly target: string;
  readonly position: Position;
  readonly held: HeldAccess;
  /** The event's type. */
  readonly type: string;
  readonly at: string;
  /** Who caused it. */
  readonly by: string;
}

/** A group as it was. */
export interface GroupThen {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  /** When it was deleted; name and owner are those that it had then. */
  readonly deleted_at?: string;
}

export type AccessLog = {
  /** Of everybody on a target, up to a position, in log order. */
  ofTarget(target: string, until: Position): AccessChange[];
  /** Of a subject on everything, up to a position, in log order. */
  ofSubject(subject: string, until: Position): AccessChange[];
  /** Of a subject on a target: the last one up to a position. */
  last(subject: string, target: string, until: Position): AccessChange | undefined;
  /** Positions of events that changed any, after a position and up to another, in log order, at most `limit`. */
  positions(after: Position, until: Position, limit: number): Position[];
  /** What the event at a position changed. */
  at(position: Position): AccessChange[];
  /** Undefined if the group did not exist yet. */
  group(groupId: string, position: Position): GroupThen | undefined;
};

export function openAccessLog(db: Database): AccessLog {
  const select = 'SELECT subject, target, CAST(position AS TEXT) AS position, held, type, at, by FROM access_changes';
  const ofTarget = db.prepare(
    `${select} WHERE target = ? AND position <= CAST(? AS INTEGER) ORDER BY access_changes.position`,
  );
  const ofSubject = db.prepare(
    `${select} WHERE subject = ? AND position <= CAST(? AS INTEGER) ORDER BY access_changes.position`,
  );
  const last = db.prepare(
    `${select} WHERE subject = ? AND target = ? AND position <= CAST(? AS INTEGER) ORDER BY access_changes.position DESC LIMIT 1`,
  );
  const positions = db
    .prepare(
      `SELECT DISTINCT CAST(position AS TEXT) FROM access_changes
       WHERE position > CAST(? AS INTEGER) AND position <= CAST(? AS INTEGER) AND target <> '${GROUP}'
       ORDER BY position LIMIT ?`,
    )
    .pluck();
  const at = db.prepare(
    `${select} WHERE position = CAST(? AS INTEGER) AND target <> '${GROUP}' ORDER BY subject, target`,
  );
  return {
    ofTarget: (target, until) => ofTarget.all(target, until) as AccessChange[],
    ofSubject: (subject, until) => ofSubject.all(subject, until) as AccessChange[],
    last: (subject, target, until) => last.get(subject, target, until) as AccessChange | undefined,
    positions: (after, until, limit) => positions.all(after, until, limit) as Position[],
    at: (position) => at.all(position) as AccessChange[],
    group: (id, position) => {
      const row = last.get(groupItself(id), GROUP, position) as { held: string; type: string; at: string } | undefined;
      if (!row) return undefined;
      const { name, owner_id } = JSON.parse(row.held) as { name: string; owner_id: string };
      return { id, name, owner_id, ...(row.type === 'GroupDeleted' ? { deleted_at: row.at } : {}) };
    },
  };
}

/** A log with evidence, and ways to alter it that its own checks may or may not see. */

import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageStream } from '../../src/domain/streams.js';
import type { Checkpoint } from '../../src/evidence/checkpoint.js';
import { checkTree, type TreeCheck } from '../../src/evidence/tree-check.js';
import { TreeFiles } from '../../src/evidence/tree-files.js';
import type { NewEvent } from '../../src/log/event-log.js';
import { type Database, openDatabase } from '../../src/log/sqlite/database.js';
import { openSqliteLog, type SqliteLog } from '../../src/log/sqlite/log.js';
import { openTextReader } from '../../src/log/text-reader.js';
import { Random } from '../crash/random.js';

/** Numbers from 0 to below 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  const random = new Random(seed);
  return () => random.next();
}

export interface EvidencedLog {
  readonly folder: string;
  readonly file: string;
  readonly events: number;
  readonly checkpoints: readonly Checkpoint[];
}

const metadata = (at: number) => ({
  at: new Date(1_760_000_000_000 + at * 1_000).toISOString(),
  by: '7b0e3a52-0000-4000-8000-000000000001',
  via: 'socket',
  command: 'trigger_alarm',
  key: `k${at}`,
  v: 1,
});

/** A log of `count` events or a few more, with checkpoints at some sizes and at its end. */
export async function evidencedLog(count: number, random: () => number): Promise<EvidencedLog> {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-evidence-'));
  const file = join(folder, 'log.db');
  const log = openSqliteLog({
    file,
    onFatal: (error) => {
      throw error;
    },
  });
  const checkpoints: Checkpoint[] = [];
  const sign = async (): Promise<void> => {
    const { size, root } = await checked(file, join(folder, 'evidence'), checkpoints, true);
    checkpoints.push({ logId: log.id, size, root });
  };
  const pages = [randomUUID(), randomUUID(), randomUUID()].map((id) => ({ stream: pageStream(id), revision: -1 }));
  for (let at = 0; at < count; at += 1) {
    const page = pages[Math.floor(random() * pages.length)]!;
    const event: NewEvent = {
      id: randomUUID(),
      event: { type: 'PageRenamed', data: { name: `name ${at}` } },
      metadata: metadata(at),
    };
    await append(log, page, event);
    if (random() < 0.03) await sign();
  }
  await sign();
  await log.close();
  return { folder, file, events: checkpoints.at(-1)!.size, checkpoints };
}

async function append(
  log: SqliteLog,
  page: { readonly stream: string; revision: number },
  event: NewEvent,
): Promise<void> {
  const appended = await log.append(page.stream, page.revision, [event]);
  if (appended.kind !== 'appended') throw new Error(appended.kind);
  page.revision = appended.revision;
}

/** What the check of the tree says about the log in `file`. */
export async function checked(
  file: string,
  treeFolder: string | undefined,
  checkpoints: readonly Checkpoint[],
  mayWrite = false,
): Promise<TreeCheck> {
  const reader = await openTextReader({ engine: 'sqlite', file });
  const files = treeFolder === undefined ? undefined : new TreeFiles(treeFolder, !mayWrite);
  try {
    return await checkTree({ reader, files, mayWrite, checkpoints });
  } finally {
    await reader.close();
    files?.close();
  }
}

/** Ways to alter a log: each returns the index of the first event that is not what it was. `events` is at least 8. */
export const alterations: Readonly<Record<string, (db: Database, events: number, random: () => number) => number>> = {
  'a byte of the data': (db, events, random) => changed(db, 'data', events, random),
  'a byte of the metadata': (db, events, random) => changed(db, 'metadata', events, random),
  'an author': (db, events, random) =>
    replaced(db, events, random, (text) => ['metadata', text.replace('000000000001', '000000000002')]),
  'a time': (db, events, random) =>
    replaced(db, events, random, (text) => ['metadata', text.replace('"at":"2025', '"at":"2024')]),
  'an id': (db, events, random) => {
    const index = chosen(events, random);
    db.prepare('UPDATE events SET id = ? WHERE position = ?').run(randomUUID(), index + 1);
    return index;
  },
  'a type': (db, events, random) => {
    const index = chosen(events, random);
    db.prepare("UPDATE events SET type = 'PageCreated' WHERE position = ?").run(index + 1);
    return index;
  },
  'one removed': (db, events, random) => {
    const index = chosen(events, random);
    db.prepare('DELETE FROM events WHERE position = ?').run(index + 1);
    return index;
  },
  'one removed, the others moved up': (db, events, random) => {
    const index = chosen(events, random);
    db.prepare('DELETE FROM events WHERE position = ?').run(index + 1);
    db.prepare('UPDATE events SET position = position - 1 WHERE position > ?').run(index + 1);
    return index;
  },
  'two exchanged': (db, events, random) => {
    const index = Math.min(chosen(events, random), events - 2);
    for (const [from, to] of [
      [index + 1, -1],
      [index + 2, index + 1],
      [-1, index + 2],
    ])
      db.prepare('UPDATE events SET position = ? WHERE position = ?').run(to, from);
    return index;
  },
  'one doubled': (db, events, random) => inserted(db, events, random, false),
  'one inserted': (db, events, random) => inserted(db, events, random, true),
  'the tail cut off': (db, events, random) => {
    const index = chosen(events, random);
    db.prepare('DELETE FROM events WHERE position > ?').run(index);
    return index;
  },
  'another stream': (db, events, random) => {
    const index = chosen(events, random);
    const row = db.prepare('SELECT stream FROM events WHERE position = ?').get(index + 1) as { stream: number };
    db.prepare("INSERT INTO streams (no, name) VALUES (1000, 'page-7b0e3a52-0000-4000-8000-000000000009')").run();
    db.prepare('UPDATE events SET stream = 1000 WHERE position = ? AND stream = ?').run(index + 1, row.stream);
    return index;
  },
};

/** Not LogCreated, without which there is no log. */
const chosen = (events: number, random: () => number): number => 1 + Math.floor(random() * (events - 1));

function replaced(
  db: Database,
  events: number,
  random: () => number,
  change: (metadata: string) => readonly [string, string],
): number {
  const index = chosen(events, random);
  const { metadata: text } = db.prepare('SELECT metadata FROM events WHERE position = ?').get(index + 1) as {
    metadata: string;
  };
  const [column, altered] = change(text);
  if (altered === text) throw new Error('Nothing was altered');
  db.prepare(`UPDATE events SET ${column} = ? WHERE position = ?`).run(altered, index + 1);
  return index;
}

function changed(db: Database, column: 'data' | 'metadata', events: number, random: () => number): number {
  const index = chosen(events, random);
  const row = db.prepare(`SELECT ${column} AS text FROM events WHERE position = ?`).get(index + 1) as { text: string };
  const bytes = Buffer.from(row.text);
  const at = Math.floor(random() * bytes.length);
  // Stays ASCII, so that it stays text.
  bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
  db.prepare(`UPDATE events SET ${column} = ? WHERE position = ?`).run(bytes.toString(), index + 1);
  return index;
}

/** Puts a copy of an event before the one that is chosen, with its own id or another. */
function inserted(db: Database, events: number, random: () => number, isNew: boolean): number {
  const index = chosen(events, random);
  for (let position = events; position > index; position -= 1)
    db.prepare('UPDATE events SET position = ? WHERE position = ?').run(position + 1, position);
  db.prepare(
    'INSERT INTO events SELECT ?, stream, 100000 + revision, coalesce(?, id), type, data, metadata FROM events WHERE position = ?',
  ).run(index + 1, isNew ? randomUUID() : null, index);
  return index;
}

/** A copy of the log, altered. */
export function alteredCopy(
  log: EvidencedLog,
  name: string,
  random: () => number,
): { readonly file: string; readonly index: number } {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-altered-'));
  const file = join(folder, 'log.db');
  copyFileSync(log.file, file);
  const db = openDatabase(file);
  try {
    return { file, index: alterations[name]!(db, log.events, random) };
  } finally {
    db.close();
  }
}

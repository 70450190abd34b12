/** A backup made while triggers arrive as fast as the server takes them, restored elsewhere and compared. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { logFile } from '../../src/config.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { runLoadTool } from '../load-process.js';
import { ServerProcess } from '../server-process.js';
import { runTool } from './tools.js';

/** Measured time of the load, in s; the backup begins in it. */
const DURATION_S = 12;
const BEGINS_AFTER_S = 5;

export interface UnderLoad {
  readonly triggersPerSecond: number;
  /** Of the backup. */
  readonly events: number;
  readonly seconds: number;
  /** What is not as it was, in words. */
  readonly faults: readonly string[];
}

export async function backupUnderLoad(folder: string): Promise<UnderLoad> {
  const dataDir = join(folder, 'live');
  const elsewhere = join(folder, 'restored');
  const backup = join(folder, 'backup.db');
  const server = await ServerProcess.real(dataDir);
  const load = runLoadTool([
    ...['--url', server.url, '--in-flight', '512', '--publishers', '8', '--pages', '8', '--viewers', '1'],
    ...['--users', '1', '--warm-up', '1', '--duration', String(DURATION_S)],
  ]);
  await new Promise((resolve) => setTimeout(resolve, BEGINS_AFTER_S * 1_000));
  const startedAt = performance.now();
  const made = await runTool('backup', dataDir, ['--to', backup]);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { triggers_per_s: triggersPerSecond } = await load;
  await server.stop();

  const faults = differing(logFile(dataDir), backup);
  mkdirSync(elsewhere, { mode: 0o700 });
  const restored = await runTool('restore', elsewhere, ['--from', backup]);
  if (restored['log_id'] === made['log_id']) faults.push(`the restored log has the old id ${made['log_id']}`);
  const verified = await runTool('verify', elsewhere, ['--data', elsewhere]);
  if (verified['holds'] !== true) faults.push(`verify says ${JSON.stringify(verified)}`);
  const again = await ServerProcess.real(elsewhere);
  await again.stop();
  return { triggersPerSecond, events: Number(made['events']), seconds, faults };
}

/** Where the backup is not the beginning of the log that it was made of. */
function differing(log: string, backup: string): string[] {
  const db = openDatabase(log, { readonly: true });
  try {
    db.prepare('ATTACH ? AS backup').run(backup);
    const head = db.prepare('SELECT max(position) FROM backup.events').pluck().get() as number;
    const columns = ['position', 'revision', 'id', 'type', 'data', 'metadata'].map((name) => `e.${name}`).join(', ');
    const rows = (schema: string): string =>
      `SELECT s.name, ${columns} FROM ${schema}.events e LEFT JOIN ${schema}.streams s ON s.no = e.stream WHERE e.position <= ${head}`;
    const count = (sql: string): number => db.prepare(`SELECT count(*) FROM (${sql})`).pluck().get() as number;
    const missing = count(`${rows('main')} EXCEPT ${rows('backup')}`);
    const foreign = count(`${rows('backup')} EXCEPT ${rows('main')}`);
    return [
      ...(missing > 0 ? [`${missing} events up to position ${head} are not in the backup`] : []),
      ...(foreign > 0 ? [`${foreign} events of the backup are not in the log`] : []),
    ];
  } finally {
    db.close();
  }
}

/**
 * Backups of the embedded log: one SQLite file that can be put in place as log.db, made while a server writes, and a manifest that
 * describes it. The file is marked (tables.ts), so that a start which finds it in place knows that it was restored.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { openDatabase } from './database.js';
import { inspectLogFile, walBytes } from './log-file.js';
import { BACKUP_MARK } from './tables.js';
import { verifyLog, type WholeLog } from './verification.js';

const Manifest = z.object({
  format: z.literal('alarm-server/backup/v1'),
  made_at: z.string(),
  /** Id of the log when the backup was made. */
  log_id: z.string(),
  events: z.number().int(),
  head: z.object({ position: z.string(), id: z.string(), digest: z.string() }),
  /** Over all events in log order, hex. */
  events_sha256: z.string(),
  /** Of the file, hex. */
  file_sha256: z.string(),
  bytes: z.number().int(),
});
export type Manifest = Readonly<z.infer<typeof Manifest>>;

export const manifestFile = (backup: string): string => `${backup}.json`;

/**
 * Copies a consistent snapshot of the log in `file` to `target`, checks the copy and writes its manifest. Throws a readable
 * error if a target exists or the log is not complete; nothing is left behind then.
 */
export async function makeBackup(
  file: string,
  target: string,
  onProgress: (events: number) => void = () => undefined,
): Promise<Manifest> {
  for (const path of [target, manifestFile(target)])
    if (existsSync(path)) throw new Error(`${path} is there already: name a file that is not.`);
  if (inspectLogFile(file) === 'none') throw new Error(`There is no log in ${file}.`);
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { force: true });
  try {
    copy(file, unfinished);
    const made_at = new Date().toISOString();
    const whole = mark(unfinished, made_at, onProgress);
    const manifest: Manifest = {
      format: 'alarm-server/backup/v1',
      made_at,
      log_id: whole.logId,
      events: whole.events,
      head: whole.head,
      events_sha256: whole.sha256,
      file_sha256: await sha256Of(unfinished),
      bytes: statSync(unfinished).size,
    };
    sync(unfinished);
    // Unlike a rename, a link fails if another process has created the file in the meantime.
    linkSync(unfinished, target);
    writeFileSync(manifestFile(target), `${JSON.stringify(manifest, null, 2)}\n`, {
      flag: 'wx',
      mode: 0o600,
      flush: true,
    });
    sync(dirname(target));
    return manifest;
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** A read transaction: writers continue, and the copy is a consistent snapshot. */
function copy(file: string, target: string): void {
  const db = openDatabase(file, { readonly: true, timeout: 5_000 });
  try {
    // The file is private from the start.
    closeSync(openSync(target, 'wx', 0o600));
    db.prepare('VACUUM INTO ?').run(target);
  } finally {
    db.close();
  }
}

function mark(file: string, madeAt: string, onProgress: (events: number) => void): WholeLog {
  const db = openDatabase(file, { timeout: 1_000 });
  try {
    const found = verifyLog(db, onProgress);
    if (found.kind === 'fault')
      throw new Error(`The log is not whole, and no backup was made. ${found.sentence} Restore an earlier backup.`);
    db.exec(`${BACKUP_MARK}; DELETE FROM backup; INSERT INTO backup VALUES ('${found.logId}', '${madeAt}')`);
    return found;
  } finally {
    db.close();
  }
}

export interface CheckedBackup {
  readonly whole: WholeLog;
  /** Undefined if there is no manifest next to the file. */
  readonly manifest: Manifest | undefined;
}

/** Throws a readable error if the file is not a complete log or does not match its manifest. */
export async function checkBackup(
  file: string,
  onProgress: (events: number) => void = () => undefined,
): Promise<CheckedBackup> {
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  if (walBytes(file) > 0)
    throw new Error(
      `${file} has a -wal beside it: it is a log in use, or was copied from one, and no backup. Make one with npm run backup -- --to FILE.`,
    );
  if (inspectLogFile(file) === 'none') throw new Error(`${file} holds no log.`);
  const manifest = readManifest(file);
  if (manifest && manifest.file_sha256 !== (await sha256Of(file)))
    throw new Error(
      `${file} is not the file that ${manifestFile(file)} describes: their SHA-256 differ. It was changed or damaged since it was made.`,
    );
  const db = openDatabase(file, { readonly: true, timeout: 1_000 });
  try {
    const whole = verifyLog(db, onProgress);
    if (whole.kind === 'fault') throw new Error(`${file} is not a whole log. ${whole.sentence}`);
    if (manifest && (manifest.events !== whole.events || manifest.events_sha256 !== whole.sha256))
      throw new Error(`${file} does not hold the events that ${manifestFile(file)} describes.`);
    return { whole, manifest };
  } finally {
    db.close();
  }
}

function readManifest(file: string): Manifest | undefined {
  if (!existsSync(manifestFile(file))) return undefined;
  try {
    return Manifest.parse(JSON.parse(readFileSync(manifestFile(file), 'utf8')));
  } catch {
    throw new Error(
      `${manifestFile(file)} is not the manifest of a backup. Put the right one beside ${file}, or move it away to restore without one.`,
    );
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Flushes a file or a folder to the disk. */
export function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

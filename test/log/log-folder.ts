/** A data folder whose log is written by another process, started, compared and damaged. */
import { fork } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { type StartedLog, startSqliteLog } from '../../src/log/sqlite/start.js';

export const logIn = (folder: string): string => join(folder, 'log.db');

/** A log to which so many events are appended by a process that is then killed, or closes it. */
export async function written(folder: string, count: number, end: 'killed' | 'closed'): Promise<string> {
  const child = fork(new URL('./writing-process.js', import.meta.url), [folder, String(count)], { execArgv: [] });
  const [id] = (await once(child, 'message')) as [string];
  if (end === 'killed') child.kill('SIGKILL');
  else child.send('close');
  await once(child, 'exit');
  return id;
}

export function start(folder: string, notices: string[] = []): StartedLog {
  return startSqliteLog({
    folder,
    file: logIn(folder),
    readModel: undefined,
    onFatal: (error) => {
      throw error;
    },
    onCommit: () => undefined,
    onNotice: (notice) => notices.push(notice),
  });
}

/** Whether it starts, and with which id and how many events; or the sentence. */
export async function outcome(
  folder: string,
): Promise<{ id?: string; position?: number; restored?: string | undefined; sentence?: string }> {
  try {
    const { log, restored, close } = start(folder);
    const position = Number(log.last.position);
    await close();
    return { id: log.id, position, restored };
  } catch (error) {
    return { sentence: (error as Error).message };
  }
}

export const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => !name.endsWith('-shm') && !(name.endsWith('-wal') && statSync(join(folder, name)).size === 0))
      .map((name) => [
        name,
        statSync(join(folder, name)).isFile() ? hash('sha256', readFileSync(join(folder, name))) : 'folder',
      ]),
  );

export function sql(file: string, text: string): void {
  const db = openDatabase(file);
  db.exec(text);
  db.close();
}

export const removeWal = (folder: string): void =>
  ['-wal', '-shm'].forEach((suffix) => rmSync(`${logIn(folder)}${suffix}`, { force: true }));

export function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1;
  writeFileSync(file, bytes);
}

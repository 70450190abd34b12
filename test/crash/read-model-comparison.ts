/** Compares the read model that followed the log live with one rebuilt from the log, row for row. */

import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { readModelFile } from '../../src/config.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { tables } from '../../src/projections/read-model/read-model.js';
import { ServerProcess } from '../process/server-process.js';

/** The server, which had this `environment`, must be stopped. Rebuilds its read model, and gives what differs, in words. */
export async function streamedAgainstRebuilt(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const file = readModelFile(dataDir);
  const streamed = `${file}.streamed`;
  // The server deletes one that it cannot write or read any more: that is what is wrong then, and not that tables differ.
  if (!existsSync(file)) return ['there is no read-model.db: the server has deleted it, or was never ready'];
  for (const suffix of ['', '-wal'])
    if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${streamed}${suffix}`);
  try {
    const { code, stdout, stderr } = await ServerProcess.run({ dataDir, environment, script: 'cli/rebuild' });
    if (code !== 0) return [`the rebuild has failed with exit code ${code}: ${stderr}${stdout}`];
    return differences(streamed, file);
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${streamed}${suffix}`, { force: true });
  }
}

/** Rows that only one of the two has, by table. `no` of the commands only keeps their order. */
export function differences(streamed: string, rebuilt: string): string[] {
  const db = openDatabase(streamed, { fileMustExist: true });
  try {
    db.prepare('ATTACH ? AS rebuilt').run(rebuilt);
    const all = [
      ...tables.map(({ name, columns }) => ({ name, columns: columns.join(', ') })),
      { name: 'checkpoint', columns: '*' },
    ];
    return all.flatMap(({ name, columns }) =>
      [['streamed', 'main', 'rebuilt'] as const, ['rebuilt', 'rebuilt', 'main'] as const].flatMap(
        ([where, one, other]) => {
          const rows = db
            .prepare(`SELECT ${columns} FROM ${one}.${name} EXCEPT SELECT ${columns} FROM ${other}.${name}`)
            .all();
          return rows.length === 0
            ? []
            : [`${name}: ${rows.length} rows are in the ${where} read model only, ${JSON.stringify(rows[0])} for one`];
        },
      ),
    );
  } finally {
    db.close();
  }
}

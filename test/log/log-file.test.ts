/** What a log's files say of themselves before SQLite opens them, also where a crash has left the last of them incomplete. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { inspectLogFile } from '../../src/log/sqlite/log-file.js';
import { TABLES } from '../../src/log/sqlite/tables.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

/** A log's file in `folder` and its -wal with three transactions, each of which wrote the file's first page; the second made it a log of another format. */
function written(folder: string): { readonly whole: Buffer; readonly wal: Buffer } {
  const file = join(folder, 'written.db');
  const db = openDatabase(file);
  db.exec(`BEGIN; ${TABLES} COMMIT;`);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  for (const version of [1, 2, 1]) db.exec(`PRAGMA user_version = ${version}`);
  const found = { whole: readFileSync(file), wal: readFileSync(`${file}-wal`) };
  db.close();
  return found;
}

const FRAME = 24 + 4_096;

function saidOf(file: string): string {
  try {
    return inspectLogFile(file);
  } catch (error) {
    return (error as Error).message;
  }
}

t.test(
  'LOG-10 a -wal that ends anywhere, as a full disk or a crash leaves it, is no reason not to start',
  async (t) => {
    const folder = temporaryFolder(t);
    const { whole, wal } = written(folder);
    t.equal(wal.length, 32 + 3 * FRAME);

    const cut = join(folder, 'cut.db');
    writeFileSync(cut, whole);
    /** What is said of the log if the -wal has this length. */
    const saidAt = (length: number): string => {
      writeFileSync(`${cut}-wal`, wal.subarray(0, length));
      return saidOf(cut);
    };
    for (let frames = 0; frames < 3; frames += 1)
      for (const more of [0, 1, 23, 24, 25, 24 + 59, 24 + 60, 24 + 71, 24 + 72, 24 + 99, FRAME - 1]) {
        const said = saidAt(32 + frames * FRAME + more);
        // The second transaction made it a log of another format.
        if (frames === 2) t.match(said, /is not an event log of format 1/, `${frames} frames and ${more} bytes`);
        else t.equal(said, 'log', `${frames} frames and ${more} bytes`);
      }
    t.equal(saidAt(wal.length), 'log');
    for (const length of [1, 31]) t.equal(saidAt(length), 'log', `${length} bytes of the -wal's own header`);
    copyFileSync(cut, join(folder, 'alone.db'));
    t.equal(inspectLogFile(join(folder, 'alone.db')), 'log');
  },
);

t.test('LOG-10 a -wal of which a power cut has left any part is read as SQLite reads it', async (t) => {
  const folder = temporaryFolder(t);
  const { whole, wal } = written(folder);
  const file = join(folder, 'torn.db');
  const formats = new Set<number>();
  const sector = 512;
  /** What was not synced may be as it was before, sector by sector. */
  const tears = Array.from({ length: Math.ceil(wal.length / sector) }, (_, at) => [at * sector, sector] as const);
  for (const [offset, length] of [[0, 4], [16, 8], [24, 8], [32, 24], [32 + FRAME, 24], ...tears] as const) {
    writeFileSync(file, whole);
    writeFileSync(`${file}-wal`, Buffer.from(wal).fill(0, offset, Math.min(offset + length, wal.length)));
    const said = saidOf(file);
    const db = openDatabase(file);
    const format = db.pragma('user_version', { simple: true }) as number;
    db.close();
    formats.add(format);
    const what = `${length} bytes at ${offset} are lost: format ${format}`;
    if (format === 1) t.equal(said, 'log', what);
    else t.match(said, /is not an event log of format 1/, what);
  }
  t.same([...formats].sort(), [1, 2], 'both are reached');
});

/** What a log's files say of themselves before SQLite opens them, also where a crash has left the last of them incomplete. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { inspectLogFile } from '../../src/log/sqlite/log-file.js';
import { TABLES } from '../../src/log/sqlite/tables.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

t.test(
  'LOG-10 a -wal that ends anywhere, as a full disk or a crash leaves it, is no reason not to start',
  async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'written.db');
    const db = openDatabase(file);
    db.exec(`BEGIN; ${TABLES} COMMIT;`);
    db.pragma('journal_mode = WAL');
    db.pragma('wal_autocheckpoint = 0');
    // Each of these transactions writes the file's first page.
    for (const version of [1, 2, 1]) db.exec(`PRAGMA user_version = ${version}`);
    const [whole, wal] = [readFileSync(file), readFileSync(`${file}-wal`)];
    db.close();
    const frame = 24 + 4_096;
    t.equal(wal.length, 32 + 3 * frame);

    const cut = join(folder, 'cut.db');
    writeFileSync(cut, whole);
    /** What is said of the log if the -wal has this length. */
    const saidAt = (length: number): string => {
      writeFileSync(`${cut}-wal`, wal.subarray(0, length));
      try {
        return inspectLogFile(cut);
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (let frames = 0; frames < 3; frames += 1)
      for (const more of [0, 1, 23, 24, 25, 24 + 59, 24 + 60, 24 + 71, 24 + 72, 24 + 99, frame - 1]) {
        const said = saidAt(32 + frames * frame + more);
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

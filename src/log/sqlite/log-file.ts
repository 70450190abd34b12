/**
 * Identifies log.db and its -wal from their bytes before SQLite opens them: opening a file can change it, and SQLite applies any
 * -wal next to a file, even one that belongs to another file.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/** Marks the file as ours ("ALRM"); the user version is the version of its tables. */
export const APPLICATION_ID = 0x414c524d;
export const FORMAT = 1;

/** Sizes of the headers of a database, a WAL and a WAL frame, in bytes (sqlite.org/fileformat2.html). */
const HEADER = 100;
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/** Size of the -wal next to `file`, in bytes; 0 if it is missing or empty. */
export const walBytes = (file: string): number => (existsSync(`${file}-wal`) ? statSync(`${file}-wal`).size : 0);

/**
 * Whether `file` contains a log: 'none' if the file is missing, empty or a database without tables. Changes nothing. Throws a
 * readable error if it is not a log of this format, or if the -wal next to it does not belong to it.
 */
export function inspectLogFile(file: string): 'log' | 'none' {
  const wal = walBytes(file);
  const page = existsSync(file) ? firstPage(file) : Buffer.alloc(0);
  if (page.length === 0) {
    if (wal > 0)
      throw new Error(
        `${file} is ${existsSync(file) ? 'empty' : 'missing'}, but ${file}-wal holds ${wal} bytes of a log; nothing was changed. Put the log.db that it belongs to back beside it, or restore a backup: npm run restore -- --from FILE.`,
      );
    return 'none';
  }
  if (page.length < HEADER || !page.subarray(0, MAGIC.length).equals(MAGIC)) throw foreign(file);
  // Bytes 18 and 19: 1 means a rollback journal, 2 means WAL. A backup has the former; a log that has written a -wal has the
  // latter.
  if (wal > WAL_HEADER && page[18] === 1) {
    throw new Error(
      `${file} is a backup that was put in place beside a ${file}-wal, which belongs to the log that was there before; SQLite would mix the two. Nothing was changed. Delete ${file}-wal and ${file}-shm if the backup is what you want, or better: npm run restore -- --from FILE.`,
    );
  }
  const current = wal > WAL_HEADER ? (firstPageInWal(`${file}-wal`) ?? page) : page;
  const id = current.readUInt32BE(68);
  if (id === 0 && hasNoTables(current)) return 'none';
  if (id !== APPLICATION_ID || current.readUInt32BE(60) !== FORMAT) throw foreign(file);
  return 'log';
}

const foreign = (file: string): Error =>
  new Error(
    `${file} is not an event log of format ${FORMAT} of this server; it was left as it is. Set DATA_DIR to another folder, or start the version that wrote it.`,
  );

/** The root of the schema is a leaf without cells. */
const hasNoTables = (page: Buffer): boolean =>
  page.length >= HEADER + 8 && page[HEADER] === 13 && page.readUInt16BE(HEADER + 3) === 0;

function firstPage(file: string): Buffer {
  return reading(file, (read) => {
    const header = read(0, HEADER);
    return header.length < HEADER ? header : read(0, pageSize(header.readUInt16BE(16)));
  });
}

const pageSize = (stored: number): number => (stored === 1 ? 65_536 : Math.max(stored, HEADER));

/** The first page of the database after the last transaction in the WAL that wrote it; undefined if none did. */
function firstPageInWal(wal: string): Buffer | undefined {
  return reading(wal, (read) => {
    const header = read(0, WAL_HEADER);
    if (header.length < WAL_HEADER) return undefined;
    const size = header.readUInt32BE(8);
    const salts = header.subarray(16, 24);
    let written: Buffer | undefined;
    let committed: Buffer | undefined;
    for (let at = WAL_HEADER; ; at += FRAME_HEADER + size) {
      const frame = read(at, FRAME_HEADER);
      // Frames from before the WAL was restarted have other salts.
      if (frame.length < FRAME_HEADER || !frame.subarray(8, 16).equals(salts)) return committed;
      // A crash, or a full disk, can leave the last frame without all of its page: SQLite ignores it.
      if (read(at + FRAME_HEADER + size - 1, 1).length === 0) return committed;
      if (frame.readUInt32BE(0) === 1) written = read(at + FRAME_HEADER, size);
      if (frame.readUInt32BE(4) !== 0) committed = written;
    }
  });
}

function reading<T>(file: string, use: (read: (at: number, length: number) => Buffer) => T): T {
  const descriptor = openSync(file, 'r');
  try {
    return use((at, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, length, at));
    });
  } finally {
    closeSync(descriptor);
  }
}

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

/** A WAL begins with it if its checksums are of big-endian words; with one less if they are of little-endian ones. */
const BIG_ENDIAN_MAGIC = 0x377f0683;

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

/**
 * The first page of the database after the last transaction in the WAL that wrote it; undefined if none did. Frames count as they do for
 * SQLite: as far as each has the checksum of all before it. A power cut may leave any part of what was not synced, also a frame's
 * header without its page.
 */
function firstPageInWal(wal: string): Buffer | undefined {
  return reading(wal, (read) => {
    const header = read(0, WAL_HEADER);
    if (header.length < WAL_HEADER) return undefined;
    const size = header.readUInt32BE(8);
    const salts = header.subarray(16, 24);
    const sum = new WalChecksum(header.readUInt32BE(0) === BIG_ENDIAN_MAGIC);
    sum.add(header.subarray(0, 24));
    if (!sum.equals(header.subarray(24))) return undefined;
    let written: Buffer | undefined;
    let committed: Buffer | undefined;
    for (let at = WAL_HEADER; ; at += FRAME_HEADER + size) {
      const frame = read(at, FRAME_HEADER + size);
      // Frames from before the WAL was restarted have other salts.
      if (frame.length < FRAME_HEADER + size || !frame.subarray(8, 16).equals(salts)) return committed;
      const page = frame.subarray(FRAME_HEADER);
      sum.add(frame.subarray(0, 8));
      sum.add(page);
      if (!sum.equals(frame.subarray(16, 24))) return committed;
      if (frame.readUInt32BE(0) === 1) written = page;
      if (frame.readUInt32BE(4) !== 0) committed = written;
    }
  });
}

/** The running checksum of a WAL (sqlite.org/fileformat2.html, "Checksum Algorithm"). */
class WalChecksum {
  readonly #isBigEndian: boolean;
  #first = 0;
  #second = 0;

  /** `isBigEndian`: of the words that are summed; the sums themselves are always stored so. */
  constructor(isBigEndian: boolean) {
    this.#isBigEndian = isBigEndian;
  }

  /** `bytes`: a multiple of eight. */
  add(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += 8) {
      this.#first = (this.#first + this.#word(bytes, at) + this.#second) >>> 0;
      this.#second = (this.#second + this.#word(bytes, at + 4) + this.#first) >>> 0;
    }
  }

  equals(stored: Buffer): boolean {
    return stored.readUInt32BE(0) === this.#first && stored.readUInt32BE(4) === this.#second;
  }

  #word(bytes: Buffer, at: number): number {
    return this.#isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
  }
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

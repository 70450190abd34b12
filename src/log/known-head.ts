/**
 * log-head.json: what this data folder knows of its log, kept outside the log so that a log which was replaced, cut or lost is noticed
 * at the next start (log-history.ts). Written over after each commit, not fsynced then: it is exact after `kill -9`, and after a power
 * cut it may be older than the log, never newer.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EventMark } from './event-log.js';

/** Bytes of the file, always: so a write changes no size and needs no room. */
const SIZE = 1_024;

const Mark = z.object({ position: z.string(), id: z.string(), digest: z.string() });

const Files = z.object({
  /** Inode and time of birth of log.db and its -wal: what is copied gets others. */
  log: z.string(),
  wal: z.string().nullable(),
  /** When log.db was last written, in nanoseconds since 1970; null while a checkpoint writes it. */
  written: z.string().nullable(),
});
export type LogFiles = Readonly<z.infer<typeof Files>>;

const Known = z.object({
  /** Whose the positions are. */
  engine: z.string(),
  log_id: z.string(),
  /** The id in the log's first event, which no restore changes. */
  origin: z.string(),
  /** When the log got that id (RFC 3339). Missing on a log of one node, and where an earlier version wrote it. */
  since: z.string().optional(),
  /** The last event that was committed, or delivered on a shared log. */
  head: Mark,
  /** Whether the log was closed in an orderly way since. */
  closed: z.boolean(),
  /** Which run of the operating system wrote it; null where that is not known. */
  boot: z.string().nullable(),
  /** Null where the log is not in files here. */
  files: Files.nullable(),
});
export type KnownHead = Readonly<z.infer<typeof Known>>;

export const knownHeadFile = (folder: string): string => join(folder, 'log-head.json');

/** Undefined if there is none, or none that can be read: it then says nothing. */
export function readKnownHead(folder: string): KnownHead | undefined {
  try {
    return Known.parse(JSON.parse(readFileSync(knownHeadFile(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Which run of the operating system this is, or null. What was written in the same run and not fsynced is still there. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** Whether log.db and its -wal are still the files that they were, whatever was written to them. */
export function areSameFiles(logFile: string, files: LogFiles): boolean {
  const log = statSync(logFile, { bigint: true, throwIfNoEntry: false });
  return log !== undefined && identity(log) === files.log && (files.wal === null || walIdentity(logFile) === files.wal);
}

/** Of log.db and its -wal as they are now. */
export function filesOf(logFile: string): LogFiles {
  const log = statSync(logFile, { bigint: true });
  return { log: identity(log), wal: walIdentity(logFile), written: String(log.mtimeNs) };
}

const identity = ({ ino, birthtimeNs }: { readonly ino: bigint; readonly birthtimeNs: bigint }): string =>
  `${ino}/${birthtimeNs}`;

function walIdentity(logFile: string): string | null {
  const wal = statSync(`${logFile}-wal`, { bigint: true, throwIfNoEntry: false });
  return wal ? identity(wal) : null;
}

export class KnownHeadWriter {
  #descriptor: number | undefined;
  #known: KnownHead;
  readonly #bytes = Buffer.alloc(SIZE, ' ');
  /** Bytes of the text in it. */
  #length = 0;

  /** Writes `known` to the file, durably, and keeps it open. Throws if that cannot be. */
  constructor(folder: string, known: KnownHead) {
    this.#known = known;
    const file = knownHeadFile(folder);
    if (statSync(file, { throwIfNoEntry: false })?.size !== SIZE) {
      const unfinished = openSync(`${file}.new`, 'w', 0o600);
      this.#writeTo(unfinished);
      fsyncSync(unfinished);
      closeSync(unfinished);
      renameSync(`${file}.new`, file);
    }
    this.#descriptor = openSync(file, 'r+');
    this.#writeTo(this.#descriptor);
    fsyncSync(this.#descriptor);
  }

  /** To be called after each commit with its last event, before anybody hears of that. */
  committed(head: EventMark): void {
    this.#write({ head });
  }

  /** Before and after the WAL is copied into log.db. */
  checkpoint(files: Pick<LogFiles, 'written' | 'wal'>): void {
    if (this.#known.files) this.#write({ files: { ...this.#known.files, ...files } });
  }

  /** When the log has been closed. */
  close(files: LogFiles | null): void {
    if (this.#descriptor === undefined) return;
    this.#write({ closed: true, files });
    try {
      fsyncSync(this.#descriptor);
    } catch {
      // It says less than the log then, which harms nobody.
    }
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** What cannot be written leaves the file older than the log, as a power cut would. */
  #write(changed: Partial<KnownHead>): void {
    if (this.#descriptor === undefined) return;
    this.#known = { ...this.#known, ...changed };
    try {
      this.#writeTo(this.#descriptor);
    } catch {
      // See above.
    }
  }

  #writeTo(descriptor: number): void {
    const length = this.#bytes.write(JSON.stringify(this.#known));
    if (length < this.#length) this.#bytes.fill(' ', length, this.#length);
    this.#length = length;
    this.#bytes[SIZE - 1] = 10;
    writeSync(descriptor, this.#bytes, 0, SIZE, 0);
  }
}

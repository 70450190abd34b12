/**
 * log-head.json: what this data folder knows about its log, stored outside the log so that a replaced, truncated or lost log is
 * detected at the next start (log-history.ts). It is overwritten after each commit, without fsync: it is exact after `kill -9`;
 * after a power failure it may be older than the log, never newer.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EventMark } from './event-log.js';

/** Constant size of the file, in bytes: a write changes no size and needs no disk space. */
const SIZE = 1_024;

const Mark = z.object({ position: z.string(), id: z.string(), digest: z.string() });

const Files = z.object({
  /** Inode and creation time of log.db and its -wal: copies get others. */
  log: z.string(),
  wal: z.string().nullable(),
  /** When log.db was last written, in nanoseconds since 1970; null while a checkpoint writes it. */
  written: z.string().nullable(),
});
export type LogFiles = Readonly<z.infer<typeof Files>>;

const Known = z.object({
  /** The engine that the positions belong to. */
  engine: z.string(),
  log_id: z.string(),
  /** The id in the log's first event, which no restore changes. */
  origin: z.string(),
  /** When the log got that id (RFC 3339). Missing on a log of one node, and in files of earlier versions. */
  since: z.string().optional(),
  /** The last committed event, or on a shared log the last delivered one. */
  head: Mark,
  /** Whether the log was closed properly since. */
  closed: z.boolean(),
  /** The boot id of the operating system when it was written; null if unknown. */
  boot: z.string().nullable(),
  /** Null if the log is not in local files. */
  files: Files.nullable(),
});
export type KnownHead = Readonly<z.infer<typeof Known>>;

export const knownHeadFile = (folder: string): string => join(folder, 'log-head.json');

/** Undefined if the file is missing or unreadable: then nothing is known. */
export function readKnownHead(folder: string): KnownHead | undefined {
  try {
    return Known.parse(JSON.parse(readFileSync(knownHeadFile(folder), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The boot id of the operating system, or null. What was written since boot without fsync is still there. */
export function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** Whether log.db and its -wal are still the same files, whatever was written to them. */
export function areSameFiles(logFile: string, files: LogFiles): boolean {
  const log = statSync(logFile, { bigint: true, throwIfNoEntry: false });
  return log !== undefined && identity(log) === files.log && (files.wal === null || walIdentity(logFile) === files.wal);
}

/** The identity of log.db and its -wal as they are now. */
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
  /** Length of the text in it, in bytes. */
  #length = 0;

  /** Writes `known` to the file, durably, and keeps it open. Throws if that fails. */
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

  /** Has to be called after each commit with its last event, before anybody is notified of it. */
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
      // The file is then older than the log, which is harmless.
    }
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** A failed write leaves the file older than the log, like a power failure. */
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

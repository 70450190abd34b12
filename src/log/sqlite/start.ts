/**
 * Opens the embedded log at startup, after checking that it is the log that the data folder knows, complete and writable. If
 * history may have been replaced, it gives the log a new id; if something is missing, it throws a readable error and
 * changes nothing.
 */
import { existsSync } from 'node:fs';
import { refuseOtherProcess } from '../data-lock.js';
import { eventDigest } from '../event-codec.js';
import type { RecordedEvent } from '../event-log.js';
import { areSameFiles, bootId, filesOf, type KnownHead, KnownHeadWriter, readKnownHead } from '../known-head.js';
import {
  type FoundFiles,
  judgeFiles,
  judgeLog,
  type ReadModelMark,
  type Remembered,
  type Verdict,
} from '../log-history.js';
import { openSqliteLog, type SqliteLog, type SqliteLogOptions } from './log.js';
import { inspectLogFile, walBytes } from './log-file.js';
import { probeLog } from './probe.js';
import { verifyFile } from './verification.js';

/** How often a running server checks that its files still exist, in milliseconds. */
const WATCH_MS = 1_000;

export interface SqliteStartOptions extends Pick<SqliteLogOptions, 'file' | 'onFatal'> {
  readonly folder: string;
  /** What the read model in the folder knows about its log, if there is one. */
  readonly readModel: ReadModelMark | undefined;
  readonly onCommit: (milliseconds: number, events: number) => void;
  /** Called with notices for operators. */
  readonly onNotice: (notice: string) => void;
  /** The operator has confirmed this log (`npm run restore -- --in-place`): it gets a new id if it is complete. */
  readonly isRestore?: boolean;
}

export interface StartedLog {
  readonly log: SqliteLog;
  /** Why the log got a new id at this start, if it did. */
  readonly restored: string | undefined;
  close(): Promise<void>;
}

/** Throws a readable error if the log must not be used. The folder must be locked. */
export function startSqliteLog(options: SqliteStartOptions): StartedLog {
  const { folder, file, onNotice } = options;
  const restored = whyRestored(options);
  const newestAt = restored === undefined ? undefined : newestIn(file);
  let writer: KnownHeadWriter | undefined;
  const log = openSqliteLog({
    file,
    onFatal: options.onFatal,
    onCommit: (milliseconds, events, last) => {
      if (last) writer?.committed(markOf(last));
      options.onCommit(milliseconds, events);
    },
    onCheckpoint: (stage) =>
      writer?.checkpoint(stage === 'begins' ? { ...filesOf(file), written: null } : filesOf(file)),
  });
  try {
    if (log.isNew) onNotice(`There was no log in ${file}: a new, empty one was made (${log.id})`);
    if (newestAt !== undefined) {
      const { id: previous, last } = log;
      log.restore(laterOf(newestAt, new Date().toISOString()));
      onNotice(
        `The log counts as restored: ${restored}. It was checked, is whole up to position ${last.position}, and has the new id ${log.id} (before: ${previous}); clients take the full state`,
      );
    }
    const files = filesOf(file);
    const known = knownOf(log, files);
    writer = new KnownHeadWriter(folder, known);
    const watch = setInterval(() => {
      if (areSameFiles(file, files)) return;
      clearInterval(watch);
      options.onFatal(new Error(save(log, file)));
    }, WATCH_MS).unref();
    return {
      log,
      restored,
      close: async () => {
        clearInterval(watch);
        await log.close();
        writer?.close(filesOf(file));
      },
    };
  } catch (error) {
    void log.close();
    throw error;
  }
}

/** Why the log must get a new id; undefined if it need not or is new. Changes nothing. Throws a readable error if it must not be used. */
function whyRestored({ folder, file, readModel, isRestore = false }: SqliteStartOptions): string | undefined {
  const remembered: Remembered = isRestore
    ? { known: undefined, readModel: undefined }
    : { known: ofSqlite(readKnownHead(folder)), readModel: ofSqlite(readModel) };
  const files = findFiles(file);
  refuseWhere(judgeFiles(remembered, files));
  if (files.isLog) refuseOtherProcess(file);
  const verdict = files.isLog
    ? probeLog(file, (found) =>
        found ? judgeLog(remembered, files, found) : judgeFiles(remembered, { ...files, isLog: false }),
      )
    : undefined;
  refuseWhere(verdict);
  if (!isRestore) return verdict?.kind === 'restored' ? verdict.reason : undefined;
  if (!verdict) throw new Error(`There is no log in ${file}.`);
  return 'npm run restore';
}

function refuseWhere(verdict: Verdict | undefined): void {
  if (verdict?.kind === 'refused') throw new Error(verdict.sentence);
}

/** Writes to a deleted or replaced file are lost when the process ends, so the whole log is saved to another file. */
function save(log: SqliteLog, file: string): string {
  const saved = `${file}.saved-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  const what = `${file} or its -wal was deleted or replaced while the server was running.`;
  try {
    log.saveTo(saved);
    return `${what} All of the log is in ${saved}: restore it with npm run restore -- --from ${saved}`;
  } catch (error) {
    return `${what} The log could not be saved to ${saved} (${(error as Error).message}): events that are not in the files are lost`;
  }
}

/** The latest `at` in a complete log. Throws a readable error if it is incomplete. */
function newestIn(file: string): string {
  const found = verifyFile(file);
  if (found.kind === 'whole') return found.newestAt;
  throw new Error(
    `${file} is not whole. ${found.sentence} Nothing was changed. Restore a backup: npm run restore -- --from FILE.`,
  );
}

function findFiles(file: string): FoundFiles {
  const isLog = inspectLogFile(file) === 'log';
  return {
    file,
    isLog,
    walBytes: walBytes(file),
    files: isLog && existsSync(file) ? filesOf(file) : undefined,
    boot: bootId(),
  };
}

/** Ignores what belongs to a log on another engine. */
const ofSqlite = <T extends { readonly engine: string }>(mark: T | undefined): T | undefined =>
  mark?.engine === 'sqlite' ? mark : undefined;

const markOf = (event: RecordedEvent): KnownHead['head'] => ({
  position: event.position,
  id: event.id,
  digest: eventDigest(event),
});

const knownOf = (log: SqliteLog, files: KnownHead['files']): KnownHead => ({
  engine: log.engine,
  log_id: log.id,
  origin: log.lineage[0] ?? log.id,
  head: log.last,
  closed: false,
  boot: bootId(),
  files,
});

const laterOf = (a: string, b: string): string => (a > b ? a : b);

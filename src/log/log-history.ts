/**
 * Decides at startup whether the log is the one that the data folder knows. Clients hold state from an earlier log: if history may
 * have been replaced, the log must get a new id; if events were lost unintentionally, nothing may be served. The cases are
 * explained in docs/decisions/0014-what-a-start-refuses.md. No I/O.
 */
import { comparePositions, type EventMark, type Position } from './event-log.js';
import type { KnownHead, LogFiles } from './known-head.js';

/** What a read model knows about the log from which it was built. */
export interface ReadModelMark {
  readonly engine: string;
  readonly log_id: string;
  readonly origin: string;
  /** Time of its newest event (RFC 3339); its log id is older. Missing if an earlier version wrote it. */
  readonly newestAt?: string | undefined;
  /** Undefined before its first event. The hash is missing if an earlier version wrote it. */
  readonly head: (Pick<EventMark, 'position'> & Partial<EventMark>) | undefined;
}

/** What the data folder remembers; data of another engine is ignored. */
export interface Remembered {
  readonly known: KnownHead | undefined;
  readonly readModel: ReadModelMark | undefined;
}

/** What was found before the log was opened. */
export interface FoundFiles {
  readonly file: string;
  readonly isLog: boolean;
  readonly walBytes: number;
  /** Undefined if there is no log. */
  readonly files: LogFiles | undefined;
  readonly boot: string | null;
}

/** What the opened log contains. */
export interface FoundLog {
  /** The ids in the log's own stream, oldest first; the last is the log's. */
  readonly lineage: readonly string[];
  readonly head: Position;
  /** Whether it is an unused backup made by `npm run backup`. */
  readonly isBackup: boolean;
  /** The event at that position; undefined if there is none. */
  at(position: Position): EventMark | undefined;
}

export type Verdict =
  | { readonly kind: 'same' }
  /** History may have been replaced, for this reason: the log must get a new id. */
  | { readonly kind: 'restored'; readonly reason: string }
  /** A sentence that names the file and the remedy. */
  | { readonly kind: 'refused'; readonly sentence: string };

const same: Verdict = { kind: 'same' };
const restored = (reason: string): Verdict => ({ kind: 'restored', reason });
const refused = (sentence: string): Verdict => ({ kind: 'refused', sentence });

const NEW_ID =
  'If this is the log you want to continue with (for example a backup that you put in place by hand), run npm run restore -- --in-place: it checks the log and gives it a new id, so that clients take the full state.';
const FROM_BACKUP = 'Otherwise put the right file back, or restore a backup: npm run restore -- --from FILE.';

/** Why no log may be created in `file`, which contains none; undefined if the folder remembers none. */
function whyNoNewLog({ known, readModel }: Remembered, file: string): string | undefined {
  const remembers = known ?? readModel;
  if (!remembers) return undefined;
  const upTo = known?.head.position ?? readModel?.head?.position ?? '0';
  return `${file} is missing or holds no log, but this folder has held the log ${remembers.log_id} up to position ${upTo} (so ${known ? 'log-head.json' : 'read-model.db'} beside it says). No new log was made in its place. Put the file back, with its -wal if it had one, or restore a backup: npm run restore -- --from FILE. To begin with an empty log on purpose, delete log-head.json and read-model.db first.`;
}

/** Has to be called before SQLite opens the file, because opening would apply or delete the -wal. Undefined: no objection. */
export function judgeFiles(
  { known, readModel }: Remembered,
  { file, isLog, walBytes, files, boot }: FoundFiles,
): Verdict | undefined {
  if (!isLog) {
    const sentence = whyNoNewLog({ known, readModel }, file);
    return sentence === undefined ? undefined : refused(sentence);
  }
  if (walBytes === 0 || !known?.files || !files || known.boot === null || known.boot !== boot) return undefined;
  const isOtherFile = files.log !== known.files.log;
  const isOtherWal = known.files.wal !== null && files.wal !== known.files.wal;
  // The folder was copied as a whole; the result is checked when the log is open.
  if (isOtherFile && isOtherWal) return undefined;
  const isRewritten = known.files.written !== null && files.written !== known.files.written;
  if (!isOtherFile && !isOtherWal && !isRewritten) return undefined;
  return refused(
    `${file} and ${file}-wal do not belong together: ${isOtherWal ? `${file}-wal` : file} was replaced or changed since the server wrote it. SQLite would mix the two; nothing was changed. If you put a backup in place, delete ${file}-wal and ${file}-shm and run npm run restore -- --in-place, or run npm run restore -- --from FILE, which does all of it. Otherwise put the right file back.`,
  );
}

/** Has to be called when the log is open and before it is used. */
export function judgeLog(
  { known, readModel }: Remembered,
  { file, walBytes, files, boot }: FoundFiles,
  log: FoundLog,
): Verdict {
  const remembers = known ?? readModel;
  const [origin] = log.lineage;
  if (remembers && remembers.origin !== origin) {
    return refused(
      `${file} holds another log (its first id is ${origin}) than the one this folder belongs to (${remembers.origin}, so ${known ? 'log-head.json' : 'read-model.db'} beside it says). Set DATA_DIR to the folder of that log, or restore the file as a backup: npm run restore -- --from FILE. To use it here on purpose, delete log-head.json and read-model.db first.`,
    );
  }
  if (log.isBackup) return restored('a backup was put in place');
  const head = known?.head ?? readModel?.head;
  if (head && comparePositions(log.head, head.position) < 0) {
    return refused(
      `${file} ends at position ${log.head}, but this folder has held that log up to position ${head.position}: events are missing. Was ${file}-wal deleted, or an older file put in place? Nothing was changed. ${NEW_ID} ${FROM_BACKUP}`,
    );
  }
  if (head && !isSameEvent(log.at(head.position), head))
    return restored(`the event at position ${head.position} is another than the one this folder knows`);
  if (!known)
    return restored(
      readModel
        ? 'log-head.json is missing, which records how far clients have seen this log'
        : 'this folder does not know the log yet',
    );
  if (!log.lineage.includes(known.log_id)) return restored(`the log does not know the id ${known.log_id} that it had`);
  if (known.log_id !== log.lineage.at(-1)) return same;
  if (files && known.files && files.log !== known.files.log) return restored('log.db was copied or replaced');
  if (!known.closed && walBytes === 0 && (boot === null || boot !== known.boot))
    return restored('log.db-wal is gone, and the machine has been started since it was written');
  return same;
}

/** What the opened log contains, if several nodes share it. */
export interface FoundSharedLog extends FoundLog {
  /** When the log got its id (RFC 3339). */
  readonly since: string;
}

/** The same for a log shared by several nodes: a node neither creates nor restores it by itself. */
export function judgeSharedLog({ known, readModel }: Remembered, log: FoundSharedLog): Verdict {
  const remembers = known ?? readModel;
  if (!remembers) return same;
  const [origin] = log.lineage;
  if (remembers.origin !== origin) {
    return refused(
      `EVENT_STORE holds another log (its first id is ${origin}) than the one this data folder has followed (${remembers.origin}). Is it the right store and EVENT_STORE_PREFIX? To use it with this folder on purpose, delete log-head.json and read-model.db in it first.`,
    );
  }
  // The log has got a new id since: what this node knows about it is obsolete.
  if (log.lineage.includes(remembers.log_id) && remembers.log_id !== log.lineage.at(-1)) return same;
  // A copy older than the id that this node knows was put in place, and then npm run restore was run: the log's id is later.
  // Without npm run restore the copy has its own id, which is earlier than the one this node knows.
  const knownSince = known?.since ?? (readModel?.log_id === remembers.log_id ? readModel.newestAt : undefined);
  if (!log.lineage.includes(remembers.log_id) && knownSince !== undefined && log.since > knownSince) return same;
  const head = known?.head ?? readModel?.head;
  const isBehind = head !== undefined && comparePositions(log.head, head.position) < 0;
  if (log.lineage.includes(remembers.log_id) && !isBehind && (!head || isSameEvent(log.at(head.position), head)))
    return same;
  return refused(
    `The log in EVENT_STORE is not the one that this node has followed up to position ${head?.position ?? 0}: it ${isBehind ? `ends at position ${log.head}` : 'holds another event there'}. If the store was restored from a backup, stop all nodes and run npm run restore once: it gives the log a new id, so that clients take the full state. If that was done and the node still refuses, delete log-head.json and read-model.db in its data folder: it then reads the whole log again.`,
  );
}

function isSameEvent(found: EventMark | undefined, { id, digest }: Partial<EventMark>): boolean {
  if (!found) return false;
  return (id === undefined || found.id === id) && (digest === undefined || found.digest === digest);
}

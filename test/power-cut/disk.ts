/**
 * A disk that loses its power: what was synced is there, and of what was written later each sector of 512 bytes is there or is not. The
 * order of files' names is simple: a file that was created, removed or renamed is so at once, as on a journal that is written often.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FileRecord } from './recording.js';

const SECTOR = 512;

type Change = Extract<FileRecord, { kind: 'write' | 'truncate' }>;

interface DiskFile {
  synced: Buffer;
  /** Since then. */
  unsynced: Change[];
}

/** Which part of what was not synced is there. */
export type Loss = 'all' | 'nothing' | 'some';

export class Disk {
  readonly #files = new Map<string, DiskFile>();

  apply(record: FileRecord): void {
    const file = this.#files.get(record.path);
    switch (record.kind) {
      case 'write':
      case 'truncate':
        if (file) file.unsynced.push(record);
        else this.#files.set(record.path, { synced: Buffer.alloc(0), unsynced: [record] });
        return;
      case 'sync':
        if (file) {
          file.synced = file.unsynced.reduce(changed, file.synced);
          file.unsynced = [];
        }
        return;
      case 'unlink':
        this.#files.delete(record.path);
        return;
      case 'rename':
        this.#files.delete(record.path);
        if (file) this.#files.set(record.to, file);
    }
  }

  /** Writes to `folder` what a power cut would leave now. `random`: from 0 to 1. */
  leaveIn(folder: string, loss: Loss, random: () => number): void {
    for (const [path, { synced, unsynced }] of this.#files) {
      const changes =
        loss === 'all' ? [] : loss === 'nothing' ? unsynced : unsynced.flatMap((one) => torn(one, random));
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true });
      // What is synced is changed in place, so not on the disk's own bytes.
      const bytes = changes.length > 0 ? changes.reduce(changed, Buffer.from(synced)) : synced;
      writeFileSync(target, bytes, { mode: 0o600 });
    }
  }
}

function changed(before: Buffer, change: Change): Buffer {
  const length =
    change.kind === 'truncate' ? change.length : Math.max(before.length, change.offset + change.bytes.length);
  // Written in place where it fits: a copy for each write would take minutes.
  const after = length === before.length ? before : Buffer.alloc(length);
  if (after !== before) before.copy(after);
  if (change.kind === 'write') change.bytes.copy(after, change.offset);
  return after;
}

/** What is there of a change: all, nothing, or some of its sectors. */
function torn(change: Change, random: () => number): Change[] {
  const fate = random();
  if (change.kind === 'truncate' || fate < 0.6) return fate < 0.3 ? [] : [change];
  const parts: Change[] = [];
  for (let at = 0; at < change.bytes.length; ) {
    const offset = change.offset + at;
    const end = Math.min(change.bytes.length, at + SECTOR - (offset % SECTOR));
    if (random() < 0.5) parts.push({ ...change, offset, bytes: change.bytes.subarray(at, end) });
    at = end;
  }
  return parts;
}

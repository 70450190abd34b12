/**
 * The signed checkpoints of a data folder: one JSON text a line, each durable before anybody gets it. They are outside log.db, so that a log
 * that was replaced shows. A last line that a crash cut off was never given out. The file grows by one line a minute while events come, so
 * it is read a part at a time.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

export const checkpointsFile = (folder: string): string => join(folder, 'checkpoints');

/** Bytes read at a time. */
const PART_BYTES = 1024 * 1024;

const LINE_FEED = 0x0a;

/** Calls `onNote` with the note of each line and where the line is, oldest first. */
export function eachNote(folder: string, onNote: (note: string, start: number, end: number) => void): void {
  withFile(folder, undefined, (file) => {
    let rest = Buffer.alloc(0);
    let start = 0;
    const part = Buffer.alloc(PART_BYTES);
    for (let at = 0, read = 1; read > 0; at += read) {
      read = readSync(file, part, 0, PART_BYTES, at);
      const bytes = Buffer.concat([rest, part.subarray(0, read)]);
      let from = 0;
      for (let to = bytes.indexOf(LINE_FEED); to !== -1; to = bytes.indexOf(LINE_FEED, from)) {
        onNote(noteOf(bytes.toString('utf8', from, to)), start + from, start + to);
        from = to + 1;
      }
      rest = bytes.subarray(from);
      start += from;
    }
  });
}

/** The note of the line that is there. */
export const noteAt = (folder: string, start: number, end: number): string =>
  withFile(folder, '', (file) => noteOf(readAt(file, start, end).toString('utf8')));

/** The last notes, oldest first, as many as a part holds; and where the last whole line ends. */
export function lastNotes(folder: string): { readonly notes: readonly string[]; readonly end: number } {
  return withFile(folder, { notes: [], end: 0 }, (file) => {
    const { size } = fstatSync(file);
    const from = Math.max(0, size - PART_BYTES);
    const bytes = readAt(file, from, size);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
    return { notes: (from === 0 ? lines : lines.slice(1)).map(noteOf), end: from + end };
  });
}

/** `none` if there is no file. */
function withFile<T>(folder: string, none: T, read: (file: number) => T): T {
  let file: number;
  try {
    file = openSync(checkpointsFile(folder), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return none;
    throw error;
  }
  try {
    return read(file);
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - start);
  let length = 0;
  for (let read = 1; read > 0 && length < bytes.length; length += read)
    read = readSync(file, bytes, length, bytes.length - length, start + length);
  return bytes.subarray(0, length);
}

/** A line that is no JSON text was changed: it is no checkpoint, and is reported as one that is not signed. */
function noteOf(line: string): string {
  try {
    const { note } = JSON.parse(line) as { note?: unknown };
    return typeof note === 'string' ? note : '';
  } catch {
    return '';
  }
}

export class CheckpointFile {
  readonly #file: FileHandle;
  #end: number;

  private constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** `end`: where the last whole line ends; what is behind it is removed. */
  static async open(folder: string, end: number): Promise<CheckpointFile> {
    await (await open(checkpointsFile(folder), 'a', 0o600)).close();
    const file = await open(checkpointsFile(folder), 'r+');
    await file.truncate(end);
    await file.sync();
    const parent = await open(folder, 'r');
    await parent.sync();
    await parent.close();
    return new CheckpointFile(file, end);
  }

  /** Resolves when it is durable. Rejects if it is not; the next one then takes its place. */
  async append(note: string): Promise<void> {
    const line = Buffer.from(`${JSON.stringify({ note })}\n`);
    let written = 0;
    while (written < line.length)
      written += (await this.#file.write(line, written, line.length - written, this.#end + written)).bytesWritten;
    await this.#file.sync();
    this.#end += line.length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/**
 * The signed checkpoints of a data folder: one JSON text a line, each durable before anybody gets it. They are outside log.db, so that a log
 * that was replaced shows. A last line that a crash cut off was never given out.
 */
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

export const checkpointsFile = (folder: string): string => join(folder, 'checkpoints');

/** The notes, oldest first; and how many bytes of the file hold them. */
export function readCheckpoints(folder: string): { readonly notes: readonly string[]; readonly bytes: number } {
  let text: string;
  try {
    text = readFileSync(checkpointsFile(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { notes: [], bytes: 0 };
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const notes = whole.split('\n').slice(0, -1).map(noteOf);
  return { notes, bytes: Buffer.byteLength(whole) };
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

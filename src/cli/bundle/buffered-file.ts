/** A new file that is written in order, some kilobytes at a time. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

const BUFFERED_BYTES = 64 * 1024;

export class BufferedFile {
  readonly #file: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Throws if the file is there. */
  constructor(path: string) {
    this.#file = openSync(path, 'wx', 0o600);
  }

  write(content: string | Buffer): void {
    const part = typeof content === 'string' ? Buffer.from(content) : content;
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes >= BUFFERED_BYTES) this.#flush();
  }

  /** Writes the rest, and waits until the disk has all. */
  close(): void {
    this.#flush();
    fsyncSync(this.#file);
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    for (let written = 0; written < bytes.length; )
      written += writeSync(this.#file, bytes, written, bytes.length - written);
  }
}

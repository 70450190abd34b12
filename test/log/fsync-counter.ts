/** Watches a server's fsyncs from outside: builds the shim (fsync-counter.c), and reads and sets the numbers it shares. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../../test/log/fsync-counter.c', import.meta.url));

/** As in the shim. */
const numbers = { walSyncs: 0, fileSyncs: 1, walFails: 2, fileFails: 3, delayUs: 4 } as const;

/** Why there can be none here, or false if there can. */
export const missing: string | false =
  process.platform !== 'linux'
    ? 'LD_PRELOAD is of Linux'
    : spawnSync('cc', ['--version']).status !== 0
      ? 'no C compiler (cc) here'
      : false;

export class FsyncCounter {
  /** To be added to the environment of the server. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #file: number;

  /** Compiles the shim into `folder`. */
  constructor(folder: string) {
    const library = join(folder, 'fsync-counter.so');
    const compiled = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, source, '-ldl'], {
      encoding: 'utf8',
    });
    if (compiled.status !== 0) throw new Error(`fsync-counter.c does not compile: ${compiled.stderr}`);
    const shared = join(folder, 'fsyncs');
    this.#file = openSync(shared, 'w+');
    writeSync(this.#file, Buffer.alloc(64));
    this.environment = { LD_PRELOAD: library, FSYNC_COUNTER: shared };
  }

  /** fsyncs of log.db-wal that have succeeded since it began to watch: one a commit. */
  get ofWal(): number {
    return this.#read(numbers.walSyncs);
  }

  /** fsyncs of log.db itself: one a checkpoint. */
  get ofFile(): number {
    return this.#read(numbers.fileSyncs);
  }

  /** From now on each fsync of the WAL, or of the file, fails with EIO. */
  fail(which: 'wal' | 'file', fails: boolean): void {
    this.#write(which === 'wal' ? numbers.walFails : numbers.fileFails, fails ? 1 : 0);
  }

  /** From now on each fsync takes this much longer, in milliseconds. */
  delay(milliseconds: number): void {
    this.#write(numbers.delayUs, milliseconds * 1_000);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(at: number): number {
    const bytes = Buffer.alloc(8);
    readSync(this.#file, bytes, 0, 8, at * 8);
    return Number(bytes.readBigUInt64LE());
  }

  #write(at: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    writeSync(this.#file, bytes, 0, 8, at * 8);
  }
}

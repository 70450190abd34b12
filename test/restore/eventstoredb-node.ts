/**
 * A real EventStoreDB that a command starts. Its files are copied and put back in the order of docs/operations.md ("Backup of the store", "Restoring the store"),
 * by that page's own commands but for rsync, which need not be there.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { RestorableStore } from './restorable-store.js';

/** Between two looks whether a process is still there, in milliseconds. */
const LOOK_MS = 20;

export interface EventStoreDbNodeSettings {
  readonly url: string;
  /** A shell command that starts the node on `dataDir`, waits until it takes writes, and prints its process id as the last line. */
  readonly startCommand: string;
  /** Where it has its files. They are deleted. */
  readonly dataDir: string;
  /** Where copies are put. */
  readonly copies: string;
}

export class EventStoreDbNode implements RestorableStore {
  readonly url: string;
  readonly #startCommand: string;
  readonly #dataDir: string;
  readonly #copies: string;
  #pid: number | undefined;

  constructor({ url, startCommand, dataDir, copies }: EventStoreDbNodeSettings) {
    this.url = url;
    this.#startCommand = startCommand;
    this.#dataDir = dataDir;
    this.#copies = copies;
  }

  async save(name: string): Promise<void> {
    const to = join(this.#copies, name);
    const files = readdirSync(this.#dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.#dataDir.length + 1));
    const isOfIndex = (file: string): boolean => file.startsWith('index/');
    const isCheckpoint = (file: string): boolean => file.endsWith('.chk');
    const steps = [
      files.filter((file) => isOfIndex(file) && isCheckpoint(file)),
      files.filter((file) => isOfIndex(file) && !isCheckpoint(file)),
      files.filter((file) => !isOfIndex(file) && isCheckpoint(file)),
    ];
    for (const step of steps) for (const file of step) await this.#copy(file, to);
    // Listed only now: a chunk may have been begun meanwhile.
    for (const file of readdirSync(this.#dataDir).filter((name) => name.startsWith('chunk-')))
      await this.#copy(file, to);
  }

  forget(name: string): void {
    rmSync(join(this.#copies, name), { recursive: true });
  }

  async stop(how: 'asked' | 'killed'): Promise<void> {
    const pid = this.#pid;
    if (pid === undefined) return;
    this.#pid = undefined;
    process.kill(pid, how === 'asked' ? 'SIGTERM' : 'SIGKILL');
    while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  putBack(name: string): void {
    this.empty();
    const from = join(this.#copies, name);
    cpSync(from, this.#dataDir, { recursive: true });
    copyFileSync(join(from, 'chaser.chk'), join(this.#dataDir, 'truncate.chk'));
  }

  empty(): void {
    rmSync(this.#dataDir, { recursive: true, force: true });
    mkdirSync(this.#dataDir, { recursive: true });
  }

  async start(): Promise<void> {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', this.#startCommand]);
    const pid = Number(stdout.trim().split('\n').at(-1));
    if (!Number.isSafeInteger(pid) || pid <= 1)
      throw new Error(`EVENT_STORE_START must print the process id of the node; it printed ${JSON.stringify(stdout)}`);
    this.#pid = pid;
  }

  /** Without blocking: clients go on meanwhile. A chunk is mostly a hole, which stays one. */
  async #copy(file: string, to: string): Promise<void> {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    await promisify(execFile)('cp', ['--sparse=always', join(this.#dataDir, file), join(to, file)]);
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

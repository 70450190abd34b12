/** Data folders with a history: created on first use, once per bench. A measure that would change one works on a copy. */
import { constants } from 'node:fs';
import { copyFile, mkdir, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { logFile, readModelFile } from '../src/config.js';
import { type HistoryShape, standingEvents, writeHistory } from './history.js';
import { rebuild } from './rebuild-process.js';

const LONG = 1_000_000;
const LONG_IF_QUICK = 50_000;
/** What exists at the end of the long history and of the short one: 100 times a page of 64 alarms. */
const standing = { pages: 100, alarms: 6_400, users: 10 };

export class Histories {
  readonly #parent: string;
  readonly #quick: boolean;
  readonly #made = new Map<string, Promise<string>>();
  #copies = 0;

  /** `parent`: where the folders are made; whoever owns it removes them with it. */
  constructor(parent: string, quick: boolean) {
    this.#parent = parent;
    this.#quick = quick;
  }

  /** A folder with a log of a million events and its read model. */
  long(): Promise<string> {
    return this.#make('long-history', this.#quick ? LONG_IF_QUICK : LONG);
  }

  /** The same users, pages and alarms, each alarm triggered once. */
  short(): Promise<string> {
    return this.#make('short-history', standingEvents(standing) + standing.alarms);
  }

  /** Runs `use` on a copy of `folder`, with its read model or without it, and removes the copy. */
  async copied<T>(folder: string, withReadModel: boolean, use: (copy: string) => Promise<T>): Promise<T> {
    const copy = join(this.#parent, `copy-${++this.#copies}`);
    await mkdir(copy);
    try {
      for (const file of withReadModel ? [logFile(folder), readModelFile(folder)] : [logFile(folder)]) {
        const target = join(copy, basename(file));
        await copyFile(file, target, constants.COPYFILE_FICLONE);
        await flush(target);
      }
      return await use(copy);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }

  #make(name: string, events: number): Promise<string> {
    const made = this.#made.get(name) ?? this.#write(join(this.#parent, name), { ...standing, events });
    this.#made.set(name, made);
    return made;
  }

  async #write(folder: string, shape: HistoryShape): Promise<string> {
    console.error(`writing a history of ${shape.events.toLocaleString('en')} events`);
    await writeHistory(folder, shape);
    await rebuild(folder);
    await flush(readModelFile(folder));
    return folder;
  }
}

/** Pending writes to the disk would disturb the commits that are measured next. */
async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
}

/**
 * Rounds in which clients are ahead, behind and offline while the log is restored in one of many ways. After each either the start was
 * refused with a sentence, and npm run restore helped; or every client's store equals what the server shows to a new client.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../crash/random.js';
import { Clients } from './clients.js';
import { count, type RestoreFigures } from './figures.js';
import { RestoredServer } from './restored-server.js';
import { restoreByCommand, type Saved, save, ways } from './ways.js';

/** Saved moments that are kept: of the log as it is, and of histories that were given up. */
const KEPT = 5;

/** What a refusal must say: what to do. */
const REMEDY = /npm run restore|Set DATA_DIR/;

export class RestoreRounds {
  readonly #random: Random;
  readonly #folder: string;
  readonly #dataDir: string;
  readonly #server: RestoredServer;
  readonly #figures: RestoreFigures;
  readonly #clients: Clients;
  #saved: Saved[] = [];
  #way: string;
  #saves = 0;

  private constructor(folder: string, server: RestoredServer, random: Random, figures: RestoreFigures) {
    this.#folder = folder;
    this.#dataDir = join(folder, 'data');
    this.#server = server;
    this.#random = random;
    this.#figures = figures;
    this.#clients = new Clients(server.url, random, figures);
    this.#way = 'only started again';
  }

  static async start(folder: string, seed: number, figures: RestoreFigures): Promise<RestoreRounds> {
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    const rounds = new RestoreRounds(folder, await RestoredServer.withEnvironment(), new Random(seed), figures);
    await rounds.#begin();
    return rounds;
  }

  async end(): Promise<void> {
    await this.#clients.close();
    await this.#server.end();
  }

  /** What is wrong after it; nothing, it is hoped. */
  async round(): Promise<string[]> {
    const random = this.#random;
    const way = ways[this.#way]!;
    this.#clients.castRoles();
    await this.#clients.closeThose('offline');
    await this.#clients.act(random.between(0, 12));
    const savesAt = random.between(0, 2);
    if (savesAt === 0) await this.#save();
    await this.#clients.act(random.between(0, 12));
    await this.#clients.closeThose('behind');
    if (savesAt === 1) await this.#save();
    await this.#clients.act(random.between(1, 12));
    const before = this.#clients.log;
    await this.#server.end();
    await this.#clients.close();

    await way.apply({
      folder: this.#dataDir,
      saved: random.among(this.#saved)!,
      folderCopy: join(this.#folder, 'copy'),
    });
    const faults: string[] = [];
    const next = random.among(Object.keys(ways))!;
    const refused = await this.#startRefused(next);
    if (refused !== undefined) {
      if (!REMEDY.test(refused)) faults.push(`the refusal names no remedy: ${refused}`);
      await restoreByCommand(this.#dataDir, random.among(this.#saved)!);
      const again = await this.#startRefused(next);
      if (again !== undefined) throw new Error(`npm run restore did not help: ${again}`);
    }
    if (random.chance(0.7)) {
      await this.#clients.openActor();
      await this.#clients.act(random.between(1, 15));
    }
    await this.#clients.open();
    await this.#clients.act(random.between(0, 5));
    const outcome = refused !== undefined ? 'refused' : this.#clients.log === before ? 'same' : 'restored';
    if (outcome === 'same' && !way.mayBeSame) faults.push('the log keeps its id, although it is another');
    faults.push(...(await this.#clients.compare()));
    count(this.#figures, this.#way, outcome);
    const told = faults.map((fault) => `round ${this.#figures.rounds}, ${this.#way}, ${outcome}: ${fault}`);
    this.#way = next;
    return told;
  }

  async #begin(): Promise<void> {
    await this.#server.start(this.#dataDir, 'within');
    await this.#clients.begin();
    await this.#save();
    await this.#server.end();
    await this.#clients.close();
    this.#copyFolder();
    await this.#server.start(this.#dataDir, 'within');
    await this.#clients.open();
  }

  /** Starts the server as the next way needs it. The sentence where that is refused. */
  async #startRefused(next: string): Promise<string | undefined> {
    try {
      await this.#server.start(this.#dataDir, ways[next]!.killed ? 'to be killed' : 'within');
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async #save(): Promise<void> {
    this.#saved.push(await save(this.#dataDir, join(this.#folder, `saved-${this.#figures.rounds}-${this.#saves++}`)));
    if (this.#saved.length <= KEPT) return;
    const [gone] = this.#saved.splice(this.#random.between(0, KEPT - 1), 1);
    for (const file of Object.values(gone!)) rmSync(file as string);
  }

  #copyFolder(): void {
    rmSync(join(this.#folder, 'copy'), { recursive: true, force: true });
    cpSync(this.#dataDir, join(this.#folder, 'copy'), { recursive: true, preserveTimestamps: true });
  }
}

/**
 * Rounds in which clients are ahead, behind and offline while the log in EventStoreDB is restored in one of many ways. After each, either the
 * start was refused with a sentence, and the documented restore helped; or every client's store equals what the server shows to a new client.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../crash/random.js';
import { Clients } from './clients.js';
import { count, type Outcome, type RestoreFigures } from './figures.js';
import type { RestorableStore } from './restorable-store.js';
import { RestoredServer } from './restored-server.js';
import { newLogId, restoreAsDocumented, type StoreAtHand, storeWays } from './store-ways.js';

/** Copies that are kept: of the log as it is, and of histories that were given up. */
const KEPT = 5;

const FOREIGN = 'foreign';

/** How long a node that was left running may take to notice that the store is another, in milliseconds. */
const NOTICE_MS = 20_000;

export class StoreRounds {
  readonly #store: RestorableStore;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #server: RestoredServer;
  readonly #random: Random;
  readonly #figures: RestoreFigures;
  readonly #clients: Clients;
  /** Oldest first. */
  #saved: string[] = [];
  #saves = 0;
  /** Data folders of two nodes: of the one that runs, and of the other. */
  #folder: string;
  #other: string;
  /** Chosen ahead: some need a node that can be killed. */
  #way: string;
  #left: string[] = [];

  private constructor(
    folder: string,
    store: RestorableStore,
    environment: Readonly<Record<string, string>>,
    server: RestoredServer,
    random: Random,
    figures: RestoreFigures,
  ) {
    [this.#folder, this.#other] = [join(folder, 'node-1'), join(folder, 'node-2')];
    for (const made of [this.#folder, this.#other]) mkdirSync(made, { mode: 0o700 });
    this.#store = store;
    this.#environment = environment;
    this.#server = server;
    this.#random = random;
    this.#figures = figures;
    this.#clients = new Clients(server.url, random, figures);
    this.#way = this.#nextWay();
  }

  /** `store` must be running and empty. */
  static async start(
    folder: string,
    store: RestorableStore,
    seed: number,
    figures: RestoreFigures,
  ): Promise<StoreRounds> {
    const environment = { EVENT_STORE: store.url, EVENT_STORE_PREFIX: 'desk-' };
    const rounds = new StoreRounds(
      folder,
      store,
      environment,
      await RestoredServer.withEnvironment(environment),
      new Random(seed),
      figures,
    );
    await rounds.#begin(join(folder, 'foreign-node'));
    return rounds;
  }

  async end(): Promise<void> {
    await this.#clients.close();
    await this.#server.end();
    for (const name of [...this.#saved, FOREIGN]) this.#store.forget(name);
  }

  /** What is wrong after it; nothing, it is hoped. */
  async round(): Promise<string[]> {
    const random = this.#random;
    const name = this.#way;
    const way = storeWays[name]!;
    const faults: string[] = [];
    this.#clients.castRoles();
    await this.#clients.closeThose('offline');
    await this.#actAndSave(random.between(0, 12));
    await this.#clients.closeThose('behind');
    await this.#actAndSave(random.between(0, 12));
    await this.#clients.act(random.between(1, 12));
    const before = this.#clients.log;
    if (!way.leftRunning) await this.#server.end();
    await this.#clients.close();

    const at = this.#atHand();
    const started = await way.apply(at);
    const ended = way.leftRunning ? await this.#server.endedItself(NOTICE_MS) : undefined;
    if (way.leftRunning && ended === undefined) {
      faults.push('the node that was left running has not noticed that the store is another');
      await this.#server.end();
    }
    if (started !== this.#folder) [this.#folder, this.#other] = [this.#other, this.#folder];
    this.#way = this.#nextWay();
    const refused = await this.#startRefused();
    if (refused !== undefined) {
      if (way.says?.test(refused) === false) faults.push(`the refusal does not say ${way.says}: ${refused}`);
      if (way.says?.source === 'npm run restore') await newLogId(at);
      else await restoreAsDocumented(at, random.chance(0.5) ? at.older : at.newest);
      const again = await this.#startRefused();
      if (again !== undefined)
        throw new Error(`round ${this.#figures.rounds}, ${name}: npm run restore did not help: ${again}`);
    }
    if (random.chance(0.7)) {
      await this.#clients.openActor();
      await this.#clients.act(random.between(1, 15));
    }
    await this.#clients.open();
    await this.#clients.act(random.between(0, 5));
    const outcome: Outcome = refused !== undefined ? 'refused' : this.#clients.log === before ? 'same' : 'restored';
    if (outcome !== way.expected)
      faults.push(`it should have been ${way.expected}${refused === undefined ? '' : `: ${refused}`}`);
    faults.push(...(await this.#clients.compare()));
    const told = faults.map((fault) => `round ${this.#figures.rounds}, ${name}, ${outcome}: ${fault}`);
    count(this.#figures, name, outcome);
    return told;
  }

  /** Makes another log, whose copy is kept; then the log of the rounds. */
  async #begin(foreignFolder: string): Promise<void> {
    const foreign = await RestoredServer.withEnvironment(this.#environment);
    mkdirSync(foreignFolder, { mode: 0o700 });
    await foreign.start(foreignFolder, 'within');
    await foreign.end();
    await this.#store.save(FOREIGN);
    await this.#store.stop('asked');
    this.#store.empty();
    await this.#store.start();
    // The other node has followed the log's first events.
    await this.#server.start(this.#other, 'within');
    await this.#clients.begin();
    await this.#save();
    await this.#server.end();
    await this.#clients.close();
    await this.#startRefused();
    await this.#clients.open();
  }

  /** Each way once, in an order of chance, before any comes again. */
  #nextWay(): string {
    if (this.#left.length === 0) this.#left = Object.keys(storeWays);
    const [way] = this.#left.splice(this.#random.between(0, this.#left.length - 1), 1);
    return way!;
  }

  #atHand(): StoreAtHand {
    const older = this.#random.among(this.#saved.slice(0, -1)) ?? this.#saved.at(-1)!;
    return {
      store: this.#store,
      older,
      newest: this.#saved.at(-1)!,
      foreign: FOREIGN,
      folder: this.#folder,
      other: this.#other,
      environment: this.#environment,
    };
  }

  /** Now and then a copy is made meanwhile, while the store is written to. */
  async #actAndSave(commands: number): Promise<void> {
    const saving = this.#random.chance(0.4) ? this.#save() : undefined;
    await this.#clients.act(commands);
    await saving;
  }

  async #save(): Promise<void> {
    const name = `saved-${this.#saves++}`;
    await this.#store.save(name);
    this.#saved.push(name);
    if (this.#saved.length <= KEPT) return;
    const [gone] = this.#saved.splice(this.#random.between(0, KEPT - 1), 1);
    this.#store.forget(gone!);
  }

  /** Starts the node as the next way needs it. The sentence where that is refused. */
  async #startRefused(): Promise<string | undefined> {
    const { killed, leftRunning } = storeWays[this.#way]!;
    try {
      await this.#server.start(this.#folder, killed || leftRunning ? 'to be killed' : 'within');
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

/**
 * Rounds in which clients are ahead, behind and offline while the log is restored in one of many ways. After each either the start was
 * refused with a sentence, and npm run restore helped; or every client's store equals what the server shows to one who comes anew.
 */
import { AlarmClient, AlarmServerError, login, register, type AlarmClientOptions } from '@alarm-server/client';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { Random } from '../crash/random.js';
import { grant } from '../journeys/desk.js';
import { PASSWORD } from '../journeys/test-server.js';
import { RestoredServer } from './restored-server.js';
import { restoreByCommand, save, ways, type Saved } from './ways.js';

/** Saved moments that are kept: of the log as it is, and of histories that were given up. */
const KEPT = 5;

export interface RestoreFigures {
  rounds: number;
  refused: number;
  restored: number;
  same: number;
  commands: number;
  comparisons: number;
  /** By way: how often it was refused, counted as restored, or left the log as it was. */
  readonly byWay: Record<string, { refused: number; restored: number; same: number }>;
}

export const noFigures = (): RestoreFigures => ({ rounds: 0, refused: 0, restored: 0, same: 0, commands: 0, comparisons: 0, byWay: {} });

/** What a refusal must say: what to do. */
const REMEDY = /npm run restore|Set DATA_DIR/;

export class RestoreRounds {
  readonly #random: Random;
  readonly #folder: string;
  readonly #dataDir: string;
  readonly #server: RestoredServer;
  readonly #figures: RestoreFigures;
  readonly #clients: AlarmClient[] = [];
  readonly #tokens: string[] = [];
  #actor!: AlarmClient;
  #saved: Saved[] = [];
  #way: string;
  #price = 0;

  private constructor(folder: string, server: RestoredServer, random: Random, figures: RestoreFigures) {
    this.#folder = folder;
    this.#dataDir = join(folder, 'data');
    this.#server = server;
    this.#random = random;
    this.#figures = figures;
    this.#way = 'only started again';
  }

  static async start(folder: string, seed: number, figures: RestoreFigures): Promise<RestoreRounds> {
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    const rounds = new RestoreRounds(folder, await RestoredServer.on(join(folder, 'data')), new Random(seed), figures);
    await rounds.#begin();
    return rounds;
  }

  async end(): Promise<void> {
    for (const client of [...this.#clients, this.#actor]) await client.close();
    await this.#server.end();
  }

  /** What is wrong after it; nothing, it is hoped. */
  async round(): Promise<string[]> {
    const random = this.#random;
    const way = ways[this.#way]!;
    const roles = this.#clients.map(() => random.among(['ahead', 'behind', 'offline'] as const)!);
    await this.#closeThose(roles, 'offline');
    await this.#act(random.between(0, 12));
    const savesAt = random.between(0, 2);
    if (savesAt === 0) await this.#save();
    await this.#act(random.between(0, 12));
    await this.#closeThose(roles, 'behind');
    if (savesAt === 1) await this.#save();
    await this.#act(random.between(1, 12));
    const before = this.#actor.store.log!;
    await this.#server.end();
    for (const client of [...this.#clients, this.#actor]) await client.close();

    await way.apply({ folder: this.#dataDir, saved: random.among(this.#saved)!, folderCopy: join(this.#folder, 'copy') });
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
      await this.#openActor();
      await this.#act(random.between(1, 15));
    }
    await Promise.all(this.#clients.map((client) => client.open()));
    await this.#openActor();
    await this.#act(random.between(0, 5));
    const outcome = refused !== undefined ? 'refused' : this.#actor.store.log === before ? 'same' : 'restored';
    if (outcome === 'same' && !way.mayBeSame) faults.push('the log keeps its id, although it is another');
    faults.push(...(await this.#compare(roles)));
    this.#count(outcome);
    const told = faults.map((fault) => `round ${this.#figures.rounds}, ${this.#way}, ${outcome}: ${fault}`);
    this.#way = next;
    return told;
  }

  #count(outcome: 'refused' | 'restored' | 'same'): void {
    this.#figures.rounds += 1;
    this.#figures[outcome] += 1;
    (this.#figures.byWay[this.#way] ??= { refused: 0, restored: 0, same: 0 })[outcome] += 1;
  }

  async #begin(): Promise<void> {
    await this.#server.start('within');
    const { url } = this.#server;
    const users: string[] = [];
    for (const username of ['actor', 'vera', 'walt', 'xena']) {
      users.push((await register(url, { username, password: PASSWORD })).id);
      this.#tokens.push(await login(url, { username, password: PASSWORD }));
    }
    this.#actor = this.#client(0);
    for (const at of [1, 2, 3]) this.#clients.push(this.#client(at));
    await Promise.all([this.#actor, ...this.#clients].map((client) => client.open()));
    for (const name of ['Spot', 'Forward']) {
      const page = await this.#actor.createPage({ name });
      for (const user of users.slice(1)) await this.#actor.sharePage(grant(page.id, 'user', user, 'edit'));
      for (let at = 0; at < 10; at++) await this.#actor.createAlarm({ page_id: page.id, ticker: `EUR/${at}`, option: 'spot', condition: 'above' });
    }
    await this.#save();
    await this.#server.end();
    for (const client of [...this.#clients, this.#actor]) await client.close();
    this.#copyFolder();
    await this.#server.start('within');
    await Promise.all([this.#actor, ...this.#clients].map((client) => client.open()));
  }

  #client(user: number): AlarmClient {
    const options: AlarmClientOptions = { url: this.#server.url, token: this.#tokens[user]!, reconnect: false, WebSocket: WebSocket as unknown as NonNullable<AlarmClientOptions['WebSocket']> };
    return new AlarmClient(options);
  }

  async #openActor(): Promise<void> {
    if (this.#actor.state.name !== 'live') await this.#actor.open();
  }

  /** Starts the server as the next way needs it. The sentence where that is refused. */
  async #startRefused(next: string): Promise<string | undefined> {
    try {
      await this.#server.start(ways[next]!.killed ? 'to be killed' : 'within');
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async #closeThose(roles: readonly string[], role: string): Promise<void> {
    await Promise.all(this.#clients.filter((_client, at) => roles[at] === role).map((client) => client.close()));
  }

  async #save(): Promise<void> {
    this.#saved.push(await save(this.#dataDir, join(this.#folder, `saved-${this.#figures.rounds}-${this.#saved.length}-${this.#price}`)));
    if (this.#saved.length <= KEPT) return;
    const [gone] = this.#saved.splice(this.#random.between(0, KEPT - 1), 1);
    for (const file of Object.values(gone!)) rmSync(file as string);
  }

  #copyFolder(): void {
    rmSync(join(this.#folder, 'copy'), { recursive: true, force: true });
    cpSync(this.#dataDir, join(this.#folder, 'copy'), { recursive: true, preserveTimestamps: true });
  }

  /** So many commands, each answered before the next. */
  async #act(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      this.#figures.commands += 1;
      const page = this.#random.among([...this.#actor.store.pages.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
      const alarm = page && this.#random.among(this.#actor.store.alarmsOf(page.id).sort((a, b) => (a.id < b.id ? -1 : 1)));
      const chance = this.#random.next();
      if (!page || chance < 0.03) await this.#actor.createPage({ name: `Page ${this.#price++}` });
      else if (!alarm || chance < 0.2) await this.#actor.createAlarm({ page_id: page.id, ticker: `N/${this.#price++}`, option: 'spot', condition: 'above' });
      else if (chance < 0.3) await this.#actor.deleteAlarm({ alarm_id: alarm.id });
      else if (chance < 0.4) await this.#actor.updateAlarm({ alarm_id: alarm.id, condition: `above ${this.#price++}` });
      else if (chance < 0.43) await this.#actor.renamePage({ page_id: page.id, name: `Renamed ${this.#price++}` });
      else if (alarm.active) await this.#actor.triggerAlarm({ alarm_id: alarm.id, price: this.#price++ });
    }
  }

  /** Each store beside that of a client of the same user who comes anew. */
  async #compare(roles: readonly string[]): Promise<string[]> {
    const faults: string[] = [];
    for (const [at, client] of [this.#actor, ...this.#clients].entries()) {
      await fence(client);
      const anew = this.#client(at);
      await anew.open();
      const [held, shown] = [stateOf(client), stateOf(anew)];
      await anew.close();
      this.#figures.comparisons += 1;
      if (held !== shown) faults.push(`the store of a client that was ${at === 0 ? 'acting' : roles[at - 1]} holds ${held.slice(0, 500)} where the server shows ${shown.slice(0, 500)}`);
    }
    return faults;
  }
}

/** Resolves when all that the server has sent to the client until now is in its store. */
async function fence(client: AlarmClient): Promise<void> {
  await client.renamePage({ page_id: '00000000-0000-4000-8000-000000000000', name: 'fence' }).catch((error: unknown) => {
    if (!(error instanceof AlarmServerError)) throw error;
  });
}

function stateOf({ store }: AlarmClient): string {
  const sorted = <T extends { readonly id: string }>(all: Iterable<T>): T[] => [...all].sort((a, b) => (a.id < b.id ? -1 : 1));
  const canonical = (one: object): unknown => Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ log: store.log, pages: sorted(store.pages.values()).map(canonical), alarms: sorted(store.alarms.values()).map(canonical) });
}

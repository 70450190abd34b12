/** Four users with a client each on one server: one acts, the others are ahead, behind or offline when the log is restored. */
import { AlarmClient, type AlarmClientOptions, AlarmServerError, login, register } from '@alarm-server/client';
import { WebSocket } from 'ws';
import type { Random } from '../crash/random.js';
import { grant } from '../e2e/desk.js';
import { PASSWORD } from '../e2e/test-server.js';
import type { RestoreFigures } from './figures.js';

export type Role = 'ahead' | 'behind' | 'offline';

export class Clients {
  readonly #url: string;
  readonly #random: Random;
  readonly #figures: Pick<RestoreFigures, 'commands' | 'comparisons'>;
  readonly #tokens: string[] = [];
  readonly #viewers: AlarmClient[] = [];
  #actor!: AlarmClient;
  #roles: readonly Role[] = [];
  #price = 0;

  constructor(url: string, random: Random, figures: Pick<RestoreFigures, 'commands' | 'comparisons'>) {
    this.#figures = figures;
    this.#url = url;
    this.#random = random;
  }

  /** The id of the log that the acting client knows. */
  get log(): string {
    return this.#actor.store.log!;
  }

  /** Makes the users, and two pages that all of them may edit. */
  async begin(): Promise<void> {
    const users: string[] = [];
    for (const username of ['actor', 'vera', 'walt', 'xena']) {
      users.push((await register(this.#url, { username, password: PASSWORD })).id);
      this.#tokens.push(await login(this.#url, { username, password: PASSWORD }));
    }
    this.#actor = this.#client(0);
    for (const at of [1, 2, 3]) this.#viewers.push(this.#client(at));
    await this.open();
    for (const name of ['Spot', 'Forward']) {
      const page = await this.#actor.createPage({ name });
      for (const user of users.slice(1)) await this.#actor.sharePage(grant(page.id, 'user', user, 'edit'));
      for (let at = 0; at < 10; at++)
        await this.#actor.createAlarm({ page_id: page.id, ticker: `EUR/${at}`, option: 'spot', condition: 'above' });
    }
  }

  /** Gives each of the three watching clients a role until the next call. */
  castRoles(): void {
    this.#roles = this.#viewers.map(() => this.#random.among(['ahead', 'behind', 'offline'] as const)!);
  }

  async openActor(): Promise<void> {
    if (this.#actor.state.name !== 'live') await this.#actor.open();
  }

  async open(): Promise<void> {
    await Promise.all(this.#viewers.map((client) => client.open()));
    await this.openActor();
  }

  async close(): Promise<void> {
    for (const client of [...this.#viewers, this.#actor]) await client.close();
  }

  async closeThose(role: Role): Promise<void> {
    await Promise.all(this.#viewers.filter((_client, at) => this.#roles[at] === role).map((client) => client.close()));
  }

  /** So many commands, each answered before the next. */
  async act(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      this.#figures.commands += 1;
      const page = this.#random.among([...this.#actor.store.pages.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
      const alarm =
        page && this.#random.among(this.#actor.store.alarmsOf(page.id).sort((a, b) => (a.id < b.id ? -1 : 1)));
      const chance = this.#random.next();
      if (!page || chance < 0.03) await this.#actor.createPage({ name: `Page ${this.#price++}` });
      else if (!alarm || chance < 0.2)
        await this.#actor.createAlarm({
          page_id: page.id,
          ticker: `N/${this.#price++}`,
          option: 'spot',
          condition: 'above',
        });
      else if (chance < 0.3) await this.#actor.deleteAlarm({ alarm_id: alarm.id });
      else if (chance < 0.4) await this.#actor.updateAlarm({ alarm_id: alarm.id, condition: `above ${this.#price++}` });
      else if (chance < 0.43) await this.#actor.renamePage({ page_id: page.id, name: `Renamed ${this.#price++}` });
      else if (alarm.active) await this.#actor.triggerAlarm({ alarm_id: alarm.id, price: this.#price++ });
    }
  }

  /** Each store beside that of a new client of the same user; what differs. */
  async compare(): Promise<string[]> {
    const faults: string[] = [];
    for (const [at, client] of [this.#actor, ...this.#viewers].entries()) {
      await fence(client);
      const anew = this.#client(at);
      await anew.open();
      const [held, shown] = [stateOf(client), stateOf(anew)];
      await anew.close();
      this.#figures.comparisons += 1;
      if (held !== shown)
        faults.push(
          `the store of a client that was ${at === 0 ? 'acting' : this.#roles[at - 1]} holds ${held.slice(0, 500)} where the server shows ${shown.slice(0, 500)}`,
        );
    }
    return faults;
  }

  #client(user: number): AlarmClient {
    const options: AlarmClientOptions = {
      url: this.#url,
      token: this.#tokens[user]!,
      reconnect: false,
      WebSocket: WebSocket as unknown as NonNullable<AlarmClientOptions['WebSocket']>,
    };
    return new AlarmClient(options);
  }
}

/** Resolves when all that the server has sent to the client until now is in its store. */
async function fence(client: AlarmClient): Promise<void> {
  await client
    .renamePage({ page_id: '00000000-0000-4000-8000-000000000000', name: 'fence' })
    .catch((error: unknown) => {
      if (!(error instanceof AlarmServerError)) throw error;
    });
}

function stateOf({ store }: AlarmClient): string {
  const sorted = <T extends { readonly id: string }>(all: Iterable<T>): T[] =>
    [...all].sort((a, b) => (a.id < b.id ? -1 : 1));
  const canonical = (one: object): unknown =>
    Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({
    log: store.log,
    pages: sorted(store.pages.values()).map(canonical),
    alarms: sorted(store.alarms.values()).map(canonical),
  });
}

/** Load, changing rights and cuts of every kind on the real server; then all heals, and the checker judges what everybody heard. */
import { login, register } from '@alarm-server/client';
import { logFile } from '../../src/config.js';
import { asRequest, chooseOrder, isForHttpOnly, type Order } from '../crash/orders.js';
import { Random } from '../crash/random.js';
import { ServerProcess } from '../running/server-process.js';
import { judge } from './delivery-checker.js';
import { chooseHarm, HostileProxy } from './hostile-proxy.js';
import { historyOf, type HistoryEvent } from './log-history.js';
import { Count, Recorder } from './recorder.js';

const USERS = 10;
/** Users with a second connection. */
const TWICE = 2;
const GROUPS = 3;
const IN_FLIGHT = 4;
/** Between two orders of one user, between two cuts, in milliseconds. */
const PACE_MS = [4, 40] as const;
const CUT_PACE_MS = [10, 40] as const;
const RIGHTS = 0.12;
const SYNCS = 0.02;
/** For all to be connected and answered again once nothing is cut any more, in milliseconds. */
const REST_MS = 30_000;
const PASSWORD = 'of no use to anybody';

export interface ChaosOptions {
  readonly dataDir: string;
  readonly cuts: number;
  readonly seed: number;
  readonly resumes: boolean;
  /** The run's load and cuts end after so long whatever has been done by then, in milliseconds. */
  readonly limitMs: number;
}

export interface ChaosReport {
  /** How many cuts there were, by who did what. */
  readonly cuts: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly messages: number;
  /** States of pages: whole on joining, and in answers to a resume as updates or as a state. */
  readonly states: Readonly<Record<'initial_state' | 'resumed' | 'byUpdates' | 'byState' | 'synced', number>>;
  readonly commands: number;
  readonly sentAgain: number;
  readonly events: number;
  readonly findings: readonly string[];
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Does not keep the process alive: what it bounds may long be over. */
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

export class Chaos {
  readonly #options: ChaosOptions;
  readonly #server: ServerProcess;
  readonly #proxy: HostileProxy;
  readonly #count = new Count();
  readonly #cuts: Record<string, number> = {};
  #recorders: Recorder[] = [];
  #groups: string[] = [];
  #people: { user: string; token: string }[] = [];
  #number = 0;
  #isLoading = true;

  /** `dataDir` is empty. Everything is stopped when it resolves. */
  static async run(options: ChaosOptions): Promise<ChaosReport> {
    const server = await ServerProcess.start({ dataDir: options.dataDir, environment: { LOG_LEVEL: 'info' } });
    const proxy = await HostileProxy.start(server.port);
    const chaos = new Chaos(options, server, proxy);
    try {
      return await chaos.#run();
    } finally {
      for (const recorder of chaos.#recorders) recorder.stop();
      await proxy.stop();
      await server.end('SIGTERM');
    }
  }

  private constructor(options: ChaosOptions, server: ServerProcess, proxy: HostileProxy) {
    this.#options = options;
    this.#server = server;
    this.#proxy = proxy;
  }

  async #run(): Promise<ChaosReport> {
    await this.#prepare();
    const loads = this.#recorders.map((recorder, at) => this.#load(recorder, this.#random(100 + at)));
    await this.#cutAll(this.#random(1));
    this.#isLoading = false;
    await Promise.race([Promise.all(loads), after(REST_MS)]);
    this.#proxy.heal();
    const isWhole = await this.#rest();
    const events = historyOf(logFile(this.#options.dataDir));
    const findings = judge(events, this.#recorders.map((recorder) => recorder.history(isWhole)));
    return this.#report(events, isWhole ? findings : [`within ${REST_MS} ms after the last cut not all were connected and answered`, ...findings]);
  }

  /** Each actor has a chance of its own, so that its choices do not hang on who else came first. */
  #random(actor: number): Random {
    return new Random(Math.imul(this.#options.seed, 2_654_435_761) ^ Math.imul(actor, 40_503));
  }

  async #prepare(): Promise<void> {
    const { url } = this.#server;
    for (let at = 0; at < USERS; at++) {
      const username = `desk ${at}`;
      const { id } = await register(url, { username, password: PASSWORD });
      this.#people.push({ user: id, token: await login(url, { username, password: PASSWORD }) });
    }
    const through = `http://127.0.0.1:${this.#proxy.port}`;
    this.#recorders = [...this.#people, ...this.#people.slice(0, TWICE)].map((person, at) => this.#recorder(`viewer ${at}`, person, through, at));
    await Promise.all(this.#recorders.map((recorder) => recorder.start()));
    const random = this.#random(2);
    await Promise.all(this.#recorders.slice(0, GROUPS).map((recorder, at) => recorder.request(random.uuid(), 'create_group', { method: 'POST', path: '/groups', body: { name: `Group ${at}` } })));
    this.#groups = historyOf(logFile(this.#options.dataDir)).filter(({ type }) => type === 'GroupCreated').map(({ stream }) => stream.slice('group-'.length));
  }

  #recorder(name: string, person: { user: string; token: string }, url: string, actor: number): Recorder {
    return new Recorder({ name, ...person, url, resumes: this.#options.resumes, count: this.#count, random: this.#random(200 + actor) });
  }

  /** Orders of one viewer, until the cuts are over. */
  async #load(recorder: Recorder, random: Random): Promise<void> {
    const others = { users: this.#people.map(({ user }) => user), groups: this.#groups };
    const requests = new Set<Promise<void>>();
    while (this.#isLoading) {
      await sleep(random.between(...PACE_MS));
      if (!recorder.isLive || recorder.unanswered >= IN_FLIGHT || requests.size >= 2) continue;
      const pages = new Map([...recorder.pages].map(([id, { page }]) => [id, page]));
      const sight = { pages, alarmsOf: (page: string) => recorder.alarmsOf(page) };
      const order = random.chance(RIGHTS) ? this.#rightsOrder(random, recorder) : chooseOrder(random, sight, recorder.user, others, () => ++this.#number, false);
      const id = random.uuid();
      if (isForHttpOnly(order) || random.chance(0.1)) {
        const request = recorder.request(id, order.type, asRequest(order)).finally(() => requests.delete(request));
        requests.add(request);
      } else recorder.command(id, order.type, order.payload);
      const page = random.among([...pages.values()]);
      if (this.#options.resumes && page && random.chance(SYNCS)) recorder.sync(random.uuid(), page.id, Math.max(0, page.seq - random.between(0, 5)));
    }
    await Promise.all(requests);
  }

  /** More changes of rights than a desk makes: a grant given or taken, somebody put into a group or out of it. */
  #rightsOrder(random: Random, recorder: Recorder): Order {
    const others = this.#people.map(({ user }) => user).filter((user) => user !== recorder.user);
    const own = random.among([...recorder.pages.values()].filter(({ page }) => page.is_owner));
    if (!own || random.chance(0.4)) {
      const type = random.chance(0.5) ? 'add_group_member' : 'remove_group_member';
      return { type, payload: { group_id: random.among(this.#groups)!, user_id: random.among(others)! }, mark: undefined };
    }
    const subject_type = random.chance(0.5) ? 'user' : 'group';
    const subject_id = random.among(subject_type === 'user' ? others : this.#groups)!;
    const [can_view, can_edit] = random.among([[false, false], [true, false], [true, true]] as const)!;
    return { type: 'share_page', payload: { page_id: own.page.id, subject_type, subject_id, can_view, can_edit }, mark: undefined };
  }

  async #cutAll(random: Random): Promise<void> {
    const end = performance.now() + this.#options.limitMs;
    let done = 0;
    while (done < this.#options.cuts && performance.now() < end) {
      await sleep(random.between(...CUT_PACE_MS));
      if (this.#cutOne(random)) done += 1;
    }
  }

  /** False if nobody is there to be cut. */
  #cutOne(random: Random): boolean {
    if (random.chance(0.25)) {
      const recorder = random.among(this.#recorders.filter(({ isLive }) => isLive));
      const politely = random.chance(0.5);
      recorder?.cut(politely);
      return recorder !== undefined && this.#counted(`client ${politely ? 'close' : 'reset'}`);
    }
    const link = random.among(this.#proxy.sound);
    const harm = chooseHarm(random);
    link?.inflict(harm);
    return link !== undefined && this.#counted('side' in harm ? `${harm.side === 'both' ? 'proxy' : harm.side} side ${harm.kind}` : `proxy ${harm.kind} ${harm.direction}`);
  }

  #counted(what: string): true {
    this.#cuts[what] = (this.#cuts[what] ?? 0) + 1;
    return true;
  }

  /**
   * True when all are connected and answered, and have heard everything. What was answered was handed to every socket before, so
   * whoever then asks for something that does not exist hears all of it before the refusal.
   */
  async #rest(): Promise<boolean> {
    const atRest = (recorder: Recorder): Promise<void> => recorder.until(() => recorder.isLive && recorder.unanswered === 0);
    const resting = (async () => {
      await Promise.all(this.#recorders.map(atRest));
      // A new viewer for each user, straight to the server: what it shows him now.
      const fresh = this.#people.map((person, at) => this.#recorder(`new viewer of user ${at}`, person, this.#server.url, 50 + at));
      this.#recorders.push(...fresh);
      await Promise.all(fresh.map((recorder) => recorder.start()));
      const random = this.#random(3);
      for (const recorder of this.#recorders) recorder.command(random.uuid(), 'delete_page', { page_id: random.uuid() });
      await Promise.all(this.#recorders.map(atRest));
      return true;
    })();
    return Promise.race([resting, after(REST_MS).then(() => false)]);
  }

  #report(events: readonly HistoryEvent[], findings: readonly string[]): ChaosReport {
    const heard = this.#recorders.flatMap(({ entries }) => entries.flatMap((entry) => (entry.kind === 'heard' ? [entry.message] : [])));
    const resumed = heard.filter(({ type }) => type === 'resumed');
    const pages = resumed.flatMap(({ payload }) => payload.pages as { alarms?: unknown }[]);
    const commands = this.#recorders.flatMap((recorder) => [...recorder.commands.values()]);
    const byState = pages.filter(({ alarms }) => alarms !== undefined).length;
    return {
      cuts: this.#cuts,
      connections: this.#recorders.reduce((sum, { entries }) => sum + entries.filter(({ kind }) => kind === 'opening').length, 0),
      messages: heard.length,
      states: { initial_state: heard.filter(({ type }) => type === 'initial_state').length, resumed: resumed.length, byUpdates: pages.length - byState, byState, synced: heard.filter(({ type }) => type === 'page_state').length },
      commands: commands.length,
      sentAgain: commands.filter(({ times }) => times > 1).length,
      events: events.length,
      findings,
    };
  }
}

/** Load, changing rights, cuts of every kind and kills on real servers; then everything recovers, and the checker judges what each viewer received. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { login, register } from '@alarm-server/client';
import { logFile } from '../../src/config.js';
import { asRequest, chooseOrder, isForHttpOnly, type Order } from '../crash/orders.js';
import { Random } from '../crash/random.js';
import { ChaosNode } from './chaos-node.js';
import { judge } from './delivery-checker.js';
import { chooseHarm } from './hostile-proxy.js';
import { HttpCommands } from './http-commands.js';
import { chooseLifeOrder } from './life-orders.js';
import { type HistoryEvent, historyInFile, historyInStore } from './log-history.js';
import type { AlarmSeen, PageHeld, ViewerHistory } from './recorded.js';
import { Recorder } from './recorder.js';
import { ReferenceViewer } from './reference-viewer.js';
import { Count, type ViewerOptions, type ViewerRecord } from './viewer-record.js';

const USERS = 10;
/** Users with a second connection. */
const TWICE = 2;
const GROUPS = 3;
const IN_FLIGHT = 4;
/** Between two orders of one user, between two cuts, in milliseconds. */
const PACE_MS = [4, 40] as const;
const CUT_PACE_MS = [10, 40] as const;
const RIGHTS = 0.12;
/** Between two races, for the member to see the page, in milliseconds; and how often the member triggers. */
const RACE_PACE_MS = [20, 200] as const;
const RACE_WAIT_MS = 300;
const RACE_SHOTS = 12;
const SYNCS = 0.02;
/** Share of the orders that are about an alarm's life. */
const LIVES = 0.3;
/** For all to be connected and answered again once nothing is cut any more, in milliseconds. */
const REST_MS = 60_000;
/** Every n-th viewer is the reference client. */
const REFERENCE_EACH = 4;
/** Chance that a node which was killed starts without its read model. */
const FORGETS = 0.3;
const PASSWORD = 'of no use to anybody';

export interface ChaosOptions {
  readonly dataDir: string;
  readonly cuts: number;
  readonly seed: number;
  readonly resumes: boolean;
  readonly nodes: number;
  /** `esdb://…` of the store that the nodes share; undefined: one node, on SQLite. */
  readonly eventStore?: string | undefined;
  /** How often a node is killed, each in turn. */
  readonly kills: number;
  /** Whether the store of the log is stopped meanwhile: then a state may be older than what others have received. */
  readonly storeFails?: boolean;
  /** The run's load and cuts end after this time in any case, in milliseconds. */
  readonly limitMs: number;
}

export interface ChaosReport {
  /** How many cuts there were, by side and kind. */
  readonly cuts: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly connections: number;
  readonly messages: number;
  /** States of pages: whole on joining, and in answers to a resume as updates or as a state. */
  readonly states: Readonly<Record<'initial_state' | 'resumed' | 'byUpdates' | 'byState' | 'synced', number>>;
  readonly commands: number;
  readonly sentAgain: number;
  readonly events: number;
  /** Of these, those reported to viewers as void: between several nodes only. */
  readonly voids: number;
  readonly findings: readonly string[];
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Does not keep the process alive: what it bounds may long be over. */
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** A client that receives, sends and is cut: a recorder or the reference client. */
interface Viewer {
  readonly record: ViewerRecord;
  readonly user: string;
  readonly isLive: boolean;
  readonly unanswered: number;
  readonly pages: ReadonlyMap<string, Pick<PageHeld, 'page'>>;
  alarmsOf(page: string): AlarmSeen[];
  start(): Promise<void>;
  command(id: string, type: string, payload: Readonly<Record<string, unknown>>): void;
  sync(id: string, page: string, seq: number): void;
  cut(politely: boolean): void;
  until(holds: () => boolean): Promise<void>;
  history(isWhole: boolean): ViewerHistory;
  stop(): void;
}

interface Person {
  readonly user: string;
  readonly token: string;
}

export class Chaos {
  readonly #options: ChaosOptions;
  readonly #nodes: readonly ChaosNode[];
  readonly #prefix: string;
  readonly #count = new Count();
  readonly #cuts: Record<string, number> = {};
  #kills = 0;
  #viewers: Viewer[] = [];
  readonly #http = new Map<Viewer, HttpCommands>();
  #groups: string[] = [];
  /** Group → the user whose it is. */
  readonly #ownerOf = new Map<string, string>();
  #people: Person[] = [];
  #number = 0;
  #isLoading = true;

  /** `dataDir` is empty. Everything is stopped when it resolves. */
  static async run(options: ChaosOptions): Promise<ChaosReport> {
    const prefix = `chaos${randomBytes(6).toString('hex')}-`;
    const environment = {
      LOG_LEVEL: 'info',
      ...(options.eventStore === undefined ? {} : { EVENT_STORE: options.eventStore, EVENT_STORE_PREFIX: prefix }),
    };
    const nodes = await Promise.all(
      Array.from({ length: options.nodes }, (_, at) =>
        ChaosNode.start({ dataDir: join(options.dataDir, `node-${at}`), environment }),
      ),
    );
    const chaos = new Chaos(options, nodes, prefix);
    try {
      return await chaos.#run();
    } finally {
      for (const viewer of chaos.#viewers) viewer.stop();
      for (const http of chaos.#http.values()) http.stop();
      await Promise.all(nodes.map((node) => node.stop()));
    }
  }

  private constructor(options: ChaosOptions, nodes: readonly ChaosNode[], prefix: string) {
    this.#options = options;
    this.#nodes = nodes;
    this.#prefix = prefix;
  }

  async #run(): Promise<ChaosReport> {
    await this.#prepare();
    const loads = this.#viewers.map((viewer, at) => this.#load(viewer, this.#random(100 + at)));
    // On one node such a race is decided before anything is written.
    if (this.#nodes.length > 1) loads.push(this.#raceAll(this.#random(5)));
    await this.#cutAll(this.#random(1));
    this.#isLoading = false;
    await Promise.race([Promise.all(loads), after(REST_MS)]);
    for (const { proxy } of this.#nodes) proxy.heal();
    const isWhole = await this.#rest();
    const events = await this.#history();
    const findings = judge(
      events,
      this.#viewers.map((viewer) => viewer.history(isWhole)),
      { isOneNode: this.#nodes.length === 1, mayLag: this.#options.storeFails ?? false },
    );
    return this.#report(
      events,
      isWhole ? findings : [`within ${REST_MS} ms after the last cut not all were connected and answered`, ...findings],
    );
  }

  #history(): Promise<readonly HistoryEvent[]> {
    const { eventStore, dataDir } = this.#options;
    return eventStore === undefined
      ? Promise.resolve(historyInFile(logFile(join(dataDir, 'node-0'))))
      : historyInStore(eventStore, this.#prefix);
  }

  /** Each actor has a chance of its own, so that its choices do not depend on the order of others. */
  #random(actor: number): Random {
    return new Random(Math.imul(this.#options.seed, 2_654_435_761) ^ Math.imul(actor, 40_503));
  }

  async #prepare(): Promise<void> {
    const [{ url }] = this.#nodes as readonly [ChaosNode];
    for (let at = 0; at < USERS; at++) {
      const username = `desk ${at}`;
      const { id } = await register(url, { username, password: PASSWORD });
      this.#people.push({ user: id, token: await login(url, { username, password: PASSWORD }) });
    }
    await Promise.all(this.#nodes.flatMap((node) => this.#people.map(({ token }) => isKnown(node, token))));
    // No node belongs to a viewer: a viewer that loses one may connect to another.
    const anyNode = (random: Random) => (): string => random.among(this.#nodes)!.through;
    this.#viewers = [...this.#people, ...this.#people.slice(0, TWICE)].map((person, at) => {
      const isReference = this.#options.resumes && at % REFERENCE_EACH === REFERENCE_EACH - 1;
      return this.#viewer(
        isReference ? ReferenceViewer : Recorder,
        `${isReference ? 'reference client' : 'viewer'} ${at}`,
        person,
        anyNode(this.#random(300 + at)),
        at,
      );
    });
    await Promise.all(this.#viewers.map((viewer) => viewer.start()));
    const random = this.#random(2);
    await Promise.all(
      this.#viewers
        .slice(0, GROUPS)
        .map((viewer, at) =>
          this.#http
            .get(viewer)!
            .request(random.uuid(), 'create_group', { method: 'POST', path: '/groups', body: { name: `Group ${at}` } }),
        ),
    );
    for (const { type, stream, by } of await this.#history())
      if (type === 'GroupCreated') this.#ownerOf.set(stream.slice('group-'.length), by);
    this.#groups = [...this.#ownerOf.keys()];
  }

  #viewer(
    Kind: new (options: ViewerOptions) => Viewer,
    name: string,
    person: Person,
    address: () => string,
    actor: number,
  ): Viewer {
    const options: ViewerOptions = {
      name,
      ...person,
      address,
      resumes: this.#options.resumes,
      count: this.#count,
      random: this.#random(200 + actor),
    };
    const viewer = new Kind(options);
    this.#http.set(viewer, new HttpCommands(options, viewer.record));
    return viewer;
  }

  /** Orders of one viewer, until the cuts are over. */
  async #load(viewer: Viewer, random: Random): Promise<void> {
    const others = { users: this.#people.map(({ user }) => user), groups: this.#groups };
    const requests = new Set<Promise<void>>();
    while (this.#isLoading) {
      await sleep(random.between(...PACE_MS));
      if (!viewer.isLive || viewer.unanswered >= IN_FLIGHT || requests.size >= 2) continue;
      const pages = new Map([...viewer.pages].map(([id, { page }]) => [id, page]));
      const model = { pages, alarmsOf: (page: string) => viewer.alarmsOf(page) };
      const seen = random.among([...pages.values()]);
      const life =
        seen && random.chance(LIVES)
          ? chooseLifeOrder(random, seen, viewer.alarmsOf(seen.id), viewer.user, () => ++this.#number)
          : undefined;
      const order = random.chance(RIGHTS)
        ? this.#rightsOrder(random, viewer)
        : (life ?? chooseOrder(random, model, viewer.user, others, () => ++this.#number, false));
      const id = random.uuid();
      if (isForHttpOnly(order) || random.chance(0.1)) {
        const request = this.#http
          .get(viewer)!
          .request(id, order.type, asRequest(order))
          .finally(() => requests.delete(request));
        requests.add(request);
      } else viewer.command(id, order.type, order.payload);
      const page = random.among([...pages.values()]);
      if (this.#options.resumes && page && random.chance(SYNCS))
        viewer.sync(random.uuid(), page.id, Math.max(0, page.seq - random.between(0, 5)));
    }
    await Promise.all(requests);
  }

  /** Rights taken away on one node at the very time that they are used on another: what makes events void. */
  async #raceAll(random: Random): Promise<void> {
    while (this.#isLoading) {
      await sleep(random.between(...RACE_PACE_MS));
      await this.#race(random);
    }
  }

  /** A group of one race, which ends with it. Undefined where it is not known to be there. */
  async #shortLived(owner: Viewer, random: Random): Promise<string | undefined> {
    const id = random.uuid();
    await this.#http.get(owner)?.request(id, 'create_group', {
      method: 'POST',
      path: '/groups',
      body: { name: 'Short-lived' },
    });
    const answer = owner.record.commands.get(id)?.answers[0];
    return answer?.kind === 'success' ? (JSON.parse(answer.text) as { id: string }).id : undefined;
  }

  /**
   * A member of a group, who sees a page through it alone, triggers an alarm repeatedly while being removed from the group, or while the
   * group is deleted.
   */
  async #race(random: Random): Promise<void> {
    const lasting = random.among(this.#groups)!;
    const owner = this.#viewers.find(({ user }) => user === this.#ownerOf.get(lasting))!;
    const ending = random.chance(0.3) ? await this.#shortLived(owner, random) : undefined;
    const group = ending ?? lasting;
    const member = random.among(this.#viewers.filter(({ user }) => user !== owner.user))!;
    const page = random.among(
      [...owner.pages.values()].filter(({ page: { is_owner, id } }) => is_owner && owner.alarmsOf(id).length > 0),
    )?.page.id;
    if (page === undefined) return;
    const alarm_id = random.among(owner.alarmsOf(page))!.id;
    const ask = (type: string, payload: Order['payload']): Promise<void> =>
      this.#http.get(owner)!.request(random.uuid(), type, asRequest({ type, payload, mark: undefined }));
    const share = (subject_type: 'user' | 'group', subject_id: string, can_view: boolean): Promise<void> =>
      ask('share_page', { page_id: page, subject_type, subject_id, can_view, can_edit: false });
    const membership = { group_id: group, user_id: member.user };
    await Promise.all([
      share('group', group, true),
      share('user', member.user, false),
      ask('add_group_member', membership),
    ]);
    await Promise.race([member.until(() => member.pages.has(page)), after(RACE_WAIT_MS)]);
    const removed =
      ending === undefined ? ask('remove_group_member', membership) : ask('delete_group', { group_id: ending });
    for (let shot = 0; shot < RACE_SHOTS && member.isLive; shot++) {
      member.command(random.uuid(), 'trigger_alarm', { alarm_id, price: ++this.#number });
      await sleep(1);
    }
    await removed;
  }

  /** More changes of rights than a desk makes: a grant given or removed, a member added or removed. */
  #rightsOrder(random: Random, viewer: Viewer): Order {
    const others = this.#people.map(({ user }) => user).filter((user) => user !== viewer.user);
    const own = random.among([...viewer.pages.values()].filter(({ page }) => page.is_owner));
    const foreign = random.among([...viewer.pages.values()].filter(({ page }) => !page.is_owner));
    if (foreign && random.chance(0.1))
      return { type: 'leave_page', payload: { page_id: foreign.page.id }, mark: undefined };
    if (own && random.chance(0.05))
      return { type: 'transfer_page', payload: { page_id: own.page.id, to: random.among(others) }, mark: undefined };
    if (!own || random.chance(0.4)) {
      const type = random.chance(0.5) ? 'add_group_member' : 'remove_group_member';
      return {
        type,
        payload: { group_id: random.among(this.#groups)!, user_id: random.among(others)! },
        mark: undefined,
      };
    }
    const subject_type = random.chance(0.5) ? 'user' : 'group';
    const subject_id = random.among(subject_type === 'user' ? others : this.#groups)!;
    const [can_view, can_edit] = random.among([
      [false, false],
      [true, false],
      [true, true],
    ] as const)!;
    return {
      type: 'share_page',
      payload: { page_id: own.page.id, subject_type, subject_id, can_view, can_edit },
      mark: undefined,
    };
  }

  /** The kills fall between the cuts, evenly; a node that is down is no reason to wait. */
  async #cutAll(random: Random): Promise<void> {
    const { cuts, kills, limitMs } = this.#options;
    const end = performance.now() + limitMs;
    const killing = this.#random(4);
    let killed = Promise.resolve();
    let done = 0;
    for (let due = 1; done < cuts && performance.now() < end; ) {
      await sleep(random.between(...CUT_PACE_MS));
      if (this.#cutOne(random)) done += 1;
      if (due > kills || done < (due * cuts) / (kills + 1)) continue;
      killed = killed.then(() => this.#kill(killing));
      due += 1;
    }
    await killed;
  }

  async #kill(random: Random): Promise<void> {
    await this.#nodes[this.#kills % this.#nodes.length]!.kill(random.chance(FORGETS));
    this.#kills += 1;
  }

  /** False if nobody is there to be cut. */
  #cutOne(random: Random): boolean {
    if (random.chance(0.25)) {
      const viewer = random.among(this.#viewers.filter(({ isLive }) => isLive));
      const politely = random.chance(0.5);
      viewer?.cut(politely);
      return viewer !== undefined && this.#counted(`client ${politely ? 'close' : 'reset'}`);
    }
    const link = random.among(this.#nodes.flatMap(({ proxy }) => proxy.sound));
    const harm = chooseHarm(random);
    link?.inflict(harm);
    return (
      link !== undefined &&
      this.#counted(
        'side' in harm
          ? `${harm.side === 'both' ? 'proxy' : harm.side} side ${harm.kind}`
          : `proxy ${harm.kind} ${harm.direction}`,
      )
    );
  }

  #counted(what: string): true {
    this.#cuts[what] = (this.#cuts[what] ?? 0) + 1;
    return true;
  }

  /**
   * True when all are connected and answered, and have received everything. A node has handed everything that it has read of the log to every
   * socket, so a client that then requests something unknown receives all of it before the refusal.
   */
  async #rest(): Promise<boolean> {
    const atRest = (viewer: Viewer): Promise<void> => viewer.until(() => viewer.isLive && viewer.unanswered === 0);
    const resting = (async () => {
      await Promise.all(this.#viewers.map(atRest));
      // A new viewer for each user, straight to each server: what it shows that user now.
      const fresh = this.#nodes.flatMap((node, on) =>
        this.#people.map((person, at) =>
          this.#viewer(
            Recorder,
            `new viewer of user ${at} on node ${on}`,
            person,
            () => node.url,
            50 + at + on * USERS,
          ),
        ),
      );
      this.#viewers.push(...fresh);
      await Promise.all(fresh.map((viewer) => viewer.start()));
      const head = (await this.#history()).at(-1)!.position;
      await Promise.all(this.#nodes.map((node) => node.reached(head, this.#people[0]!.token)));
      const random = this.#random(3);
      for (const viewer of this.#viewers) viewer.command(random.uuid(), 'delete_page', { page_id: random.uuid() });
      await Promise.all(this.#viewers.map(atRest));
      return true;
    })();
    return Promise.race([resting, after(REST_MS).then(() => false)]);
  }

  #report(events: readonly HistoryEvent[], findings: readonly string[]): ChaosReport {
    const heard = this.#viewers.flatMap(({ record }) =>
      record.entries.flatMap((entry) => (entry.kind === 'heard' ? [entry.message] : [])),
    );
    const resumed = heard.filter(({ type }) => type === 'resumed');
    const pages = resumed.flatMap(({ payload }) => payload.pages as { alarms?: unknown }[]);
    const commands = this.#viewers.flatMap(({ record }) => [...record.commands.values()]);
    const byState = pages.filter(({ alarms }) => alarms !== undefined).length;
    return {
      cuts: this.#cuts,
      kills: this.#kills,
      connections: this.#viewers.reduce(
        (sum, { record }) => sum + record.entries.filter(({ kind }) => kind === 'opening').length,
        0,
      ),
      messages: heard.length,
      states: {
        initial_state: heard.filter(({ type }) => type === 'initial_state').length,
        resumed: resumed.length,
        byUpdates: pages.length - byState,
        byState,
        synced: heard.filter(({ type }) => type === 'page_state').length,
      },
      commands: commands.length,
      sentAgain: commands.filter(({ times }) => times > 1).length,
      events: events.length,
      voids: new Set(
        heard.flatMap(({ type, payload }) =>
          type === 'page_update' && payload.action === 'void' ? [`${payload.page_id} ${payload.seq}`] : [],
        ),
      ).size,
      findings,
    };
  }
}

/** Resolves when the node knows whose token it is. */
async function isKnown(node: ChaosNode, token: string): Promise<void> {
  while ((await fetch(`${node.url}/me`, { headers: { authorization: `Bearer ${token}` } })).status !== 200)
    await sleep(20);
}

/** Load, kill -9, restart, and the reckoning; round after round on one data folder. */
import { login, register } from '@alarm-server/client';
import { logFile } from '../../src/config.js';
import { ServerProcess } from '../process/server-process.js';
import { Checker } from './checker.js';
import { eventsAfter } from './log-events.js';
import { Observations } from './observations.js';
import type { Others } from './orders.js';
import type { Random } from './random.js';
import { streamedAgainstRebuilt } from './read-model-comparison.js';
import { type Counts, type Sent, type Trader, TradingSession } from './trader.js';

/** How long the load lasts before the kill, in milliseconds. */
const LOAD_MS = [5, 120] as const;
/** A server that is killed while it starts is killed within this, in milliseconds. */
const START_MS = 400;
const KILLED_AT_START = 0.1;
const COMPARED_EACH = 10;
const TRADERS = ['ann', 'bob', 'cléo', 'dan'];
/** Orders that were answered before the kill and are sent again after it nevertheless. */
const AGAIN_A_TRADER = 2;
const PASSWORD = 'of no use to anybody';

export interface Figures extends Counts {
  rounds: number;
  /** Kills before the server was ready. */
  killsAtStart: number;
  /** Sent again because no answer had come. */
  resent: number;
  /** Of these, those that had had their effect before the kill. */
  alreadyDone: number;
  /** Answered before the kill, sent again after it, and answered the same. */
  repeated: number;
  seen: number;
  comparisons: number;
  events: number;
}

export const noFigures = (): Figures => ({
  rounds: 0,
  killsAtStart: 0,
  sent: 0,
  answered: 0,
  refused: 0,
  unanswered: 0,
  resent: 0,
  alreadyDone: 0,
  repeated: 0,
  seen: 0,
  comparisons: 0,
  events: 0,
});

export class CrashLoop {
  readonly #figures: Figures;
  readonly #dataDir: string;
  readonly #random: Random;
  readonly #checker = new Checker();
  #server: ServerProcess;
  #traders: readonly Trader[] = [];
  #others: Others = { users: [], groups: [] };
  #observations = new Observations();
  #sessions: TradingSession[] = [];
  #number = 0;

  /** `dataDir` is empty; what happens is counted in `figures`. Resolves when the server runs and its users are registered. */
  static async start(dataDir: string, random: Random, figures: Figures): Promise<CrashLoop> {
    const loop = new CrashLoop(dataDir, random, figures, await ServerProcess.start({ dataDir }));
    try {
      await loop.#register();
      return loop;
    } catch (error) {
      await loop.stop();
      throw error;
    }
  }

  private constructor(dataDir: string, random: Random, figures: Figures, server: ServerProcess) {
    this.#dataDir = dataDir;
    this.#random = random;
    this.#figures = figures;
    this.#server = server;
  }

  /** One round; compares the read model as well if `last`. Gives its faults. */
  async round(last: boolean): Promise<string[]> {
    await this.#loadAndKill();
    const before = this.#sessions;
    await this.#restart();
    const faults = this.#readLog();
    const headAtStart = this.#checker.head;
    faults.push(...this.#staleStates());
    await Promise.all(this.#sessions.map((session, at) => this.#sendAgain(session, before[at]!, headAtStart)));
    faults.push(...this.#readLog(), ...this.#checker.check(this.#observations));
    this.#figures.seen += this.#observations.seen.length;
    this.#figures.rounds += 1;
    if (last || this.#figures.rounds % COMPARED_EACH === 0) faults.push(...(await this.#compare()));
    return faults;
  }

  async stop(): Promise<void> {
    await this.#server.end('SIGTERM');
  }

  async #register(): Promise<void> {
    const { url } = this.#server;
    this.#traders = await Promise.all(
      TRADERS.map(async (username) => {
        const { id } = await register(url, { username, password: PASSWORD });
        return { user: id, token: await login(url, { username, password: PASSWORD }) };
      }),
    );
    await this.#openSessions();
    const order = (type: string, payload: Readonly<Record<string, unknown>>): Sent => ({
      order: { type, payload, mark: String(payload['name']) },
      id: this.#random.uuid(),
    });
    await this.#sessions[0]!.send(order('create_group', { name: 'everyone' }), true);
    this.#readLog();
    const created = eventsAfter(logFile(this.#dataDir), 0).find(({ type }) => type === 'GroupCreated')!;
    this.#others = { users: this.#traders.map(({ user }) => user), groups: [created.stream.slice('group-'.length)] };
  }

  async #openSessions(): Promise<void> {
    this.#observations = new Observations();
    this.#sessions = await Promise.all(
      this.#traders.map((trader) => TradingSession.open(this.#server.url, trader, this.#observations, this.#figures)),
    );
  }

  async #loadAndKill(): Promise<void> {
    const random = this.#random;
    const after = random.between(...LOAD_MS);
    const loads = this.#sessions.map((session) => session.trade(random, this.#others, () => ++this.#number));
    await new Promise((resolve) => setTimeout(resolve, after));
    await Promise.all([this.#server.end('SIGKILL'), ...loads]);
  }

  async #restart(): Promise<void> {
    if (this.#random.chance(KILLED_AT_START)) {
      const starting = new ServerProcess({ dataDir: this.#dataDir });
      await new Promise((resolve) => setTimeout(resolve, this.#random.between(0, START_MS)));
      await starting.end('SIGKILL');
      this.#figures.killsAtStart += 1;
    }
    this.#server = await ServerProcess.start({ dataDir: this.#dataDir });
    const earlier = this.#observations;
    await this.#openSessions();
    // What was sworn to before the kill is held against the log together with what comes after it.
    for (const kind of ['answered', 'refused', 'seen', 'complaints'] as const)
      (this.#observations[kind] as unknown[]).push(...earlier[kind]);
  }

  #readLog(): string[] {
    const events = eventsAfter(logFile(this.#dataDir), this.#checker.head);
    this.#figures.events += events.length;
    return this.#checker.read(events);
  }

  /** Nothing has been sent since the start: what it shows is what the log holds. */
  #staleStates(): string[] {
    return this.#sessions.flatMap(({ pages }) =>
      pages.flatMap(({ id, seq }) => {
        const revision = this.#checker.revisionOf(`page-${id}`);
        return seq === revision
          ? []
          : [`after the start page ${id} is shown with seq ${seq}, and the log ends with ${revision}`];
      }),
    );
  }

  /** What was not answered before the kill, and some of what was: each over whichever way chance chooses. */
  async #sendAgain(session: TradingSession, before: TradingSession, headAtStart: number): Promise<void> {
    const random = this.#random;
    const repeated = new Set(
      Array.from({ length: AGAIN_A_TRADER }, () => random.among(before.answered)).filter((sent) => sent !== undefined),
    );
    await Promise.all([
      ...before.unanswered.map(async (sent) => {
        this.#figures.resent += 1;
        const outcome = await session.send(sent, random.chance(0.3));
        if (outcome.kind === 'unanswered')
          this.#observations.complaints.push(`${sent.order.type} ${sent.id}, sent again, was not answered`);
        if (outcome.kind === 'answered' && Number(outcome.position) <= headAtStart) this.#figures.alreadyDone += 1;
      }),
      ...[...repeated].map(async (sent) => {
        this.#figures.repeated += 1;
        const outcome = await session.send(sent, random.chance(0.3));
        if (outcome.kind !== 'answered' || outcome.position !== sent.position)
          this.#observations.complaints.push(
            `doubled: ${sent.order.type} ${sent.id} was answered with position ${sent.position}, and sent again with ${JSON.stringify(outcome)}`,
          );
      }),
    ]);
  }

  /** Stops the server, compares its read model with a rebuilt one and its log with what was read of it, and restarts it. */
  async #compare(): Promise<string[]> {
    this.#figures.comparisons += 1;
    await Promise.all(this.#sessions.map((session) => session.close()));
    const { code, signal, stderr } = await this.#server.end('SIGTERM');
    const faults =
      code === 0 ? [] : [`after SIGTERM the server ended with ${signal ?? `exit code ${code}`}: ${stderr}`];
    faults.push(
      ...(await streamedAgainstRebuilt(this.#dataDir)),
      ...this.#checker.compare(eventsAfter(logFile(this.#dataDir), 0)),
    );
    this.#server = await ServerProcess.start({ dataDir: this.#dataDir });
    await this.#openSessions();
    return faults;
  }
}

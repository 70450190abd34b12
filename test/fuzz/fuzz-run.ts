/** Fuzzes the real server on one data folder: lanes of cases during a storm, kill -9 and restart between, and the checks at the end. */

import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { login, register } from '@alarm-server/client';
import { Random } from '../crash/random.js';
import { streamedAgainstRebuilt } from '../crash/read-model-comparison.js';
import { ServerProcess } from '../process/server-process.js';
import { type HttpGrammar, httpCase, readGrammar } from './http-cases.js';
import { Peer } from './peer.js';
import { socketCase } from './socket-cases.js';
import { SocketPeer } from './socket-peer.js';
import { storm } from './storm.js';
import { World } from './world.js';

const PASSWORD = 'of no use to anybody';
const USERS = ['ann', 'bob', 'cléo', 'dan'];
const LANES = 4;
/** Mutations between two kills, unless said otherwise. */
const LIFE = 1_000;
/** In every n-th life the server has its default limits; otherwise the run would mostly test the limits. */
const LIMITED_EACH = 4;
/** How long an HTTP answer is waited for, in ms: many cases never get one. */
const HTTP_WAIT_MS = 300;
/** The cases before a fault that are kept for it. */
const KEPT = 200;
/** Statuses of the server that are no answers to bad input. */
const SERVER_ERROR = /HTTP\/1\.1 (50[0-24-9]|5[1-9]\d)(?! HTTP)/;

export interface Figures {
  mutations: number;
  kills: number;
  storms: number;
  sockets: number;
  /** Answers over HTTP, by status. */
  readonly statuses: Map<number, number>;
}

export const noFigures = (): Figures => ({ mutations: 0, kills: 0, storms: 0, sockets: 0, statuses: new Map() });

/** One process of the server, from its start to its kill. */
interface Life {
  readonly server: ServerProcess;
  /** Set before we end it: an exit, and answers that do not come, are ours from then on. */
  isEnding: boolean;
}

export class FuzzRun {
  /** What the server did wrong, in words. */
  readonly faults: string[] = [];
  readonly #dataDir: string;
  readonly #seed: number;
  readonly #figures: Figures;
  readonly #world = new World(PASSWORD);
  readonly #random: Random;
  readonly #last: { line: string; writes: string[] }[] = [];
  #life!: Life;
  #lives = 0;
  #grammar!: HttpGrammar;
  #spareToken = '';
  #spares = 0;
  #case = 0;

  private constructor(dataDir: string, seed: number, figures: Figures) {
    this.#dataDir = dataDir;
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#figures = figures;
  }

  /** `dataDir` is empty. Fuzzes it with so many mutations, counted in `figures`, with a kill every `life` of them, and gives what was wrong. */
  static async run(dataDir: string, mutations: number, seed: number, figures: Figures, life = LIFE): Promise<string[]> {
    const run = new FuzzRun(dataDir, seed, figures);
    await run.#begin();
    const end = mutations;
    // What is under way when it is killed counts too: another life follows each kill.
    while (run.#case < end && run.faults.length === 0) {
      await run.#fuzz(Math.min(run.#case + life, end));
      if (run.faults.length > 0) break;
      if (run.#case < end) await run.#kill();
    }
    await run.#finish();
    if (run.faults.length > 0) writeFileSync(join(dataDir, 'last-cases.json'), JSON.stringify(run.#last, null, 1));
    return run.faults;
  }

  async #begin(): Promise<void> {
    await this.#startServer();
    const { url } = this.#life.server;
    for (const username of USERS) {
      const { id } = await register(url, { username, password: PASSWORD });
      this.#world.users.push(id);
      this.#world.usernames.push(username);
      this.#world.tokens.push(await login(url, { username, password: PASSWORD }));
    }
    this.#grammar = await readGrammar(url);
    await this.#renewSpare();
    for (const token of this.#world.tokens) {
      const call = async (path: string, body: object): Promise<{ id: string }> => {
        const answer = await fetch(`${url}${path}`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        });
        const made = (await answer.json()) as { id: string };
        this.#world.heard(made);
        return made;
      };
      const page = await call('/pages', { name: 'Page' });
      const group = await call('/groups', { name: 'Group' });
      await call(`/pages/${page.id}/shares`, {
        subject_type: 'group',
        subject_id: group.id,
        can_view: true,
        can_edit: true,
      });
      for (const ticker of ['EUR/USD', 'EUR/GBP'])
        await call(`/pages/${page.id}/alarms`, { ticker, option: '', condition: '' });
    }
  }

  async #startServer(): Promise<void> {
    const isLimited = this.#lives++ % LIMITED_EACH === LIMITED_EACH - 1;
    const server = await ServerProcess.start({
      dataDir: this.#dataDir,
      environment: { TOKEN_EXPIRE_MINUTES: '1440', ...(isLimited ? {} : { LIMITS: 'off' }) },
    });
    const life: Life = { server, isEnding: false };
    this.#life = life;
    void server.ended.then(({ code, signal, stdout, stderr }) => {
      if (!life.isEnding)
        this.#fault(
          `the server ended by itself (${signal ?? `exit code ${code}`}): ${stderr}${stdout.split('\n').slice(-3).join('\n')}`,
        );
      this.#readLog(stdout, stderr);
    });
  }

  /** Nothing that a client sends is an error of the server's. */
  #readLog(stdout: string, stderr: string): void {
    const errors = stdout.split('\n').filter((line) => /^\{"level":(50|60)/.test(line));
    if (errors.length > 0) this.#fault(`its log has ${errors.length} lines at error or fatal: ${errors[0]}`);
    if (stderr !== '') this.#fault(`it wrote to stderr: ${stderr.slice(0, 2_000)}`);
  }

  async #fuzz(end: number): Promise<void> {
    const life = this.#life;
    let isOver = false;
    const storms = this.#storms(life, () => isOver);
    const lanes = Array.from({ length: LANES }, async () => {
      const lane = new Lane(life);
      while (this.#case < end && this.faults.length === 0 && life.server.isRunning) await this.#one(lane, this.#case++);
      lane.close();
    });
    await Promise.all(lanes);
    isOver = true;
    await storms;
  }

  async #storms(life: Life, isOver: () => boolean): Promise<void> {
    const random = new Random(this.#seed ^ this.#lives);
    while (!isOver() && life.server.isRunning) {
      for (const fault of await storm(life.server.port, random, this.#world)) this.#fault(`in a storm: ${fault}`);
      this.#figures.storms += 1;
      await new Promise((resolve) => setTimeout(resolve, random.between(20, 300)));
    }
  }

  /** Each case has its own chance, so that it does not depend on how the lanes run. */
  async #one(lane: Lane, number: number): Promise<void> {
    const random = new Random(Math.imul(this.#seed, 0x9e3779b1) + number);
    this.#figures.mutations += 1;
    if (random.chance(0.45)) await this.#http(lane.life, random, number);
    else await this.#socket(lane, random, number);
  }

  async #http(life: Life, random: Random, number: number): Promise<void> {
    const made = httpCase(random, this.#world, this.#grammar, this.#spareToken);
    this.#keep(`${number} ${made.line}`, made.writes);
    const peer = new Peer(life.server.port);
    await peer.writeApart(made.writes, made.pauseMs);
    if (made.waits) await peer.until(() => peer.received.includes('\r\n\r\n'), HTTP_WAIT_MS);
    peer.reset();
    const text = peer.received.toString('latin1');
    for (const [, status] of text.matchAll(/^HTTP\/1\.1 (\d{3})/gm))
      this.#figures.statuses.set(Number(status), (this.#figures.statuses.get(Number(status)) ?? 0) + 1);
    if (SERVER_ERROR.test(text)) this.#fault(`${number}: ${made.line} was answered ${text.slice(0, 500)}`);
    const body = text.slice(text.indexOf('\r\n\r\n') + 4);
    if (/^HTTP\/1\.1 20[01]/.test(text) && body.startsWith('{') && body.length < 100_000)
      this.#world.heard(jsonOf(body));
    if (
      /^\/?(POST )?\/(logout|password)/.test(made.line.replace(/^POST /, '')) &&
      /^HTTP\/1\.1 (20[04]|401)/.test(text)
    )
      await this.#renewSpare();
  }

  async #socket(lane: Lane, random: Random, number: number): Promise<void> {
    const socket = await lane.socket(random, this.#world);
    if (!socket) return;
    const { writes, pauseMs, isWellFramed, then } = socketCase(random, this.#world);
    this.#keep(`${number} over the socket`, writes);
    if (lane.isNew) this.#figures.sockets += 1;
    await socket.peer.writeApart(writes, pauseMs);
    if (isWellFramed) {
      const id = `behind-${number}`;
      socket.peer.write(lane.barrier(id));
      const isAnswered = await socket.answered(id);
      if (!isAnswered && !socket.peer.isClosed && !lane.life.isEnding)
        socket.faults.push('what was sent behind it was not answered');
    } else {
      // Long enough for an answer, mostly; what comes later is read by nobody.
      await socket.peer.until(() => (socket.read(), false), random.between(1, 20));
      if (then === 'end') socket.peer.end();
      else socket.peer.reset();
      lane.forget();
    }
    for (const fault of socket.faults) this.#fault(`${number}: ${fault}`);
  }

  #keep(line: string, writes: readonly Buffer[]): void {
    this.#last.push({ line, writes: writes.map((bytes) => bytes.subarray(0, 20_000).toString('latin1')) });
    if (this.#last.length > KEPT) this.#last.shift();
  }

  #fault(what: string): void {
    this.faults.push(what);
  }

  /** The account whose sessions valid requests may end and whose password they may change. */
  async #renewSpare(): Promise<void> {
    const { url } = this.#life.server;
    const credentials = { username: `spare-${this.#seed}-${this.#spares++}`, password: PASSWORD };
    // Refused where this life has limits: then the old token is as good as any wrong one.
    try {
      await register(url, credentials);
      this.#spareToken = await login(url, credentials);
    } catch {
      return;
    }
  }

  /** In the middle of work: new cases and a storm are under way when it is killed. */
  async #kill(): Promise<void> {
    const life = this.#life;
    life.isEnding = true;
    const lanes = Array.from({ length: LANES }, async () => {
      const lane = new Lane(life);
      while (life.server.isRunning && this.faults.length === 0)
        await this.#one(lane, this.#case++).catch(() => undefined);
      lane.close();
    });
    await new Promise((resolve) => setTimeout(resolve, this.#random.between(5, 150)));
    await Promise.all([life.server.end('SIGKILL'), ...lanes]);
    this.#figures.kills += 1;
    await this.#startServer();
  }

  /** It stops on request, and its read model equals a rebuilt one. */
  async #finish(): Promise<void> {
    const life = this.#life;
    if (!life.server.isRunning) return;
    const answer = await fetch(`${life.server.url}/ready`).catch((error: Error) => ({ status: error.message }));
    if (answer.status !== 200) this.#fault(`GET /ready at the end: ${answer.status}`);
    life.isEnding = true;
    const { code, signal, stdout } = await life.server.end('SIGTERM');
    if (code !== 0) this.#fault(`after SIGTERM the server ended with ${signal ?? `exit code ${code}`}`);
    const files = readdirSync(this.#dataDir).map((name) => `${name} ${statSync(join(this.#dataDir, name)).size}`);
    try {
      this.faults.push(...(await streamedAgainstRebuilt(this.#dataDir)));
    } catch (error) {
      this.#fault(
        `the read models cannot be compared: ${(error as Error).message}; in the folder were ${files.join(', ')}; the server's last words: ${stdout.trimEnd().split('\n').slice(-3).join('\n')}`,
      );
    }
  }
}

/** What one lane of cases holds on to: a socket, until a case ends it. */
class Lane {
  readonly life: Life;
  isNew = false;
  #socket: SocketPeer | undefined;

  constructor(life: Life) {
    this.life = life;
  }

  /** An open socket; undefined where the handshake was refused. */
  async socket(random: Random, world: World): Promise<SocketPeer | undefined> {
    this.isNew = false;
    if (this.#socket && !this.#socket.peer.isClosed) return this.#socket;
    const query = `token=${random.among(world.tokens)}${random.chance(0.3) ? '&resume=1' : ''}`;
    const socket = new SocketPeer(
      this.life.server.port,
      random.chance(0.05) ? query.slice(0, -random.between(1, 20)) : query,
      world,
      { headers: random.chance(0.1) ? ['Sec-WebSocket-Protocol: a, b'] : [] },
    );
    if ((await socket.opened()) !== 101) {
      socket.peer.reset();
      await new Promise((resolve) => setTimeout(resolve, random.between(1, 30)));
      return undefined;
    }
    this.isNew = true;
    this.#socket = socket;
    return socket;
  }

  /** A message that is always answered, with an error that bears the id. */
  barrier(id: string): Buffer {
    const payload = Buffer.from(JSON.stringify({ type: 'rename_page', id, payload: { page_id: 'none', name: 'x' } }));
    return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  }

  forget(): void {
    this.#socket = undefined;
  }

  close(): void {
    this.#socket?.peer.reset();
    this.#socket = undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One hostile user with everything that one user can have: an account, accomplices, sockets and connections, all from one address. */
import { Agent, request } from 'node:http';
import { AttackSocket } from './attack-socket.js';
import { Tally } from './tally.js';

/** Longest wait for an answer, in ms: a request without an answer by then is given up. */
const ANSWER_MS = 10_000;

export interface Account {
  readonly id: string;
  readonly username: string;
  readonly token: string;
}

export interface AttackSettings {
  readonly url: string;
  /** The attacker's address: one of this machine that nobody else uses. */
  readonly localAddress: string;
  readonly account: Account;
  readonly accomplices: readonly Account[];
  /** The user of the probe: an id that can be known from a shared group. */
  readonly victimId: string;
  /** Time for preparation and for the attack, in s. */
  readonly prepareS: number;
  readonly durationS: number;
}

export interface HttpAnswer {
  /** 0 without an answer. */
  readonly status: number;
  readonly body: string;
}

export interface HttpOptions {
  readonly token?: string;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Attacker {
  readonly settings: AttackSettings;
  readonly tally = new Tally();
  readonly #agent: Agent;
  readonly #sockets = new Set<AttackSocket>();
  #prepareUntil = Infinity;
  #until = Infinity;

  constructor(settings: AttackSettings) {
    this.settings = settings;
    this.#agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  }

  get account(): Account {
    return this.settings.account;
  }

  /** The time for preparations is not over. */
  get isPreparing(): boolean {
    return performance.now() < this.#prepareUntil;
  }

  get isOver(): boolean {
    return performance.now() >= this.#until;
  }

  beginPreparing(): void {
    this.#prepareUntil = performance.now() + this.settings.prepareS * 1_000;
  }

  begin(): void {
    this.#until = performance.now() + this.settings.durationS * 1_000;
  }

  /** Counts a refusal, and never rejects. */
  http(
    method: string,
    path: string,
    { token = this.account.token, body, headers = {} }: HttpOptions = {},
  ): Promise<HttpAnswer> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve) => {
      const settle = (status: number, body: string, what: string): void => {
        this.tally.add(what);
        resolve({ status, body });
      };
      const sent = request(new URL(this.settings.url + path), {
        method,
        agent: this.#agent,
        localAddress: this.settings.localAddress,
        timeout: ANSWER_MS,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(text === undefined
            ? {}
            : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
          ...headers,
        },
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', (error: NodeJS.ErrnoException) => settle(0, '', `HTTP: ${error.code ?? error.message}`));
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => undefined);
        response.on('close', () => {
          const answer = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          const code = status >= 400 ? /"code":"(\w+)"/.exec(answer)?.[1] : undefined;
          settle(status, answer, `HTTP ${status}${code ? ` ${code}` : ''}`);
        });
      });
      sent.end(text);
    });
  }

  /** An open socket, or undefined where the server refuses one. */
  async socket({
    token = this.account.token,
    query = '',
  }: {
    token?: string;
    query?: string;
  } = {}): Promise<AttackSocket | undefined> {
    try {
      const socket = await AttackSocket.open(
        this.settings.url,
        `token=${token}${query}`,
        this.settings.localAddress,
        this.tally,
      );
      this.#sockets.add(socket);
      return socket;
    } catch {
      return undefined;
    }
  }

  /** As many as the server gives of so many. */
  async sockets(count: number, options?: { token?: string; query?: string }): Promise<AttackSocket[]> {
    return (await Promise.all(Array.from({ length: count }, () => this.socket(options)))).filter(
      (socket) => socket !== undefined,
    );
  }

  /** Does `work` over and over in so many lanes at once until it is over; `lane` counts from 0. */
  async over(lanes: number, work: (lane: number, round: number) => Promise<unknown>): Promise<void> {
    await this.#repeat(lanes, work, () => this.isOver);
  }

  /** The same until the time for preparations has passed, or `work` gives false. */
  async whilePreparing(lanes: number, work: (lane: number, round: number) => Promise<unknown>): Promise<void> {
    await this.#repeat(lanes, work, () => !this.isPreparing);
  }

  close(): void {
    for (const socket of this.#sockets) socket.cut();
    this.#agent.destroy();
  }

  async #repeat(
    lanes: number,
    work: (lane: number, round: number) => Promise<unknown>,
    isOver: () => boolean,
  ): Promise<void> {
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        for (let round = 0; !isOver(); round++) {
          if ((await work(lane, round)) === false) return;
          // An immediate refusal must not block this process's timers.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }),
    );
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * A client of its own, written from the protocol alone, that writes down all that it hears and sends. It resumes with its cursor
 * after each cut, sends again what was not answered, and keeps a store by the protocol's rules without judging what it is told.
 */
import { WebSocket } from 'ws';
import type { Random } from '../crash/random.js';
import type { AlarmSeen, CommandSent, Cursor, Entry, Message, PageSeen, ViewerHistory } from './recorded.js';

/** Silence after which a connection is given up, and between two pings, in milliseconds. */
const SILENCE_MS = 2_500;
const PING_MS = 500;
/** Pause before connecting again, in milliseconds. */
const PAUSE_MS = [5, 80] as const;

/** Refusals that other users' commands, or a page deleted meanwhile, bring about. Any other is complained of. */
const PLAUSIBLE: ReadonlySet<string> = new Set(['not_found', 'permission_denied', 'alarm_inactive', 'overloaded']);

/** One count for all recorders of a run: which came first. */
export class Count {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

export interface RecorderOptions {
  readonly name: string;
  readonly user: string;
  readonly token: string;
  /** `http://host:port`, of the proxy or of the server itself. */
  readonly url: string;
  /** Whether to resume after a cut, or to begin with a new state. */
  readonly resumes: boolean;
  readonly count: Count;
  readonly random: Random;
}

interface Pending extends CommandSent {
  readonly text: string;
}

interface Held {
  page: PageSeen;
  readonly alarms: Map<string, AlarmSeen>;
}

type Unplaced = Entry extends infer E ? (E extends Entry ? Omit<E, 'order' | 'connection'> : never) : never;

export class Recorder {
  readonly pages = new Map<string, Held>();
  readonly entries: Entry[] = [];
  readonly commands = new Map<string, CommandSent>();
  readonly complaints: string[] = [];
  readonly #options: RecorderOptions;
  readonly #unanswered = new Map<string, Pending>();
  readonly #waiting = new Set<() => void>();
  #socket: WebSocket | undefined;
  #connection = 0;
  #log: string | undefined;
  #isLive = false;
  #stopped = false;
  #pongAt = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Connects, and from then on again after each cut, until stopped. Resolves when it first has its state. */
  async start(): Promise<void> {
    this.#connect();
    await this.until(() => this.#isLive);
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  /** Of the socket's own side; undefined while it connects. */
  get port(): number | undefined {
    return (this.#socket as unknown as { _socket?: { localPort?: number } } | undefined)?._socket?.localPort;
  }

  get unanswered(): number {
    return this.#unanswered.size;
  }

  get user(): string {
    return this.#options.user;
  }

  alarmsOf(page: string): AlarmSeen[] {
    return [...(this.pages.get(page)?.alarms.values() ?? [])];
  }

  /** Sends the command now, and again over each further connection until it is answered. */
  command(id: string, type: string, payload: Readonly<Record<string, unknown>>): void {
    const pending = { id, type, times: 0, answers: [], text: JSON.stringify({ type, id, payload }) };
    this.commands.set(id, pending);
    this.#unanswered.set(id, pending);
    this.#sendAgain(pending);
  }

  /** The same over HTTP: asked until it is answered. */
  async request(id: string, type: string, { method, path, body }: { method: string; path: string; body?: unknown }): Promise<void> {
    const sent: CommandSent = { id, type, times: 0, answers: [] };
    this.commands.set(id, sent);
    while (!this.#stopped && sent.answers.length === 0) {
      sent.times += 1;
      await this.#ask(sent, method, path, body).catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
    }
  }

  /** Asks for what comes after `seq` of a page that it holds. */
  sync(id: string, page: string, seq: number): void {
    if (!this.#isLive) return;
    this.#note({ kind: 'sync', id, page, seq });
    this.#socket!.send(JSON.stringify({ type: 'sync', id, payload: { page_id: page, seq } }));
  }

  /** Cuts its own connection: at once, or with a goodbye that it does not wait for the answer of. */
  cut(politely: boolean): void {
    const socket = this.#socket;
    if (!socket) return;
    if (politely) socket.close(1000);
    this.#lost(socket, 1006);
    if (!politely) socket.terminate();
    else setTimeout(() => socket.terminate(), 200);
  }

  /** Resolves when what is asked holds; asked again after every message. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.terminate();
  }

  /** `isWhole`: all has come to rest, and it is connected. */
  history(isWhole: boolean): ViewerHistory {
    return { user: this.#options.user, name: this.#options.name, entries: this.entries, commands: this.commands.values(), store: this.pages, isWhole, complaints: this.complaints };
  }

  #connect(): void {
    if (this.#stopped) return;
    this.#connection += 1;
    this.#note({ kind: 'opening' });
    const isResuming = this.#options.resumes && this.#log !== undefined;
    const socket = new WebSocket(`${this.#options.url.replace('http', 'ws')}/ws?token=${this.#options.token}${isResuming ? '&resume=1' : ''}`, { perMessageDeflate: false, handshakeTimeout: SILENCE_MS });
    this.#socket = socket;
    this.#pongAt = performance.now();
    const pings = setInterval(() => {
      if (performance.now() - this.#pongAt > SILENCE_MS) socket.terminate();
      else if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, PING_MS);
    socket.on('open', () => isResuming && socket === this.#socket && this.#resume(socket));
    socket.on('pong', () => (this.#pongAt = performance.now()));
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      // To a first line that came in pieces: our proxy made it so, and the client tries again (WIRE-7).
      if (response.statusCode !== 505) this.complaints.push(`the handshake was answered with ${response.statusCode}`);
      socket.terminate();
    });
    socket.on('message', (data) => socket === this.#socket && this.#hear(JSON.parse(String(data)) as Message));
    socket.on('close', (code) => {
      clearInterval(pings);
      this.#lost(socket, code);
    });
  }

  #resume(socket: WebSocket): void {
    const pages: Cursor = Object.fromEntries([...this.pages].map(([id, { page }]) => [id, page.seq]));
    const id = this.#options.random.uuid();
    this.#note({ kind: 'resume', id, pages });
    socket.send(JSON.stringify({ type: 'resume', id, payload: { log: this.#log, pages } }));
  }

  #lost(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.#note({ kind: 'closed', code });
    this.#socket = undefined;
    this.#isLive = false;
    if (!this.#stopped) setTimeout(() => this.#connect(), this.#options.random.between(...PAUSE_MS));
  }

  #note(entry: Unplaced): void {
    this.entries.push({ ...entry, order: this.#options.count.next(), connection: this.#connection } as Entry);
  }

  #hear(message: Message): void {
    this.#note({ kind: 'heard', message });
    this.#apply(message);
    for (const look of [...this.#waiting]) look();
  }

  #live(): void {
    this.#isLive = true;
    for (const pending of this.#unanswered.values()) this.#sendAgain(pending);
  }

  #sendAgain(pending: Pending): void {
    if (!this.#isLive) return;
    pending.times += 1;
    this.#socket!.send(pending.text);
  }

  async #ask(sent: CommandSent, method: string, path: string, body: unknown): Promise<void> {
    const headers = { authorization: `Bearer ${this.#options.token}`, 'idempotency-key': sent.id, connection: 'close', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const response = await fetch(`${this.#options.url}${path}`, { method, headers, signal: AbortSignal.timeout(SILENCE_MS), ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    if (response.ok) return void sent.answers.push({ kind: 'success', seq: undefined, position: response.headers.get('log-position')!, text, over: 'http' });
    if (response.status === 503 || response.status === 429) throw new Error('to be asked again');
    this.#refused(sent, (JSON.parse(text) as { code: string }).code);
  }

  #refused(sent: CommandSent, code: string): void {
    sent.answers.push({ kind: 'refused', code });
    if (!PLAUSIBLE.has(code)) this.complaints.push(`${sent.type} ${sent.id} was refused with ${code}`);
  }

  #answered(message: Message): void {
    const { id, payload } = message;
    const sent = id === undefined ? undefined : this.commands.get(id);
    if (!sent) {
      if (message.type === 'error' && payload.code !== 'not_found') this.complaints.push(`was told: ${payload.code}: ${payload.message}`);
      return;
    }
    this.#unanswered.delete(sent.id);
    if (message.type === 'error') this.#refused(sent, payload.code);
    else sent.answers.push({ kind: 'success', seq: payload.seq, position: payload.position, text: JSON.stringify(payload), over: 'socket' });
  }

  #apply(message: Message): void {
    const { type, payload } = message;
    switch (type) {
      case 'initial_state':
        this.#log = payload.log;
        this.pages.clear();
        for (const page of payload.pages) this.#put(page, payload.alarms.filter((alarm: AlarmSeen) => alarm.page_id === page.id));
        return this.#live();
      case 'resumed':
        for (const page of payload.removed) this.pages.delete(page);
        for (const { page, alarms, updates } of payload.pages) this.#catchUp(page, alarms, updates);
        return this.#live();
      case 'page_state':
        return this.#catchUp(payload.page, payload.alarms, payload.updates);
      case 'page_added':
        return this.#put(payload.page, payload.alarms);
      case 'page_removed':
        return void this.pages.delete(payload.page_id);
      case 'page_rights': {
        const held = this.pages.get(payload.page.id);
        if (held) held.page = { ...payload.page, seq: held.page.seq };
        return;
      }
      case 'alarm_update':
      case 'page_update':
        return this.#update(message);
      case 'success':
      case 'error':
        return this.#answered(message);
      default:
    }
  }

  #put(page: PageSeen, alarms: readonly AlarmSeen[]): void {
    this.pages.set(page.id, { page, alarms: new Map(alarms.map((alarm) => [alarm.id, alarm])) });
  }

  #catchUp(page: PageSeen, alarms: readonly AlarmSeen[] | undefined, updates: readonly Message[] | undefined): void {
    if (alarms) return this.#put(page, alarms);
    for (const update of updates ?? []) this.#update(update);
    const held = this.pages.get(page.id);
    if (held) held.page = page;
  }

  #update({ type, payload }: Message): void {
    const held = this.pages.get(payload.page_id);
    if (!held || payload.seq <= held.page.seq) return;
    held.page = type === 'page_update' ? payload.page : { ...held.page, seq: payload.seq };
    if (type === 'page_update') return;
    const { price: _price, ...alarm } = payload.data;
    if (payload.action === 'deleted') held.alarms.delete(payload.alarm_id);
    else held.alarms.set(payload.alarm_id, alarm);
  }
}

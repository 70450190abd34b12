/**
 * A client of its own, written from the protocol alone, that records everything it receives and sends. It resumes with its cursor
 * after each cut, sends again what was not answered, and keeps a store by the protocol's rules without judging what it is told.
 */
import { WebSocket } from 'ws';
import { Conditions } from './conditions.js';
import type { AlarmSeen, CommandSent, Cursor, Message, PageSeen, ViewerHistory } from './recorded.js';
import { SILENCE_MS, type ViewerOptions, ViewerRecord } from './viewer-record.js';

/** Between two pings, in milliseconds. */
const PING_MS = 500;
/** Pause before connecting again, and before sending again what a store that does not answer has refused, in milliseconds. */
const PAUSE_MS = [5, 80] as const;
const REFUSED_PAUSE_MS = 100;

interface Pending {
  readonly sent: CommandSent;
  readonly text: string;
}

interface Held {
  page: PageSeen;
  readonly alarms: Map<string, AlarmSeen>;
}

export class Recorder {
  readonly pages = new Map<string, Held>();
  readonly record: ViewerRecord;
  readonly #options: ViewerOptions;
  readonly #unanswered = new Map<string, Pending>();
  readonly #conditions = new Conditions();
  #socket: WebSocket | undefined;
  #log: string | undefined;
  #isLive = false;
  #stopped = false;
  #pongAt = 0;

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.record = new ViewerRecord(options);
  }

  /** Connects, and from then on again after each cut, until stopped. Resolves when it first has its state. */
  async start(): Promise<void> {
    this.#connect();
    await this.until(() => this.#isLive);
  }

  get isLive(): boolean {
    return this.#isLive;
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
    const pending = { sent: this.record.command(id, type), text: JSON.stringify({ type, id, payload }) };
    this.#unanswered.set(id, pending);
    this.#sendAgain(pending);
  }

  /** Asks for what comes after `seq` of a page that it holds. */
  sync(id: string, page: string, seq: number): void {
    if (!this.#isLive) return;
    this.record.note({ kind: 'sync', id, page, seq });
    this.#socket!.send(JSON.stringify({ type: 'sync', id, payload: { page_id: page, seq } }));
  }

  /** Cuts its own connection: at once, or with a close frame, without waiting for the answer. */
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
    return this.#conditions.until(holds);
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.terminate();
  }

  /** `isWhole`: everything has settled, and it is connected. */
  history(isWhole: boolean): ViewerHistory {
    return this.record.history(this.pages, isWhole);
  }

  #connect(): void {
    if (this.#stopped) return;
    this.record.opening();
    const isResuming = this.#options.resumes && this.#log !== undefined;
    const socket = new WebSocket(
      `${this.#options.address().replace('http', 'ws')}/ws?token=${this.#options.token}${isResuming ? '&resume=1' : ''}`,
      { perMessageDeflate: false, handshakeTimeout: SILENCE_MS },
    );
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
      // The first line came in pieces because of our proxy; the client tries again (WIRE-7).
      if (response.statusCode !== 505)
        this.record.complaints.push(`the handshake was answered with ${response.statusCode}`);
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
    this.record.note({ kind: 'resume', id, pages });
    socket.send(JSON.stringify({ type: 'resume', id, payload: { log: this.#log, pages } }));
  }

  #lost(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.record.note({ kind: 'closed', code });
    this.#socket = undefined;
    this.#isLive = false;
    if (!this.#stopped) setTimeout(() => this.#connect(), this.#options.random.between(...PAUSE_MS));
  }

  #hear(message: Message): void {
    this.record.note({ kind: 'heard', message });
    this.#apply(message);
    this.#conditions.look();
  }

  #live(): void {
    this.#isLive = true;
    for (const pending of this.#unanswered.values()) this.#sendAgain(pending);
  }

  #sendAgain(pending: Pending): void {
    if (!this.#isLive) return;
    pending.sent.times += 1;
    this.#socket!.send(pending.text);
  }

  #answered(message: Message): void {
    const id = this.record.answered(message);
    if (id !== undefined) return void this.#unanswered.delete(id);
    const pending = message.id === undefined ? undefined : this.#unanswered.get(message.id);
    if (pending) setTimeout(() => this.#unanswered.has(pending.sent.id) && this.#sendAgain(pending), REFUSED_PAUSE_MS);
  }

  #apply(message: Message): void {
    const { type, payload } = message;
    switch (type) {
      case 'initial_state':
        this.#log = payload.log;
        this.pages.clear();
        for (const page of payload.pages)
          this.#put(
            page,
            payload.alarms.filter((alarm: AlarmSeen) => alarm.page_id === page.id),
          );
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
    if (type === 'page_update') {
      for (const alarm of (payload.alarms ?? []) as AlarmSeen[]) held.alarms.set(alarm.id, alarm);
      return;
    }
    const { price: _price, ...alarm } = payload.data;
    if (payload.action === 'deleted') held.alarms.delete(payload.alarm_id);
    else held.alarms.set(payload.alarm_id, alarm);
  }
}

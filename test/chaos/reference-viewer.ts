/**
 * The reference client as a viewer: what goes over its sockets is written down as a recorder's is, and at the end its own store is
 * judged. The server should never cause it to report a gap, an unexpected message or a dropped page.
 */
import { AlarmClient, AlarmServerError, type CommandType } from '@alarm-server/client';
import { type RawData, WebSocket } from 'ws';
import { Conditions } from './conditions.js';
import type { AlarmSeen, Message, PageHeld, ViewerHistory } from './recorded.js';
import { isForLater, SILENCE_MS, type ViewerOptions, ViewerRecord } from './viewer-record.js';

/** Its first and its longest pause before it connects again, and before a command that the store of the log left open is given again, in milliseconds. */
const BACK_OFF = { firstMs: 80, longestMs: 160 };
const REFUSED_PAUSE_MS = 100;

export class ReferenceViewer {
  readonly record: ViewerRecord;
  readonly #options: ViewerOptions;
  readonly #client: AlarmClient;
  readonly #conditions = new Conditions();
  readonly #unanswered = new Set<string>();
  #socket: WebSocket | undefined;
  #stopped = false;

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.record = new ViewerRecord(options);
    const { token, random } = options;
    this.#client = new AlarmClient({
      url: options.address(),
      token,
      WebSocket: this.#tapped(),
      reconnect: BACK_OFF,
      silenceLimitMs: SILENCE_MS,
      openTimeoutMs: 2 * SILENCE_MS,
      random: () => random.next(),
    });
    const complain =
      (what: string) =>
      (about: unknown): unknown =>
        this.record.complaints.push(`the client reports ${what}: ${JSON.stringify(about)}`);
    this.#client.on('gap', complain('a gap'));
    this.#client.on('unexpected_message', complain('a message of a page that it does not hold'));
    this.#client.on('page_dropped', complain('a page that a resumed left out'));
    this.#client.on('error', (error) => complain('an error')(String(error)));
    this.#client.on('message', () => this.#look());
    this.#client.on('state', () => this.#look());
  }

  async start(): Promise<void> {
    await this.#client.open();
  }

  get isLive(): boolean {
    return this.#client.state.name === 'live';
  }

  get unanswered(): number {
    return this.#unanswered.size;
  }

  get user(): string {
    return this.#options.user;
  }

  get pages(): ReadonlyMap<string, PageHeld> {
    return new Map(
      [...this.#client.store.pages.values()].map((page) => [
        page.id,
        { page, alarms: new Map(this.alarmsOf(page.id).map((alarm) => [alarm.id, alarm])) },
      ]),
    );
  }

  alarmsOf(page: string): AlarmSeen[] {
    return this.#client.store.alarmsOf(page);
  }

  /** The client sends it again by itself until it is answered. */
  command(id: string, type: string, payload: Readonly<Record<string, unknown>>): void {
    this.record.command(id, type);
    this.#unanswered.add(id);
    void this.#give(id, type, payload);
  }

  /** It asks by itself where it has to. */
  sync(): void {}

  cut(politely: boolean): void {
    const socket = this.#socket;
    if (politely) socket?.close(1000);
    else socket?.terminate();
  }

  /** Resolves when what is asked holds; asked again after every message. */
  until(holds: () => boolean): Promise<void> {
    return this.#conditions.until(holds);
  }

  stop(): void {
    this.#stopped = true;
    void this.#client.close();
    this.#socket?.terminate();
  }

  history(isWhole: boolean): ViewerHistory {
    return this.record.history(this.pages, isWhole);
  }

  async #give(id: string, type: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.#client.command(type as CommandType, payload as never, { id });
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof AlarmServerError && isForLater(error.code ?? ''))
        return void setTimeout(() => void this.#give(id, type, payload), REFUSED_PAUSE_MS);
      if (!(error instanceof AlarmServerError))
        this.record.complaints.push(`the client gives up ${type} ${id}: ${String(error)}`);
    }
    this.#unanswered.delete(id);
    this.#look();
  }

  #look(): void {
    this.#conditions.look();
  }

  /** The sockets that the client is given: each leads to any of the nodes, and what it receives and sends is noted while it is the last one. */
  #tapped(): new (url: string) => WebSocket {
    const viewer = this;
    return class extends WebSocket {
      constructor(url: string) {
        const { pathname, search } = new URL(url);
        super(`${viewer.#options.address().replace('http', 'ws')}${pathname}${search}`, {
          perMessageDeflate: false,
          handshakeTimeout: SILENCE_MS,
        });
        viewer.#socket = this;
        viewer.record.opening();
        // Before the client's own listeners: it is noted first, and acted on then.
        this.on(
          'message',
          (data: RawData) => this === viewer.#socket && viewer.#heard(JSON.parse(String(data)) as Message),
        );
        this.on('close', (code: number) => this === viewer.#socket && viewer.record.note({ kind: 'closed', code }));
      }

      override send(text: string): void {
        viewer.#says(JSON.parse(text) as { type: string; id: string; payload: any });
        super.send(text);
      }
    };
  }

  #heard(message: Message): void {
    this.record.note({ kind: 'heard', message });
    if (message.type === 'success' || message.type === 'error') this.record.answered(message);
  }

  #says({ type, id, payload }: { type: string; id: string; payload: any }): void {
    if (type === 'resume') this.record.note({ kind: 'resume', id, pages: payload.pages });
    else if (type === 'sync') this.record.note({ kind: 'sync', id, page: payload.page_id, seq: payload.seq });
    else {
      const sent = this.record.commands.get(id);
      if (sent) sent.times += 1;
    }
  }
}

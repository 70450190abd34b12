/**
 * A client that resumes: it holds pages by their last seq and their state, and applies everything it receives, as docs/protocol.md says.
 * What breaks the order of a page is kept as a fault.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { misfitOf } from '../e2e/message-schemas.js';
import type { Message } from '../e2e/raw-socket.js';

interface Held {
  page: any;
  readonly alarms: Map<string, any>;
}

export class Holder {
  readonly faults: string[] = [];
  readonly messages: Message[] = [];
  readonly pages = new Map<string, Held>();
  log = '';
  socket!: WebSocket;
  readonly #url: string;
  readonly #token: string;
  readonly #waiting = new Set<(message: Message) => void>();

  constructor(url: string, token: string) {
    this.#url = url.replace(/^http/, 'ws');
    this.#token = token;
  }

  get cursor(): Record<string, number> {
    return Object.fromEntries([...this.pages].map(([id, { page }]) => [id, page.seq]));
  }

  /** Connects without resuming, and waits for the state. */
  async join(): Promise<void> {
    const state = this.next('initial_state');
    await this.open('');
    await state;
  }

  /** Connects and resumes; resolves to the answer. */
  async resume(cursor = this.cursor, log = this.log): Promise<Message> {
    const answer = this.next(log === this.log ? 'resumed' : 'initial_state');
    await this.open('&resume=1');
    this.socket.send(JSON.stringify({ type: 'resume', id: 'r', payload: { log, pages: cursor } }));
    return answer;
  }

  async open(rest: string): Promise<void> {
    const socket = (this.socket = new WebSocket(`${this.#url}/ws?token=${this.#token}${rest}`));
    socket.on('message', (data) => socket === this.socket && this.#hear(JSON.parse(String(data))));
    socket.on('error', () => undefined);
    await once(socket, 'open');
  }

  /** Cuts the connection; what is still on its way is not received any more. */
  async cut(): Promise<void> {
    const socket = this.socket;
    socket.removeAllListeners('message');
    socket.terminate();
    if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
  }

  next(type: string, fits: (message: Message) => boolean = () => true): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no ${type} came; last: ${JSON.stringify(this.messages.slice(-3)).slice(0, 500)}`)),
        15_000,
      );
      const look = (message: Message): void => {
        if (message.type !== type || !fits(message)) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(message);
      };
      this.#waiting.add(look);
    });
  }

  async ask(type: string, payload: unknown, id = `${type}-${this.messages.length}`): Promise<Message> {
    this.socket.send(JSON.stringify({ type, id, payload }));
    return new Promise((resolve) => {
      const look = (message: Message): void => {
        if (message.id !== id) return;
        this.#waiting.delete(look);
        resolve(message);
      };
      this.#waiting.add(look);
    });
  }

  /** Resolves when all that the server has sent until now is applied. */
  async fence(): Promise<void> {
    await this.ask('fence', {});
  }

  /** What it holds, in the form of heard.ts's readBy. */
  get state(): Record<string, unknown> {
    return Object.fromEntries(
      [...this.pages].map(([id, { page, alarms }]) => [
        id,
        { page, alarms: [...alarms.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) },
      ]),
    );
  }

  #hear(message: Message): void {
    const misfit = misfitOf(message);
    if (misfit !== undefined) this.faults.push(`${misfit}: ${JSON.stringify(message).slice(0, 300)}`);
    this.messages.push(message);
    this.#apply(message);
    for (const look of [...this.#waiting]) look(message);
  }

  #apply({ type, payload }: Message): void {
    switch (type) {
      case 'initial_state':
        this.log = payload.log;
        this.pages.clear();
        for (const page of payload.pages)
          this.#put(
            page,
            payload.alarms.filter((alarm: any) => alarm.page_id === page.id),
          );
        return;
      case 'resumed':
        for (const entry of payload.pages) this.#entry(entry);
        for (const id of payload.removed)
          if (!this.pages.delete(id)) this.faults.push(`removed ${id}, which is not held`);
        for (const id of this.pages.keys())
          if (!payload.pages.some(({ page }: any) => page.id === id))
            this.faults.push(`${id} is held, and neither resumed nor removed`);
        return;
      case 'page_state':
        return this.#entry(payload);
      case 'page_added':
        return this.#put(payload.page, payload.alarms);
      case 'page_removed':
        if (!this.pages.delete(payload.page_id)) this.faults.push(`page_removed ${payload.page_id}, which is not held`);
        return;
      case 'page_rights': {
        const held = this.pages.get(payload.page.id);
        if (held?.page.seq !== payload.page.seq)
          this.faults.push(`page_rights at ${payload.page.seq}, held is ${held?.page.seq}`);
        else held!.page = payload.page;
        return;
      }
      case 'alarm_update':
      case 'page_update':
        return this.#update(type, payload);
    }
  }

  #entry({ page, alarms, updates }: any): void {
    if (alarms) return this.#put(page, alarms);
    for (const { type, payload } of updates) {
      if (payload.page_id !== page.id) this.faults.push('an update of another page');
      this.#update(type, payload);
    }
    const held = this.pages.get(page.id);
    if (held?.page.seq !== page.seq)
      this.faults.push(`after its updates ${page.id} is at ${held?.page.seq}, its page says ${page.seq}`);
    else held!.page = page;
  }

  #put(page: any, alarms: any[]): void {
    if (page.seq < (this.pages.get(page.id)?.page.seq ?? 0))
      this.faults.push(`a state of ${page.seq} where ${this.pages.get(page.id)!.page.seq} is held`);
    this.pages.set(page.id, { page, alarms: new Map(alarms.map((alarm) => [alarm.id, alarm])) });
  }

  #update(type: string, payload: any): void {
    const held = this.pages.get(payload.page_id);
    if (!held) return void this.faults.push(`${type} of a page that is not held`);
    if (payload.seq !== held.page.seq + 1) this.faults.push(`${type} ${payload.seq} follows ${held.page.seq}`);
    if (type === 'page_update') held.page = payload.page;
    else {
      const { price: _price, ...alarm } = payload.data;
      if (payload.action === 'deleted') held.alarms.delete(alarm.id);
      else held.alarms.set(alarm.id, alarm);
    }
    held.page = { ...held.page, seq: payload.seq };
  }
}

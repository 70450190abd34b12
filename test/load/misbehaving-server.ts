/**
 * A FAKE alarm server, made to misbehave on purpose, so that the tests can see whether the load tool notices. It speaks as
 * much of the seed's contract as the tool uses, stores nothing, and checks no password and no right. It wrongs one viewer,
 * once, in the way it is told to; to everybody else it is good.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { FakeEventFeed, type FeedMisdeed } from './fake-event-feed.js';

export type Misdeed =
  | 'none'
  /** An update is not sent to the viewer. */
  | 'drop'
  /** The same, of the last update before the publishers stop. */
  | 'drop the last'
  | 'double'
  /** Two updates are sent in the wrong order. */
  | 'swap'
  /** An update is sent to somebody without a right on its page. */
  | 'leak'
  /** A page that the user may not see is in their initial state. */
  | 'show'
  /** A trigger is neither carried out nor refused. */
  | 'ignore'
  /** A trigger is refused. */
  | 'refuse'
  /** The viewer's socket is closed, with code 4500. */
  | 'close'
  | 'not JSON'
  | FeedMisdeed;

/** The update at which it happens, counted from the first trigger. */
const WHEN = 20;

interface ViewerSocket {
  readonly socket: WebSocket;
  readonly user: string;
  held: string | undefined;
}

export class MisbehavingServer {
  readonly url: string;
  readonly #server: Server;
  readonly #misdeed: Misdeed;
  /** Do updates bear `seq`, and the price of their trigger? Those of the seed's contract alone do not. */
  readonly #extended: boolean;
  readonly #pages = new Map<string, { readonly viewers: Set<string>; seq: number }>();
  /** Alarm → its page. */
  readonly #alarms = new Map<string, string>();
  readonly #members = new Set<ViewerSocket>();
  readonly #feed: FakeEventFeed;
  #triggers = 0;
  #ids = 0;

  private constructor(server: Server, misdeed: Misdeed, extended: boolean) {
    this.#server = server;
    this.#misdeed = misdeed;
    this.#feed = new FakeEventFeed(misdeed, (user, page) => this.#pages.get(page)!.viewers.has(user));
    this.#extended = extended;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(misdeed: Misdeed, { extended = true } = {}): Promise<MisbehavingServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const fake = new MisbehavingServer(server, misdeed, extended);
    const sockets = new WebSocketServer({ server, path: '/ws' });
    sockets.on('connection', (socket, request) =>
      fake.#join(socket, new URL(request.url ?? '', fake.url).searchParams.get('token') ?? ''),
    );
    server.on('request', (request, response) => void fake.#answer(request, response));
    return fake;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#members) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** /register and /login: a user's id and token are the name. And the events. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (this.#feed.answer(request, response, body)) return;
    const isLogin = request.url === '/login';
    const username = isLogin
      ? new URLSearchParams(body).get('username')
      : (JSON.parse(body) as { username: string }).username;
    response.writeHead(isLogin ? 200 : 201, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(isLogin ? { access_token: username, token_type: 'bearer' } : { id: username, username }),
    );
  }

  #join(socket: WebSocket, user: string): void {
    const member: ViewerSocket = { socket, user, held: undefined };
    this.#members.add(member);
    socket.on('close', () => this.#members.delete(member));
    socket.on('message', (data) =>
      this.#receive(member, JSON.parse(String(data)) as { type: string; payload: Record<string, string> }),
    );
    const isShown = (page: string): boolean =>
      this.#pages.get(page)!.viewers.has(user) || (this.#misdeed === 'show' && user.includes('outsider'));
    const pages = [...this.#pages]
      .filter(([id]) => isShown(id))
      .map(([id, { seq }]) => ({ id, name: 'page', ...(this.#extended && { seq }) }));
    const alarms = [...this.#alarms].filter(([, page]) => isShown(page)).map(([id, page_id]) => ({ id, page_id }));
    this.#send(member, 'initial_state', { user: { id: user, username: user }, pages, alarms });
  }

  #receive(member: ViewerSocket, { type, payload }: { type: string; payload: Record<string, string> }): void {
    const id = `${type}-${this.#ids++}`;
    switch (type) {
      case 'create_page':
        this.#pages.set(id, { viewers: new Set([member.user]), seq: 0 });
        this.#feed.note(id, 0, 'PageCreated', {});
        return this.#send(member, 'success', { action: 'page_created', data: { id, name: payload['name'] } });
      case 'share_page':
        this.#pages.get(payload['page_id']!)!.viewers.add(payload['subject_id']!);
        return this.#send(member, 'success', { action: 'page_shared', data: {} });
      case 'create_alarm':
        this.#alarms.set(id, payload['page_id']!);
        return this.#tellAll(payload['page_id']!, this.#update('created', id, undefined));
      case 'trigger_alarm':
        return this.#trigger(member, payload['alarm_id']!, payload['price']);
    }
  }

  #trigger(member: ViewerSocket, alarm: string, price: string | undefined): void {
    const isTime = ++this.#triggers === WHEN;
    if (isTime && this.#misdeed === 'ignore') return;
    if (isTime && this.#misdeed === 'refuse') return this.#send(member, 'error', { message: 'Permission denied: no' });
    const update = this.#update('triggered', alarm, price);
    const viewers = [...this.#members].filter(({ user }) => user.includes('viewer'));
    const page = this.#alarms.get(alarm)!;
    // 'The last' cannot be known; from here on all of them is the same to one viewer, and the end comes somewhere in it.
    if (this.#misdeed === 'drop the last' && this.#triggers >= WHEN) return this.#tellAll(page, update, viewers[0]);
    if (!isTime) return this.#tellAll(page, update);
    switch (this.#misdeed) {
      case 'drop':
        return this.#tellAll(page, update, viewers[0]);
      case 'double':
        this.#tellAll(page, update);
        return void viewers[0]!.socket.send(update);
      case 'swap':
        viewers[0]!.held = update;
        return this.#tellAll(page, update, viewers[0]);
      case 'leak':
        this.#tellAll(page, update);
        return [...this.#members].find(({ user }) => user.includes('outsider'))!.socket.send(update);
      case 'close':
        viewers[0]!.socket.close(4500, 'too slow');
        return this.#tellAll(page, update, viewers[0]);
      case 'not JSON':
        viewers[0]!.socket.send('{');
    }
    this.#tellAll(page, update);
  }

  #update(action: string, alarm_id: string, price: string | undefined): string {
    const page_id = this.#alarms.get(alarm_id)!;
    const more = this.#extended ? { seq: ++this.#pages.get(page_id)!.seq } : {};
    const type = action === 'triggered' ? 'AlarmTriggered' : 'AlarmCreated';
    this.#feed.note(page_id, more.seq ?? 0, type, { id: alarm_id, price }, this.#triggers === WHEN);
    const data = { id: alarm_id, active: true, ...(this.#extended && { price }) };
    return JSON.stringify({ type: 'alarm_update', payload: { alarm_id, page_id, action, data, ...more } });
  }

  #tellAll(page: string, update: string, but?: ViewerSocket): void {
    for (const member of this.#members) {
      if (member === but || !this.#pages.get(page)!.viewers.has(member.user)) continue;
      member.socket.send(update);
      if (member.held) member.socket.send(member.held);
      member.held = undefined;
    }
  }

  #send({ socket }: ViewerSocket, type: string, payload: object): void {
    socket.send(JSON.stringify({ type, payload }));
  }
}

/**
 * A fake of the alarm server's socket, made with ws: it does what a test tells it, says what the real one never would, and
 * knows no rule of alarms. What it proves is the client's part alone; the journeys run the client against the real server.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { ServerMessage } from '@alarm-server/client';
import { type WebSocket, WebSocketServer } from 'ws';

/** What came up: a message as the client sent it. */
export interface Received {
  type: string;
  id?: string;
  payload: Record<string, unknown>;
}

/** The server's end of one connection. */
export class FakePeer {
  readonly path: string;
  readonly socket: WebSocket;
  readonly #received: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.path = request.url ?? '';
    socket.on('message', (data) => {
      const take = this.#waiting.shift();
      if (take) take(String(data));
      else this.#received.push(String(data));
    });
  }

  say(...messages: (ServerMessage | string)[]): void {
    for (const message of messages) this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next text from the client that was not taken yet. */
  async nextText(): Promise<string> {
    return this.#received.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  async next(): Promise<Received> {
    return JSON.parse(await this.nextText()) as Received;
  }
}

export class FakeServer {
  readonly url: string;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Listens on a free port. With `accepts: false` every handshake is answered 401. */
  static async start({ accepts = true } = {}): Promise<FakeServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/ws', verifyClient: () => accepts });
    await once(server, 'listening');
    return new FakeServer(server);
  }

  /** The next client that connects. */
  async accept(): Promise<FakePeer> {
    const [socket, request] = (await once(this.#server, 'connection')) as [WebSocket, IncomingMessage];
    return new FakePeer(socket, request);
  }

  stop(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }
}

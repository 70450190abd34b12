/**
 * A fake of the alarm server's socket, made with ws: it does what a test tells it, says what the real one never would, and
 * knows no rule of alarms. It proves the client's part alone; the e2e tests run the client against the real server.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerMessage } from '@alarm-server/client';
import { type WebSocket, WebSocketServer } from 'ws';

/** A message as the client sent it. */
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

export interface FakeServerOptions {
  /** Which handshakes are accepted: all by default. The others are answered 401. */
  readonly accepts?: boolean | ((path: string) => boolean);
  /** What GET /me is answered with: a status, or nothing, as a web page of another origin sees it. 426 by default, as everything else. */
  readonly me?: number | 'nothing';
}

export class FakeServer {
  readonly url: string;
  /** Of every handshake and every request, in order. */
  readonly asked: string[];
  readonly #http: Server;
  readonly #server: WebSocketServer;

  private constructor(http: Server, server: WebSocketServer, asked: string[]) {
    this.#http = http;
    this.#server = server;
    this.asked = asked;
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  }

  /** Listens on a free port. */
  static async start({ accepts = true, me = 426 }: FakeServerOptions = {}): Promise<FakeServer> {
    const asked: string[] = [];
    const http = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (me === 'nothing') response.destroy();
      else response.writeHead(me, { connection: 'close' }).end('{}');
    });
    const verifyClient = ({ req: { url = '' } }: { req: IncomingMessage }): boolean => {
      asked.push(url);
      return typeof accepts === 'function' ? accepts(url) : accepts;
    };
    const server = new WebSocketServer({ server: http, path: '/ws', verifyClient });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new FakeServer(http, server, asked);
  }

  /** The next client that connects. */
  async accept(): Promise<FakePeer> {
    const [socket, request] = (await once(this.#server, 'connection')) as [WebSocket, IncomingMessage];
    return new FakePeer(socket, request);
  }

  stop(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }
}

/** A socket as a client of the seed's contract alone has it: JSON in, JSON out, nothing of the client package in between. */
import type { Test } from 'tap';
import { WebSocket } from 'ws';

export interface Message {
  readonly type: string;
  readonly id?: string;
  /** What a test asserts on is the wire as it is. */
  readonly payload: any;
}

export interface RawSocket {
  readonly socket: WebSocket;
  /** All that came, in order. */
  readonly messages: Message[];
  send(message: unknown): void;
  /** The first message, past or to come, that fits and was not given out before. */
  next(type: string, fits?: (message: Message) => boolean): Promise<Message>;
  /** Resolves to the code and reason of the close. */
  readonly closed: Promise<{ code: number; reason: string }>;
}

/** Connects to /ws; rejects with the status if the server refuses the upgrade. */
export async function openRaw(t: Test, url: string, token: string, headers: Record<string, string> = {}): Promise<RawSocket> {
  const address = `${url.replace(/^http/, 'ws')}/ws${token ? `?token=${token}` : ''}`;
  const socket = new WebSocket(address, { headers, rejectUnauthorized: false });
  const messages: Message[] = [];
  const given = new Set<Message>();
  const waiting = new Set<() => void>();
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)) as Message);
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })));
  t.teardown(() => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('unexpected-response', (_request, response) => reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode, headers: response.headers })));
    socket.on('error', reject);
  });
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    next: (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = messages.find((message) => message.type === type && !given.has(message) && fits(message));
          if (!found) return;
          given.add(found);
          waiting.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`no ${type} came; what came: ${JSON.stringify(messages).slice(0, 2_000)}`));
        }, 10_000);
        waiting.add(look);
        look();
      }),
  };
}

/**
 * A socket as a client of the seed's contract alone has it: JSON in, JSON out, nothing of the client package in between.
 * Everything it receives is checked against the schemas (message-schemas.ts).
 */
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { misfitOf } from './message-schemas.js';

export interface Message {
  readonly type: string;
  readonly id?: string;
  /** Tests assert on the wire itself. */
  readonly payload: any;
}

export interface RawSocket {
  readonly socket: WebSocket;
  /** Everything received, in order. */
  readonly messages: Message[];
  /** The same, as text. */
  readonly texts: string[];
  send(message: unknown): void;
  /** The first message, past or to come, that fits and was not given out before. */
  next(type: string, fits?: (message: Message) => boolean): Promise<Message>;
  /** Resolves to the code and reason of the close. */
  readonly closed: Promise<{ code: number; reason: string }>;
}

/** Connects to /ws; rejects with the status if the server refuses the upgrade. */
export async function openRaw(
  t: Test,
  url: string,
  token: string,
  headers: Record<string, string> = {},
): Promise<RawSocket> {
  const address = `${url.replace(/^http/, 'ws')}/ws${token ? `?token=${token}` : ''}`;
  const socket = new WebSocket(address, { headers, rejectUnauthorized: false });
  const messages: Message[] = [];
  const texts: string[] = [];
  const given = new Set<Message>();
  const waiting = new Set<(message: Message) => void>();
  socket.on('message', (data) => {
    const text = String(data);
    const message = JSON.parse(text) as Message;
    texts.push(text);
    messages.push(message);
    const misfit = misfitOf(message);
    if (misfit !== undefined) t.fail(`a message does not fit its schema: ${misfit}`, { found: message });
    for (const look of waiting) look(message);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
  );
  t.teardown(() => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('unexpected-response', (_request, response) =>
      reject(
        Object.assign(new Error(`refused with ${response.statusCode}`), {
          status: response.statusCode,
          headers: response.headers,
        }),
      ),
    );
    socket.on('error', reject);
  });
  return {
    socket,
    messages,
    texts,
    closed,
    send: (message) =>
      socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    next: (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const look = (message: Message): boolean => {
          if (message.type !== type || given.has(message) || !fits(message)) return false;
          given.add(message);
          waiting.delete(look);
          clearTimeout(timer);
          resolve(message);
          return true;
        };
        const giveUp = (why: string): void => {
          waiting.delete(look);
          clearTimeout(timer);
          reject(
            new Error(
              `no ${type} came: ${why}; what came last of ${messages.length} messages: ${JSON.stringify(messages.slice(-10)).slice(0, 2_000)}`,
            ),
          );
        };
        const timer = setTimeout(() => giveUp('10 s have passed'), 10_000);
        void closed.then(({ code, reason }) => giveUp(`the socket was closed with ${code} ${reason}`));
        if (!messages.some(look)) waiting.add(look);
      }),
  };
}

/** A WebSocket of the fuzzer: makes the handshake, and checks every message against its schema. */
import { randomBytes } from 'node:crypto';
import { misfitOf } from '../e2e/message-schemas.js';
import { readDown } from './frames.js';
import { Peer } from './peer.js';
import type { World } from './world.js';

/** How long an answer may take on a machine that fuzzes at the same time, in milliseconds. */
export const ANSWER_MS = 20_000;

/** Bytes that are kept of a socket that is not read: enough for the answer to the handshake. */
const HEAD = 2_000;

export interface DownMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const handshake = (port: number, query: string, headers: readonly string[] = []): string =>
  [
    `GET /ws?${query} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...headers,
    '',
    '',
  ].join('\r\n');

export class SocketPeer {
  /** What the server did wrong on it, in words. */
  readonly faults: string[] = [];
  readonly peer: Peer;
  readonly #world: World;
  readonly #ids = new Set<string>();
  #status: number | undefined;
  #heardAny = false;
  readonly #isRead: boolean;

  /** `query` of /ws; `headers` beside those of a handshake. Without reading, only its arrival is checked. */
  constructor(
    port: number,
    query: string,
    world: World,
    { headers, isRead = true }: { headers?: readonly string[]; isRead?: boolean } = {},
  ) {
    this.peer = new Peer(port, isRead ? Infinity : HEAD);
    this.#isRead = isRead;
    this.#world = world;
    this.peer.write(handshake(port, query, headers));
  }

  /** The status of the handshake's answer; 0 where the connection ended without one. */
  async opened(): Promise<number> {
    await this.peer.until(() => this.#readStatus(), ANSWER_MS);
    return this.#status ?? 0;
  }

  /** Resolves when the first message is there, or the connection has ended. */
  async joined(): Promise<boolean> {
    return this.peer.until(() => (this.read(), this.#heardAny), ANSWER_MS);
  }

  /** Whether the message with this `id` has been answered. */
  answered(id: string): Promise<boolean> {
    return this.peer.until(() => (this.read(), this.#ids.has(id)), ANSWER_MS);
  }

  /** Reads what has come. */
  read(): void {
    if (this.#status !== 101 || this.faults.length > 0) return;
    if (!this.#isRead) {
      this.#heardAny ||= this.peer.received.length > 0;
      return;
    }
    let bytes = this.peer.received;
    let used = 0;
    try {
      for (let down = readDown(bytes); down; down = readDown(bytes)) {
        used += down.end;
        bytes = bytes.subarray(down.end);
        if (down.opcode === 0x1) this.#message(down.payload);
      }
    } catch (error) {
      this.faults.push((error as Error).message);
    }
    if (used > 0) this.peer.take(used);
  }

  #message(payload: Buffer): void {
    const message = JSON.parse(payload.toString()) as DownMessage;
    const misfit = misfitOf(message);
    if (misfit !== undefined)
      this.faults.push(
        `a message does not fit its schema: ${misfit.slice(0, 500)}; it was ${payload.toString().slice(0, 500)}`,
      );
    this.#heardAny = true;
    if (message.id !== undefined) this.#ids.add(message.id);
    this.#world.heard(message.payload);
  }

  #readStatus(): boolean {
    if (this.#status !== undefined) return true;
    const bytes = this.peer.received;
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return false;
    this.#status = Number(/^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1', 0, end))?.[1] ?? 0);
    this.peer.take(end + 4);
    return true;
  }
}

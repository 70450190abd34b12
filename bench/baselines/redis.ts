/**
 * Redis as a baseline: a server of its own, whose every write is synced before it is answered (`appendfsync always`), and a client that
 * speaks as much of its protocol (RESP2) as that takes.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { endWithBench } from '../end-with-bench.js';
import { freePort } from '../free-port.js';

const BINARY = process.env['REDIS_BINARY'] ?? 'redis-server';
const START_TIMEOUT_MS = 10_000;

/** Whether Redis is installed. */
export const hasRedis = (): boolean => spawnSync(BINARY, ['--version']).status === 0;

export class Redis {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, child: ChildProcess, folder: string) {
    this.port = port;
    this.#child = child;
    this.#folder = folder;
  }

  /** Keeps its files in a folder of its own in `folder`. */
  static async start(folder: string): Promise<Redis> {
    const dir = await mkdtemp(join(folder, 'redis-'));
    const port = await freePort();
    const settings = { dir, port, bind: '127.0.0.1', appendonly: 'yes', appendfsync: 'always', save: '' };
    const child = spawn(
      BINARY,
      Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
      { stdio: 'ignore' },
    );
    endWithBench(child);
    const redis = new Redis(port, child, dir);
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        const client = await RedisClient.connect(port);
        client.close();
        return redis;
      } catch (error) {
        if (child.exitCode !== null || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** `command` as Redis reads it: an array of bulk strings. */
export const encodeCommand = (command: readonly string[]): string =>
  `*${command.length}\r\n${command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;

/** Calls back for each reply, in the order of the commands. Pushed messages of a subscription are replies too. */
export class RedisClient {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, onReply: (firstByte: string) => void) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data;
      let at = 0;
      for (let end = endOfReply(bytes, at); end !== undefined; end = endOfReply(bytes, at)) {
        onReply(String.fromCharCode(bytes[at]!));
        at = end;
      }
      this.#rest = bytes.subarray(at);
    });
  }

  static async connect(port: number, onReply: (firstByte: string) => void = () => undefined): Promise<RedisClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RedisClient(socket, onReply);
  }

  /** `commands`: encoded. */
  write(commands: string): void {
    this.#socket.write(commands);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Where the reply that begins at `from` ends; undefined if it is not there as a whole. */
export function endOfReply(bytes: Buffer, from: number): number | undefined {
  const lineEnd = bytes.indexOf('\r\n', from);
  if (lineEnd === -1) return undefined;
  const next = lineEnd + 2;
  const kind = String.fromCharCode(bytes[from]!);
  if (kind !== '$' && kind !== '*') return next;
  const length = Number(bytes.toString('latin1', from + 1, lineEnd));
  if (kind === '$') return length < 0 ? next : next + length + 2 <= bytes.length ? next + length + 2 : undefined;
  let end: number | undefined = next;
  for (let left = length; left > 0 && end !== undefined; left -= 1) end = endOfReply(bytes, end);
  return end;
}

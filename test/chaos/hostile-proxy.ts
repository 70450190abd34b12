/** A TCP proxy on loopback that disturbs connections as networks do, on command: each disturbance ends the connection sooner or later. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Random } from '../crash/random.js';

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down';

export type Harm =
  /** Both sides, by a reset or in order; or one side alone, and the other notices it by itself. */
  | { readonly kind: 'reset' | 'finish'; readonly side: 'client' | 'server' | 'both' }
  /** Passes so many bytes of the next chunk that has more, and resets. */
  | { readonly kind: 'mid-frame'; readonly direction: Direction; readonly bytes: number }
  /** One direction is silently swallowed; neither side learns of the other's end. Reset after `forMs`, in milliseconds. */
  | { readonly kind: 'half-open'; readonly direction: Direction; readonly forMs: number }
  /** Each chunk waits for so long, in milliseconds; reset after `forMs`. */
  | { readonly kind: 'delay'; readonly direction: Direction; readonly waitMs: number; readonly forMs: number }
  /** A few bytes a millisecond; reset after `forMs`. */
  | { readonly kind: 'dribble'; readonly direction: Direction; readonly bytes: number; readonly forMs: number };

/** Any harm, with a right to each kind. */
export function chooseHarm(random: Random): Harm {
  const direction = random.among(['up', 'down'] as const)!;
  const kind = random.among(['reset', 'finish', 'mid-frame', 'mid-frame', 'half-open', 'delay', 'dribble'] as const)!;
  switch (kind) {
    case 'reset':
    case 'finish':
      return { kind, side: random.among(['client', 'server', 'both'] as const)! };
    case 'mid-frame':
      return { kind, direction, bytes: random.between(1, 60) };
    case 'half-open':
      return { kind, direction, forMs: random.between(500, 6_000) };
    case 'delay':
      return { kind, direction, waitMs: random.between(1, 60), forMs: random.between(50, 500) };
    case 'dribble':
      return { kind, direction, bytes: random.between(1, 40), forMs: random.between(50, 300) };
  }
}

/** One connection through the proxy. */
export class Link {
  readonly #sides: Readonly<Record<Direction, Socket>>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #swallowed = new Set<Direction>();
  #harm: Harm | undefined;
  #ended = false;

  constructor(client: Socket, server: Socket) {
    // Named by where data comes from.
    this.#sides = { up: client, down: server };
    for (const direction of ['up', 'down'] as const) {
      const [from, to] = this.#ends(direction);
      from.setNoDelay(true);
      from.on('error', () => undefined);
      void this.#pump(direction);
      from.on('close', () => {
        if (this.#harm?.kind === 'half-open') return;
        to.end();
        this.#after(1_000, () => this.end());
      });
    }
  }

  /** Whether nothing has been done to it yet. */
  get isSound(): boolean {
    return this.#harm === undefined && !this.#ended && !this.#sides.up.destroyed && !this.#sides.down.destroyed;
  }

  inflict(harm: Harm): void {
    this.#harm = harm;
    switch (harm.kind) {
      case 'reset':
      case 'finish': {
        const sides =
          harm.side === 'both' ? (['up', 'down'] as const) : ([harm.side === 'client' ? 'up' : 'down'] as const);
        for (const side of sides) {
          if (harm.kind === 'reset') reset(this.#sides[side]);
          else this.#sides[side].end();
        }
        return void this.#after(1_000, () => this.end());
      }
      case 'mid-frame':
        // Where nothing more is said there is nothing to cut.
        return void this.#after(1_000, () => this.end());
      case 'half-open':
        this.#swallowed.add(harm.direction);
        return void this.#after(harm.forMs, () => this.end());
      case 'delay':
      case 'dribble':
        return void this.#after(harm.forMs, () => this.end());
    }
  }

  /** Resets both sides. */
  end(): void {
    this.#ended = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const side of Object.values(this.#sides)) if (!side.destroyed) reset(side);
  }

  #ends(direction: Direction): [from: Socket, to: Socket] {
    return [this.#sides[direction], this.#sides[direction === 'up' ? 'down' : 'up']];
  }

  /** Chunk by chunk: each is read after the previous one has been passed on. */
  async #pump(direction: Direction): Promise<void> {
    const [from, to] = this.#ends(direction);
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        await this.#pass(chunk, direction, to);
        if (this.#ended) return;
      }
    } catch {
      // A reset: the other side is told by 'close'.
    }
  }

  async #pass(chunk: Buffer, direction: Direction, to: Socket): Promise<void> {
    const harm = this.#harm;
    if (this.#swallowed.has(direction)) return;
    if (harm?.kind === 'mid-frame' && harm.direction === direction && chunk.length > harm.bytes) {
      to.write(chunk.subarray(0, harm.bytes), () => this.end());
      return;
    }
    if (harm?.kind === 'delay' && harm.direction === direction) await this.#wait(harm.waitMs);
    if (harm?.kind !== 'dribble' || harm.direction !== direction) return this.#write(to, chunk);
    for (let at = 0; at < chunk.length && !this.#ended; at += harm.bytes) {
      await this.#write(to, chunk.subarray(at, at + harm.bytes));
      await this.#wait(1);
    }
  }

  async #write(to: Socket, bytes: Buffer): Promise<void> {
    if (to.destroyed || to.writableEnded || to.write(bytes)) return;
    await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  #after(ms: number, act: () => void): void {
    this.#timers.add(setTimeout(act, ms));
  }
}

/** Once its end has been sent, a socket can only be closed: Node 20 never closes one that is reset then, and spins at its own exit. */
const reset = (socket: Socket): unknown => (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy());

export class HostileProxy {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #to: number;

  /** Passes on to `port` of loopback; listens on any free one. */
  static async start(port: number): Promise<HostileProxy> {
    const proxy = new HostileProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(port: number) {
    this.#to = port;
    this.#server = createServer({ noDelay: true }, (client) => {
      const server = connect({ port: this.#to, host: '127.0.0.1' });
      const link = new Link(client, server);
      this.#links.add(link);
      client.on('close', () => this.#links.delete(link));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** New connections are passed on to this port from now on. */
  leadTo(port: number): void {
    this.#to = port;
  }

  /** Connections that nothing has been done to yet. */
  get sound(): Link[] {
    return [...this.#links].filter((link) => link.isSound);
  }

  /** Ends all connections that something has been done to: what is left is sound. */
  heal(): void {
    for (const link of this.#links) if (!link.isSound) link.end();
  }

  async stop(): Promise<void> {
    this.#server.close();
    for (const link of this.#links) link.end();
    await once(this.#server, 'close');
  }
}

/** The open sockets as an operator sees them, and the closing of one. */
import { randomUUID } from 'node:crypto';
import type { Handshake, Socket } from './socket.js';
import type { OpenSockets } from './socket-limits.js';

export interface AdministeredSocket {
  readonly id: string;
  readonly userId: string;
  readonly address: string;
  /** RFC 3339, UTC, ms. */
  readonly since: string;
  /** Bytes that were sent to it and that it has not read. */
  readonly backlogBytes: number;
  readonly userAgent: string;
}

type Opened = Pick<Handshake, 'address' | 'userAgent'> & { readonly sinceMs: number };

export class AdministeredSockets {
  readonly #open: Pick<OpenSockets, 'ofUser'>;
  readonly #sockets = new Map<Socket, Opened>();
  /** An id is made when it is first asked for: few sockets are ever looked at. */
  readonly #ids = new WeakMap<Socket, string>();

  constructor(open: Pick<OpenSockets, 'ofUser'>) {
    this.#open = open;
  }

  opened(socket: Socket, { address, userAgent }: Handshake): void {
    this.#sockets.set(socket, { address, userAgent, sinceMs: Date.now() });
  }

  closed(socket: Socket): void {
    this.#sockets.delete(socket);
  }

  /** How many are open of the user. */
  of(userId: string): number {
    return this.#open.ofUser(userId);
  }

  /** Oldest first. */
  list(): AdministeredSocket[] {
    return Array.from(this.#sockets, ([socket, { address, userAgent, sinceMs }]) => ({
      id: this.#idOf(socket),
      userId: socket.userId,
      address,
      since: new Date(sinceMs).toISOString(),
      backlogBytes: socket.backlog,
      userAgent,
    }));
  }

  /** Closes it; false if there is none with that id. */
  close(id: string): boolean {
    for (const socket of this.#sockets.keys()) {
      if (this.#ids.get(socket) !== id) continue;
      socket.end('closed_by_operator');
      return true;
    }
    return false;
  }

  #idOf(socket: Socket): string {
    const known = this.#ids.get(socket) ?? randomUUID();
    this.#ids.set(socket, known);
    return known;
  }
}

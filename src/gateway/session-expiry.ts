/**
 * Closes sockets whose token has expired or whose session was ended, and announces a token's expiry before. One timer serves all
 * sockets: each is filed under the second in which its next action is due.
 */
import type { Session } from '../auth/sessions.js';
import { type EndedSessions, viaSession } from '../domain/ended-sessions.js';
import { idOf } from '../domain/streams.js';
import type { Folded } from '../projections/live-state.js';
import type { CloseReason } from '../protocol/close-codes.js';
import { tokenExpiring } from '../protocol/down-messages.js';

/** How often due sockets are checked, in milliseconds. A token expires at a full second. */
export const TICK_MS = 1_000;

/** How long before its expiry a token is announced to expire, in seconds; for a shorter lifetime than twice that, half of it. */
const NOTICE_S = 60;

/** How long a socket of the session that changed the password has to refresh with a token of the new one, in seconds. */
const GRACE_S = 5;

/** A socket as session expiry uses it. */
export interface Watched {
  readonly session: Session;
  send(text: string): void;
  end(reason: CloseReason): void;
}

export interface SessionExpiryOptions {
  readonly endedSessions: EndedSessions;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const noticeAt = ({ issuedAt, expiresAt }: Session): number =>
  expiresAt - Math.min(NOTICE_S, Math.floor((expiresAt - issuedAt) / 2));

export class SessionExpiry<Socket extends Watched> {
  readonly #endedSessions: EndedSessions;
  readonly #now: () => number;
  readonly #ofUser = new Map<string, Set<Socket>>();
  /** By Unix second: the sockets that are due in it. */
  readonly #due = new Map<number, Set<Socket>>();
  /** The second in which a socket is due. */
  readonly #dueAt = new Map<Socket, number>();
  /** Sockets whose session has changed the password: the second in which they are closed unless they refresh. */
  readonly #endsAt = new Map<Socket, number>();

  constructor({ endedSessions, now = Date.now }: SessionExpiryOptions) {
    this.#endedSessions = endedSessions;
    this.#now = now;
  }

  add(socket: Socket): void {
    const { userId } = socket.session;
    const others = this.#ofUser.get(userId);
    if (others) others.add(socket);
    else this.#ofUser.set(userId, new Set([socket]));
    this.#wait(socket, noticeAt(socket.session));
  }

  remove(socket: Socket): void {
    const { userId } = socket.session;
    const others = this.#ofUser.get(userId);
    if (others?.delete(socket) && others.size === 0) this.#ofUser.delete(userId);
    this.#endsAt.delete(socket);
    this.#waitNoMore(socket);
  }

  /** The socket has another token of the same user. */
  renewed(socket: Socket): void {
    this.#endsAt.delete(socket);
    this.#wait(socket, noticeAt(socket.session));
  }

  /** Called in log order, so the event has the same effect at the same position on every node. */
  onFolded({ recorded: { event, stream, metadata }, isVoid }: Folded): void {
    if (isVoid) return;
    if (event.type === 'UserDeactivated')
      for (const socket of [...(this.#ofUser.get(idOf(stream)) ?? [])]) socket.end('session_revoked');
    if (event.type === 'AccessTokenDeleted')
      for (const socket of [...(this.#ofUser.get(idOf(stream)) ?? [])])
        if (socket.session.program?.id === event.data.token_id) socket.end('session_revoked');
    if (event.type !== 'SessionEnded' && event.type !== 'PasswordChanged') return;
    for (const socket of [...(this.#ofUser.get(idOf(stream)) ?? [])]) {
      const { sessionId } = socket.session;
      if (!this.#endedSessions.has(socket.session)) continue;
      if (event.type === 'PasswordChanged' && metadata.via === viaSession(sessionId)) this.#letRefresh(socket);
      // A socket that may still refresh is closed early only by an event about its own session.
      else if (!this.#endsAt.has(socket) || event.type === 'PasswordChanged' || event.data.session_id === sessionId)
        socket.end('session_revoked');
    }
  }

  #letRefresh(socket: Socket): void {
    const end = Math.min(socket.session.expiresAt, Math.floor(this.#now() / 1_000) + GRACE_S);
    this.#endsAt.set(socket, end);
    this.#wait(socket, end);
    socket.send(tokenExpiring(GRACE_S));
  }

  /** Processes all due sockets, also after missed ticks. */
  tick(): void {
    const second = Math.floor(this.#now() / 1_000);
    for (const [at, sockets] of this.#due)
      if (at <= second) for (const socket of [...sockets]) this.#lookAt(socket, second);
  }

  #lookAt(socket: Socket, second: number): void {
    const expiresAt = this.#endsAt.get(socket) ?? socket.session.expiresAt;
    if (second >= expiresAt) {
      this.#waitNoMore(socket);
      return socket.end('token_ended');
    }
    this.#wait(socket, expiresAt);
    socket.send(tokenExpiring(expiresAt - second));
  }

  #wait(socket: Socket, second: number): void {
    this.#waitNoMore(socket);
    const others = this.#due.get(second);
    if (others) others.add(socket);
    else this.#due.set(second, new Set([socket]));
    this.#dueAt.set(socket, second);
  }

  #waitNoMore(socket: Socket): void {
    const second = this.#dueAt.get(socket);
    if (second === undefined) return;
    this.#dueAt.delete(socket);
    const others = this.#due.get(second);
    others?.delete(socket);
    if (others?.size === 0) this.#due.delete(second);
  }
}

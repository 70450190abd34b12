/**
 * Sessions: what one login begins and /logout, a change of the password or time ends. What a session
 * is, its tokens say; that it began is an event for those who list sessions, and no check depends on it. One that is ended before its time is an event, which every node folds (domain/ended-sessions.ts).
 */
import { randomUUID } from 'node:crypto';
import { type SessionClaim, viaSession } from '../domain/ended-sessions.js';
import type { UserEvent } from '../domain/events.js';
import type { Projection } from '../projections/projection.js';
import { accountEvent } from './account-events.js';
import type { Tokens } from './tokens.js';
import type { UserStreams } from './user-streams.js';

/** For so long a session is remembered beyond its end, in seconds: clocks of nodes may differ by as much. */
const CLOCKS_APART_S = 3_600;

/** A session as one of its tokens has it. */
export interface Session extends SessionClaim {
  /** When its password was given, in Unix seconds. */
  readonly authTime: number;
  /** Of the token, in Unix seconds. */
  readonly issuedAt: number;
  /** Of the token, in Unix seconds: it is not valid in that second any more. */
  readonly expiresAt: number;
}

export type Ending =
  /** Durable, and folded on this node. */
  | { readonly kind: 'ended'; readonly position: string }
  /** The log has no room; nothing was ended. */
  | { readonly kind: 'full' }
  /** The log does not answer; it may have happened all the same. */
  | { readonly kind: 'unavailable' };

export interface SessionsOptions {
  readonly streams: UserStreams;
  readonly projection: Projection;
  readonly tokens: Tokens;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #now: () => number;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** The first token of a new session, for one who has just given the password of this credential. */
  begin(userId: string, credential: number, sessionId: string = randomUUID()): Promise<string> {
    const authTime = this.#second;
    this.#record(userId, sessionId, authTime);
    return this.#options.tokens.issue({ userId, sessionId, authTime, credential });
  }

  /** For those who list sessions. Nobody waits for it: where the log takes nothing, the session goes on and is not listed. */
  #record(userId: string, sessionId: string, authTime: number): void {
    const until = new Date(this.#options.tokens.sessionEnd(authTime) * 1_000).toISOString();
    const started: UserEvent = { type: 'SessionStarted', data: { session_id: sessionId, until } };
    this.#append(userId, 'login', started).catch(() => undefined);
  }

  /** The session of a token, or undefined if that is not valid (any more). At once: an upgrade cannot wait. */
  authenticate(token: string): Session | undefined {
    const verified = this.#options.tokens.verify(token);
    return verified.kind === 'valid' && this.isGoing(verified) ? verified : undefined;
  }

  /** Whether the token's session goes on, and the token with it. */
  isGoing(session: Session): boolean {
    const { live } = this.#options.projection;
    return (
      this.#second < session.expiresAt &&
      live.users.has(session.userId) &&
      live.accounts.isActive(session.userId) &&
      !live.endedSessions.has(session)
    );
  }

  /** Another token of the same session, or undefined if it has reached its absolute end. */
  async renew({ userId, sessionId, authTime, credential }: Session): Promise<string | undefined> {
    const { tokens } = this.#options;
    return this.#second < tokens.sessionEnd(authTime)
      ? tokens.issue({ userId, sessionId, authTime, credential })
      : undefined;
  }

  end({ userId, sessionId, authTime, expiresAt }: Session): Promise<Ending> {
    const until = Math.max(this.#options.tokens.sessionEnd(authTime), expiresAt) + CLOCKS_APART_S;
    return this.#append(userId, 'logout', {
      type: 'SessionEnded',
      data: { session_id: sessionId, until: new Date(until * 1_000).toISOString() },
    });
  }

  /**
   * Ends the user's sessions that began with an older credential than the one of this revision. `newSessionId`: the session that begins
   * with it. `askedBy`: the session that asked, where that is known; its sockets have a moment to get a token of the new one.
   */
  endOlder(userId: string, credential: number, newSessionId: string, askedBy?: string): Promise<Ending> {
    return this.#append(
      userId,
      'password',
      { type: 'PasswordChanged', data: { credential, session_id: newSessionId } },
      askedBy === undefined ? undefined : viaSession(askedBy),
    );
  }

  get #second(): number {
    return Math.floor(this.#now() / 1_000);
  }

  async #append(userId: string, command: string, event: UserEvent, via?: string): Promise<Ending> {
    const { projection, streams } = this.#options;
    const written = await streams.append(userId, () =>
      accountEvent(userId, command, event, projection.clock.at(), via),
    );
    return written.kind === 'written' ? { kind: 'ended', position: written.position } : written;
  }
}

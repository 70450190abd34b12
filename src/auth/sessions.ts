/**
 * Sessions: a login starts one; /logout, a password change or its expiry ends it. An active session is not stored: its tokens contain
 * everything. Its start is an event, only for the list of sessions: no check depends on it. If it is ended before it expires, that is an
 * event, which every node folds (domain/ended-sessions.ts).
 */
import { randomUUID } from 'node:crypto';
import type { AccessToken } from '../domain/access-tokens.js';
import { type SessionClaim, viaSession } from '../domain/ended-sessions.js';
import type { UserEvent } from '../domain/events.js';
import type { Projection } from '../projections/projection.js';
import { accountEvent } from './account-events.js';
import { isProgramToken, type ProgramTokens } from './program-tokens.js';
import type { Tokens } from './tokens.js';
import type { UserStreams } from './user-streams.js';

/** How long an ended session is remembered after its expiry, in seconds: the clocks of nodes may differ by that much. */
const CLOCKS_APART_S = 3_600;

/** A session as described by one of its tokens. */
export interface Session extends SessionClaim {
  /** When the user gave the password, in Unix seconds. */
  readonly authTime: number;
  /** Of the token, in Unix seconds. */
  readonly issuedAt: number;
  /** Of the token, in Unix seconds: from that second on it is not valid. */
  readonly expiresAt: number;
  /** The access token, if it is that of a program. No login began this session, and nothing but the token's end ends it. */
  readonly program?: AccessToken;
}

export type Ending =
  /** Durable, and folded on this node. */
  | { readonly kind: 'ended'; readonly position: string }
  /** The log is full; no session was ended. */
  | { readonly kind: 'full' }
  /** The log does not answer; the change may have been written. */
  | { readonly kind: 'unavailable' };

export interface SessionsOptions {
  readonly streams: UserStreams;
  readonly projection: Projection;
  readonly tokens: Tokens;
  readonly programs: ProgramTokens;
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

  /** The first token of a new session, for a user who has just given the password of this credential. */
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

  /** The session of a token, or undefined if the token is not valid (any more). Synchronous, because an upgrade cannot wait. */
  authenticate(token: string): Session | undefined {
    if (isProgramToken(token)) return this.#ofProgram(token);
    const verified = this.#options.tokens.verify(token);
    return verified.kind === 'valid' && this.isGoing(verified) ? verified : undefined;
  }

  /**
   * Reads what is needed to check a program's token. To be awaited before `authenticate` where the caller can wait. Rejects with
   * LogUnavailable. Undefined if nothing has to be read.
   */
  prepare(token: string): Promise<void> | undefined {
    return isProgramToken(token) ? this.#options.programs.prepare(token) : undefined;
  }

  #ofProgram(token: string): Session | undefined {
    const program = this.#options.programs.tokenOf(token);
    if (!program) return undefined;
    const issuedAt = Math.floor(Date.parse(program.created_at) / 1_000);
    const session: Session = {
      userId: program.user_id,
      sessionId: program.id,
      authTime: issuedAt,
      // No change of the password ends it.
      credential: Number.MAX_SAFE_INTEGER,
      issuedAt,
      expiresAt: Math.floor(Date.parse(program.until) / 1_000),
      program,
    };
    if (!this.isGoing(session)) return undefined;
    this.#options.programs.used(program.id);
    return session;
  }

  /** Whether the token and its session are still valid. */
  isGoing(session: Session): boolean {
    const { live } = this.#options.projection;
    if (session.program && !live.accessTokens.get(session.program.id)) return false;
    return (
      this.#second < session.expiresAt &&
      live.users.has(session.userId) &&
      live.accounts.isActive(session.userId) &&
      !live.endedSessions.has(session)
    );
  }

  /** Another token of the same session, or undefined if the session has expired. */
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
   * Ends the user's sessions that started with a credential older than this revision. `newSessionId`: the session that starts with it.
   * `askedBy`: the session that requested it, if known; its sockets have a grace period to get a token of the new session.
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

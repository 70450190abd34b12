/**
 * Sessions that ended before their expiry: those that were revoked, and those that are older than their user's current password.
 * Other sessions are not stored here: a login appends no event.
 *
 * A session is older than a password if it began with an older credential, by that credential's revision in its stream. This does
 * not depend on clocks, so a login within the second of the change is ordered correctly.
 */
import type { UserEvent } from './events.js';

/** The events that are folded here. */
export type SessionEvent = Extract<UserEvent, { type: 'PasswordChanged' | 'SessionEnded' }>;

/** The `via` of a password change: the session that requested it. Every node then knows which sockets to close with a short delay. */
export const viaSession = (sessionId: string): string => `session:${sessionId}`;

/** The session fields of a token. */
export interface SessionClaim {
  readonly userId: string;
  readonly sessionId: string;
  /** Revision of the credential that its password was checked against. */
  readonly credential: number;
}

export interface EndedSession {
  readonly user_id: string;
  /** When every token of the session has expired: RFC 3339, UTC, ms. */
  readonly until: string;
  /** Position of the event that ended the session. */
  readonly position: string;
  /** The entry can be dropped when at least this many milliseconds have passed in the log: the session's remaining lifetime when it ended. */
  readonly forget_after: number;
}

/** When an event happened. */
export interface EventTime {
  /** RFC 3339, UTC, ms. May jump, like every wall clock. */
  readonly at: string;
  /** Time that has certainly passed in the log, in milliseconds. */
  readonly passedMs: number;
}

/** A user's last password change: sessions of an older credential have ended. */
export interface PasswordChange {
  /** Revision of the new credential. */
  readonly credential: number;
  /** The session that began with the new credential. In old events: the session that requested the change and stayed valid. */
  readonly session_id: string;
}

export class EndedSessions {
  /** By session id, in log order. */
  readonly #ended = new Map<string, EndedSession>();
  /** By user id. */
  readonly #changes = new Map<string, PasswordChange>();

  get ended(): ReadonlyMap<string, EndedSession> {
    return this.#ended;
  }

  get changes(): ReadonlyMap<string, PasswordChange> {
    return this.#changes;
  }

  has({ userId, sessionId, credential }: SessionClaim): boolean {
    if (this.#ended.get(sessionId)?.user_id === userId) return true;
    const change = this.#changes.get(userId);
    return change !== undefined && credential < change.credential && sessionId !== change.session_id;
  }

  /** `time` is the event's own. Returns the ids of the sessions that can be forgotten by then. */
  fold(userId: string, event: SessionEvent, time: EventTime, position: string): string[] {
    if (event.type === 'PasswordChanged') {
      const before = this.#changes.get(userId);
      // Two nodes may append these events in another order than the credentials; the highest credential counts.
      if (!before || before.credential < event.data.credential) this.addChange(userId, event.data);
      return [];
    }
    const { session_id, until } = event.data;
    const forgotten = this.#forget(time.passedMs);
    const again = this.#ended.get(session_id);
    this.#ended.delete(session_id);
    const forget_after = time.passedMs + Math.max(0, Date.parse(until) - Date.parse(time.at));
    this.add(session_id, {
      user_id: userId,
      until: again && again.until > until ? again.until : until,
      position,
      forget_after: Math.max(forget_after, again?.forget_after ?? 0),
    });
    return forgotten.filter((id) => id !== session_id);
  }

  /** Adds a session after those that ended before it. */
  add(sessionId: string, session: EndedSession): void {
    this.#ended.set(sessionId, session);
  }

  addChange(userId: string, change: PasswordChange): void {
    this.#changes.set(userId, change);
  }

  /**
   * Drops expired entries from the oldest on and stops at the first that is not expired. Each entry is checked about once, and none
   * stays longer than twice a session's lifetime.
   */
  #forget(passedMs: number): string[] {
    const forgotten: string[] = [];
    for (const [id, { forget_after }] of this.#ended) {
      if (forget_after > passedMs) break;
      this.#ended.delete(id);
      forgotten.push(id);
    }
    return forgotten;
  }
}

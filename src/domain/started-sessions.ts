/**
 * The sessions that logins have begun and nothing has ended: what an operator is shown. No check of a token depends on it. A login that
 * could not be recorded is not in it, and of one user only the newest are kept.
 */
import type { EventTime } from './ended-sessions.js';
import type { UserEvent } from './events.js';

/** Sessions of one user that are kept: a program that logs in for every request must not fill the memory. */
export const LISTED_OF_USER = 100;

export interface StartedSession {
  readonly user_id: string;
  /** RFC 3339, UTC, ms, here as below. */
  readonly started_at: string;
  /** From this moment on no token of it is valid. */
  readonly until: string;
  /** Of the event that recorded it. */
  readonly position: string;
  /** It is forgotten when so much time has passed in the log for certain, in milliseconds. */
  readonly forget_after: number;
}

type SessionEvent = Extract<UserEvent, { type: 'SessionStarted' | 'SessionEnded' | 'PasswordChanged' }>;

export class StartedSessions {
  /** By session id, in log order. */
  readonly #sessions = new Map<string, StartedSession>();
  readonly #ofUser = new Map<string, Set<string>>();

  get sessions(): ReadonlyMap<string, StartedSession> {
    return this.#sessions;
  }

  /** Oldest first. `nowMs`: milliseconds since 1970; sessions that have reached their end by then are left out. */
  of(userId: string, nowMs: number): (StartedSession & { readonly id: string })[] {
    return Array.from(this.#ofUser.get(userId) ?? []).flatMap((id) => {
      const session = this.#sessions.get(id);
      return session && Date.parse(session.until) > nowMs ? [{ id, ...session }] : [];
    });
  }

  /** `time` is the event's own. Returns the ids of the sessions that are no longer listed by then. */
  fold(userId: string, event: SessionEvent, time: EventTime, position: string): string[] {
    switch (event.type) {
      case 'SessionStarted': {
        const { session_id, until } = event.data;
        const gone = this.#past(time.passedMs);
        this.add(session_id, {
          user_id: userId,
          started_at: time.at,
          until,
          position,
          forget_after: time.passedMs + Math.max(0, Date.parse(until) - Date.parse(time.at)),
        });
        const listed = this.#ofUser.get(userId) ?? new Set();
        for (const id of listed) {
          if (listed.size <= LISTED_OF_USER) break;
          gone.push(...this.#remove(id));
        }
        return gone;
      }
      case 'SessionEnded':
        return this.#sessions.get(event.data.session_id)?.user_id === userId ? this.#remove(event.data.session_id) : [];
      case 'PasswordChanged':
        return Array.from(this.#ofUser.get(userId) ?? [])
          .filter((id) => id !== event.data.session_id)
          .flatMap((id) => this.#remove(id));
    }
  }

  /** Behind all that were added before it. */
  add(sessionId: string, session: StartedSession): void {
    this.#remove(sessionId);
    this.#sessions.set(sessionId, session);
    const others = this.#ofUser.get(session.user_id);
    if (others) others.add(sessionId);
    else this.#ofUser.set(session.user_id, new Set([sessionId]));
  }

  #remove(sessionId: string): string[] {
    const session = this.#sessions.get(sessionId);
    if (!session) return [];
    this.#sessions.delete(sessionId);
    const others = this.#ofUser.get(session.user_id);
    if (others?.delete(sessionId) && others.size === 0) this.#ofUser.delete(session.user_id);
    return [sessionId];
  }

  /** From the oldest on, as far as they are past. */
  #past(passedMs: number): string[] {
    const gone: string[] = [];
    for (const [id, { forget_after }] of this.#sessions) {
      if (forget_after > passedMs) break;
      gone.push(...this.#remove(id));
    }
    return gone;
  }
}

/**
 * Sessions that are over before their time: those that were ended, and those that are older than their user's password. A session
 * that is in neither is not known here at all: a login leaves no event.
 *
 * Whether a session is older than a password is told by the credential it began with, by the revision of that in its stream: no
 * two clocks need agree, and a login in the second of the change is on the right side of it.
 */
import type { UserEvent } from './events.js';

/** The `via` of a change of the password: the session that asked for it, so that every node knows whose sockets have a moment left. */
export const viaSession = (sessionId: string): string => `session:${sessionId}`;

/** What a token says of its session. */
export interface SessionClaim {
  readonly userId: string;
  readonly sessionId: string;
  /** Revision of the credential that its password was checked against. */
  readonly credential: number;
}

export interface EndedSession {
  readonly user_id: string;
  /** From this moment on no token of it is valid anyway: RFC 3339, UTC, ms. */
  readonly until: string;
  /** Of the event that ended it. */
  readonly position: string;
  /** It need not be remembered when so much time has passed in the log for certain, in milliseconds: its rest of life then. */
  readonly forget_after: number;
}

/** When an event happened. */
export interface EventTime {
  /** RFC 3339, UTC, ms; may have leapt. */
  readonly at: string;
  /** How much time had passed in the log for certain, in milliseconds. */
  readonly passedMs: number;
}

/** A user's last change of their password: sessions of an older credential are over. */
export interface PasswordChange {
  /** Revision of the credential that it made. */
  readonly credential: number;
  /** The session that began with it. In events of before, the one that asked, which went on. */
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

  /** `time` is the event's own. Answers with the ids of the sessions that need not be remembered any more by then. */
  fold(userId: string, event: UserEvent, time: EventTime, position: string): string[] {
    if (event.type === 'PasswordChanged') {
      const before = this.#changes.get(userId);
      // Two nodes may have written them in the other order than the credentials, of which the last one counts.
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

  /** Behind all that were ended before it. */
  add(sessionId: string, session: EndedSession): void {
    this.#ended.set(sessionId, session);
  }

  addChange(userId: string, change: PasswordChange): void {
    this.#changes.set(userId, change);
  }

  /** From the first one ended on, as far as they are past: so each is looked at about once, and none stays for twice a session's life. */
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

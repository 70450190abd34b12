/** Sets another password with a code that an operator has issued: once, and all sessions of the user are over. */
import { randomUUID } from 'node:crypto';
import { credentialStream, resetStream } from '../domain/streams.js';
import { type EventLog, LogUnavailable, NO_STREAM, type RecordedPrivateEvent } from '../log/event-log.js';
import type { Projection } from '../projections/projection.js';
import { accountEvent } from './account-events.js';
import { mayAdminister } from './administration.js';
import { clientOf } from './client-address.js';
import type { LoginAttempts } from './login-attempts.js';
import { isCode } from './one-time-codes.js';
import type { Passwords } from './passwords.js';
import type { Sessions } from './sessions.js';
import { nameKey, nameStream } from './usernames.js';

/** How often the password may be set by others meanwhile. */
const ATTEMPTS = 3;

export type PasswordReset =
  | { readonly kind: 'reset'; readonly userId: string }
  /** There is no such name, or no such code of it: it was used, another one was issued, or its time is over. */
  | { readonly kind: 'wrong' }
  /** `codeUsed`: the code is void although nothing may have changed. */
  | { readonly kind: 'full' | 'unavailable'; readonly codeUsed: boolean }
  | { readonly kind: 'slowed' | 'busy'; readonly retryAfterMs: number };

export interface PasswordResetsOptions {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly attempts: LoginAttempts;
}

export class PasswordResets {
  readonly #options: PasswordResetsOptions;

  constructor(options: PasswordResetsOptions) {
    this.#options = options;
  }

  /** `password` is validated. A wrong code counts as a failed login of that name from that address. */
  async use(username: string, code: string, password: string, address: string): Promise<PasswordReset> {
    const { projection, passwords, attempts } = this.#options;
    const attempt = await attempts.of(nameKey(username), address);
    if (attempt.kind === 'slowed') return attempt;
    const user = projection.live.userNamed(nameStream(username));
    // For a name that nobody has something is read too, so that the time does not tell which names exist.
    const issued = await this.#read(resetStream(user?.id ?? randomUUID()));
    if (issued === 'unavailable') {
      attempt.abandon();
      return { kind: 'unavailable', codeUsed: false };
    }
    if (!user || !issued || !this.#isGood(user.id, issued, code)) {
      attempt.fail();
      return { kind: 'wrong' };
    }
    const hashed = await passwords.hash(password, { lane: 'login', client: clientOf(address) });
    if (hashed.kind === 'busy') {
      attempt.abandon();
      return hashed;
    }
    const used = await this.#append(user.id, resetStream(user.id), issued.revision, {
      type: 'ResetCodeUsed',
      data: {},
    });
    if (used.kind === 'conflict') {
      attempt.fail();
      return { kind: 'wrong' };
    }
    attempt.succeed();
    if (used.kind !== 'appended') return { kind: used.kind === 'full' ? 'full' : 'unavailable', codeUsed: false };
    return this.#set(user.id, hashed.hash);
  }

  /** The rights to reset are those of now: a code that an operator issued is void once its user is an auditor. */
  #isGood(userId: string, issued: RecordedPrivateEvent, code: string): boolean {
    const { live, clock } = this.#options.projection;
    const { password_reset_by: by } = live.accounts.of(userId);
    return (
      issued.type === 'ResetCodeSet' &&
      isCode(code, issued.data.hash) &&
      Date.parse(clock.at()) <= Date.parse(issued.data.until) &&
      live.accounts.isActive(userId) &&
      by !== null &&
      mayAdminister(by, userId, live)
    );
  }

  async #set(userId: string, hash: string): Promise<PasswordReset> {
    const { sessions } = this.#options;
    const session_id = randomUUID();
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const before = await this.#read(credentialStream(userId));
      if (before === 'unavailable') return { kind: 'unavailable', codeUsed: true };
      const set = await this.#append(userId, credentialStream(userId), before?.revision ?? NO_STREAM, {
        type: 'CredentialSet',
        data: { hash, session_id },
      });
      if (set.kind === 'conflict') continue;
      if (set.kind !== 'appended') return { kind: set.kind === 'full' ? 'full' : 'unavailable', codeUsed: true };
      const ending = await sessions.endOlder(userId, set.revision, session_id);
      return ending.kind === 'ended' ? { kind: 'reset', userId } : { kind: ending.kind, codeUsed: true };
    }
    return { kind: 'unavailable', codeUsed: true };
  }

  #append(userId: string, stream: string, expected: number, event: Parameters<typeof accountEvent>[2]) {
    const { log, projection } = this.#options;
    return log.append(stream, expected, [accountEvent(userId, 'reset', event, projection.clock.at())]);
  }

  async #read(stream: string): Promise<RecordedPrivateEvent | undefined | 'unavailable'> {
    try {
      return await this.#options.log.readPrivate(stream);
    } catch (error) {
      if (error instanceof LogUnavailable) return 'unavailable';
      throw error;
    }
  }
}

/**
 * Accounts: usernames and their password hashes. The first event of a name's stream reserves the name. It can be written only once,
 * over all nodes. The hash is in a private stream that is not delivered to subscribers.
 */
import { randomUUID } from 'node:crypto';
import type { CredentialSet } from '../domain/events.js';
import { credentialStream } from '../domain/streams.js';
import { type Appended, type EventLog, LogUnavailable, NO_STREAM } from '../log/event-log.js';
import type { User } from '../projections/live-state.js';
import type { Projection } from '../projections/projection.js';
import { accountEvent, DELIVERY_WAIT_MS } from './account-events.js';
import type { AddressBudgets, Slowed } from './address-budgets.js';
import { clientOf } from './client-address.js';
import type { Waiter } from './hash-queue.js';
import type { Invitation } from './invitations.js';
import type { LoginAttempts } from './login-attempts.js';
import type { Passwords } from './passwords.js';
import type { Session, Sessions } from './sessions.js';
import { nameKey, nameStream } from './usernames.js';

/** How often a password change is tried when the credential is replaced concurrently (for example by a rehash). */
const CHANGE_ATTEMPTS = 3;

/** When the client may try again after that many attempts, in milliseconds. */
const CONTENDED_RETRY_MS = 1_000;

export type Registration =
  | { readonly kind: 'registered'; readonly user: User; readonly position: string }
  | { readonly kind: 'name taken' }
  /** The invitation was used already. */
  | { readonly kind: 'not invited' }
  /** Too many accounts were created from this address recently. */
  | Slowed
  /** The server has no memory for more accounts. */
  | { readonly kind: 'memory full' }
  | { readonly kind: 'full' }
  /** The log does not answer; the change may have been written. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

export type Login =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'wrong' }
  /** The password was right; an operator has deactivated the account. */
  | { readonly kind: 'deactivated' }
  | { readonly kind: 'slowed'; readonly retryAfterMs: number }
  /** The log does not answer, so the password cannot be checked. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

export type PasswordChange =
  /** Token of a new session. All other sessions end. */
  | { readonly kind: 'token'; readonly token: string }
  /** The old password is wrong. */
  | { readonly kind: 'wrong' }
  /** Either nothing was changed, or the password was changed but the sessions have not ended yet: the user's next login ends them. */
  | { readonly kind: 'full' }
  /** The log does not answer; the change may have been written. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'slowed'; readonly retryAfterMs: number }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

type Credential = CredentialSet & { readonly revision: number };

export interface AccountsOptions {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly attempts: LoginAttempts;
  readonly budgets: AddressBudgets;
  /** Whether there is memory for more accounts. */
  readonly mayGrow: () => boolean;
}

export class Accounts {
  readonly #options: AccountsOptions;

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** Whether the address may request a login or an account now. To be called before anything else in the request is checked. */
  slowed(address: string, what: 'login' | 'registration'): Slowed | undefined {
    const { budgets } = this.#options;
    return budgets.takeRequest(address) ?? (what === 'registration' ? budgets.registrationWait(address) : undefined);
  }

  /** Both are validated. The credential is written first, so that every existing user can log in. */
  async register(username: string, password: string, address: string, invitation?: Invitation): Promise<Registration> {
    const { projection, budgets, mayGrow } = this.#options;
    if (!mayGrow()) return { kind: 'memory full' };
    const stream = nameStream(username);
    if (projection.live.userNamed(stream)) return { kind: 'name taken' };
    const slowed = budgets.takeRegistration(address);
    if (slowed) return slowed;
    const waiter: Waiter = { lane: 'registration', client: clientOf(address) };
    const registration = await this.#register(username, stream, password, waiter, invitation);
    if (registration.kind !== 'registered' && registration.kind !== 'unavailable')
      budgets.giveBackRegistration(address);
    return registration;
  }

  async #register(
    username: string,
    stream: string,
    password: string,
    waiter: Waiter,
    invitation: Invitation | undefined,
  ): Promise<Registration> {
    const { log, projection, passwords } = this.#options;
    const hashed = await passwords.hash(password, waiter);
    if (hashed.kind === 'busy') return hashed;
    const user_id = randomUUID();
    const credential = await log.append(credentialStream(user_id), NO_STREAM, [
      accountEvent(
        user_id,
        'register',
        { type: 'CredentialSet', data: { hash: hashed.hash } },
        this.#options.projection.clock.at(),
      ),
    ]);
    if (credential.kind !== 'appended') return { kind: credential.kind === 'unknown' ? 'unavailable' : 'full' };
    const invited = (await invitation?.(user_id)) ?? 'used';
    if (invited === 'void') return { kind: 'not invited' };
    if (invited !== 'used') return { kind: invited };
    const registered = accountEvent(
      user_id,
      'register',
      { type: 'UserRegistered', data: { user_id, username } },
      projection.clock.at(),
    );
    const appended: Appended = await log.append(stream, NO_STREAM, [registered]);
    if (appended.kind === 'conflict') return { kind: 'name taken' };
    if (appended.kind === 'unknown') return { kind: 'unavailable' };
    if (appended.kind === 'full') return { kind: 'full' };
    await projection.reached(appended.position, DELIVERY_WAIT_MS);
    return {
      kind: 'registered',
      user: { id: user_id, username, name_stream: stream, created_at: registered.metadata.at },
      position: appended.position,
    };
  }

  /** `address` is the client's, to slow down guessing. An unknown name takes the same time as a wrong password. */
  async login(username: string, password: string, address: string): Promise<Login> {
    const { projection, passwords, sessions } = this.#options;
    const waiter: Waiter = { lane: 'login', client: clientOf(address) };
    const attempt = await this.#options.attempts.of(nameKey(username), address);
    if (attempt.kind === 'slowed') return attempt;
    const user = projection.live.userNamed(nameStream(username));
    const credential = user && (await this.#credential(user.id));
    if (credential === 'unavailable') {
      attempt.abandon();
      return { kind: 'unavailable' };
    }
    const verified = await (credential
      ? passwords.verify(credential.data.hash, password, waiter)
      : passwords.verifyNobody(password, waiter));
    if (verified.kind === 'busy') {
      attempt.abandon();
      return verified;
    }
    if (!user || !credential || !verified.matches) {
      attempt.fail();
      return { kind: 'wrong' };
    }
    attempt.succeed();
    if (!projection.live.accounts.isActive(user.id)) return { kind: 'deactivated' };
    const isWhole = await this.#endOlderSessions(user.id, credential);
    if (isWhole && passwords.needsRehash(credential.data.hash))
      await this.#rehash(user.id, credential.revision, password, waiter);
    return { kind: 'token', token: await sessions.begin(user.id, credential.revision) };
  }

  /**
   * Sets another password, ends all sessions of the user, including this one, and starts a new one. The credential is written first:
   * from then on only the new password is valid, even if the remaining steps fail. The credential names the new session. If the server
   * stops between the two writes, the next login or password change detects this and ends the older sessions.
   */
  async changePassword(session: Session, old: string, replacement: string, address: string): Promise<PasswordChange> {
    const { projection, passwords } = this.#options;
    const waiter: Waiter = { lane: 'login', client: clientOf(address) };
    const attempt = await this.#options.attempts.of(
      nameKey(projection.live.users.get(session.userId)!.username),
      address,
    );
    if (attempt.kind === 'slowed') return attempt;
    for (let tries = 0; tries < CHANGE_ATTEMPTS; tries += 1) {
      const credential = (await this.#credential(session.userId))!;
      if (credential === 'unavailable') {
        attempt.abandon();
        return { kind: 'unavailable' };
      }
      const verified = await passwords.verify(credential.data.hash, old, waiter);
      if (verified.kind === 'busy') {
        attempt.abandon();
        return verified;
      }
      if (!verified.matches) {
        attempt.fail();
        return { kind: 'wrong' };
      }
      const change = await this.#replace(session, credential, replacement, waiter);
      if (change === 'overtaken') continue;
      attempt.succeed();
      return change;
    }
    attempt.abandon();
    return { kind: 'busy', retryAfterMs: CONTENDED_RETRY_MS };
  }

  /** The old password matched `credential`. `overtaken`: another credential was set in the meantime, and nothing was changed. */
  async #replace(
    { userId, sessionId: askedBy }: Session,
    { revision }: Credential,
    replacement: string,
    waiter: Waiter,
  ): Promise<PasswordChange | 'overtaken'> {
    const { log, passwords, sessions } = this.#options;
    const hashed = await passwords.hash(replacement, waiter);
    if (hashed.kind === 'busy') return hashed;
    const sessionId = randomUUID();
    const set = await log.append(credentialStream(userId), revision, [
      accountEvent(
        userId,
        'password',
        { type: 'CredentialSet', data: { hash: hashed.hash, session_id: sessionId } },
        this.#options.projection.clock.at(),
      ),
    ]);
    if (set.kind === 'conflict') return 'overtaken';
    if (set.kind !== 'appended') return { kind: set.kind === 'unknown' ? 'unavailable' : 'full' };
    const ending = await sessions.endOlder(userId, set.revision, sessionId, askedBy);
    if (ending.kind !== 'ended') return ending;
    return { kind: 'token', token: await sessions.begin(userId, set.revision, sessionId) };
  }

  /** Ends the older sessions if an earlier password change did not get that far. False if the log is full: the next login tries again. */
  async #endOlderSessions(userId: string, { revision, data: { session_id } }: Credential): Promise<boolean> {
    const { projection, sessions } = this.#options;
    if (
      session_id === undefined ||
      revision <= (projection.live.endedSessions.changes.get(userId)?.credential ?? NO_STREAM)
    )
      return true;
    return (await sessions.endOlder(userId, revision, session_id)).kind === 'ended';
  }

  async #credential(userId: string): Promise<Credential | undefined | 'unavailable'> {
    try {
      const found = await this.#options.log.readPrivate(credentialStream(userId));
      return found?.type === 'CredentialSet' ? found : undefined;
    } catch (error) {
      if (error instanceof LogUnavailable) return 'unavailable';
      throw error;
    }
  }

  /** Best effort: a concurrent rehash is equally good, and a busy server can rehash at the next login. */
  async #rehash(userId: string, revision: number, password: string, waiter: Waiter): Promise<void> {
    const hashed = await this.#options.passwords.hash(password, waiter);
    if (hashed.kind === 'busy') return;
    await this.#options.log.append(credentialStream(userId), revision, [
      accountEvent(
        userId,
        'login',
        { type: 'CredentialSet', data: { hash: hashed.hash } },
        this.#options.projection.clock.at(),
      ),
    ]);
  }
}

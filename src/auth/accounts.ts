/**
 * Accounts: who has which name, and how he proves it. The name is taken by the first event of its stream, which can be
 * written only once, on whatever node; the hash is in a private stream that no subscriber sees.
 */
import { randomUUID } from 'node:crypto';
import { EVENT_VERSION, type Metadata } from '../domain/events.js';
import { credentialStream } from '../domain/streams.js';
import { LogUnavailable, NO_STREAM, type Appended, type EventLog } from '../log/event-log.js';
import type { User } from '../projections/live-state.js';
import type { Projection } from '../projections/projection.js';
import type { Attempt, LoginThrottle } from './login-throttle.js';
import type { Passwords } from './passwords.js';
import type { Tokens } from './tokens.js';
import { nameKey, nameStream } from './usernames.js';

/** Longest wait for the feed to bring what was just appended, in milliseconds. */
const FEED_WAIT_MS = 5_000;

export type Registration =
  | { readonly kind: 'registered'; readonly user: User; readonly position: string }
  | { readonly kind: 'name taken' }
  | { readonly kind: 'full' }
  /** The log does not answer; it may have happened all the same. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

export type Login =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'slowed'; readonly retryAfterMs: number }
  /** The log does not answer, so the password cannot be checked. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'busy'; readonly retryAfterMs: number };

export interface AccountsOptions {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly passwords: Passwords;
  readonly tokens: Tokens;
  readonly throttle: LoginThrottle;
}

export class Accounts {
  readonly #options: AccountsOptions;
  /** By name and address: the attempt to log in that began last, until it is settled. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** Both are validated. The credential is written first: a user who exists can always log in. */
  async register(username: string, password: string): Promise<Registration> {
    const { log, projection, passwords } = this.#options;
    const stream = nameStream(username);
    if (projection.live.userNamed(stream)) return { kind: 'name taken' };
    const hashed = await passwords.hash(password);
    if (hashed.kind === 'busy') return hashed;
    const user_id = randomUUID();
    const metadata = metadataOf(user_id, 'register');
    const credential = await log.append(credentialStream(user_id), NO_STREAM, [{ id: randomUUID(), event: { type: 'CredentialSet', data: { hash: hashed.hash } }, metadata }]);
    if (credential.kind !== 'appended') return { kind: credential.kind === 'unknown' ? 'unavailable' : 'full' };
    const appended: Appended = await log.append(stream, NO_STREAM, [{ id: randomUUID(), event: { type: 'UserRegistered', data: { user_id, username } }, metadata }]);
    if (appended.kind === 'conflict') return { kind: 'name taken' };
    if (appended.kind === 'unknown') return { kind: 'unavailable' };
    if (appended.kind === 'full') return { kind: 'full' };
    await projection.reached(appended.position, FEED_WAIT_MS);
    return { kind: 'registered', user: { id: user_id, username, name_stream: stream, created_at: metadata.at }, position: appended.position };
  }

  /** `address` is the client's, for slowing down who guesses. A name that nobody has costs the same time as a wrong password. */
  async login(username: string, password: string, address: string): Promise<Login> {
    const { projection, passwords, tokens } = this.#options;
    const attempt = await this.#attempt(nameKey(username), address);
    if (attempt.kind === 'slowed') return attempt;
    const user = projection.live.userNamed(nameStream(username));
    const credential = user && (await this.#credential(user.id));
    if (credential === 'unavailable') {
      attempt.abandon();
      return { kind: 'unavailable' };
    }
    const verified = await (credential ? passwords.verify(credential.data.hash, password) : passwords.verifyNobody(password));
    if (verified.kind === 'busy') {
      attempt.abandon();
      return verified;
    }
    if (!user || !credential || !verified.matches) {
      attempt.fail();
      return { kind: 'wrong' };
    }
    attempt.succeed();
    if (passwords.needsRehash(credential.data.hash)) await this.#rehash(user.id, credential.revision, password);
    return { kind: 'token', token: await tokens.issue({ userId: user.id, sessionId: randomUUID(), authTime: Math.floor(Date.now() / 1000) }) };
  }

  async #credential(userId: string): Promise<Awaited<ReturnType<EventLog['readCredential']>> | 'unavailable'> {
    try {
      return await this.#options.log.readCredential(credentialStream(userId));
    } catch (error) {
      if (error instanceof LogUnavailable) return 'unavailable';
      throw error;
    }
  }

  /** Runs the attempts of one name from one address side by side as far as they are free; the others wait for what becomes of those. */
  async #attempt(key: string, address: string): Promise<Attempt> {
    const pair = `${address} ${key}`;
    for (;;) {
      const attempt = this.#options.throttle.attempt(key, address);
      const underWay = this.#underWay.get(pair);
      if (attempt.kind === 'go') return this.#settling(pair, attempt);
      if (!underWay) return attempt;
      await underWay;
    }
  }

  /** The same attempt, known to be under way until it is told how it went. */
  #settling(pair: string, { kind, fail, succeed, abandon }: Extract<Attempt, { kind: 'go' }>): Attempt {
    let settled: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => (settled = resolve));
    this.#underWay.set(pair, underWay);
    const telling = (tell: () => void) => (): void => {
      tell();
      if (this.#underWay.get(pair) === underWay) this.#underWay.delete(pair);
      settled();
    };
    return { kind, fail: telling(fail), succeed: telling(succeed), abandon: telling(abandon) };
  }

  /** The user and session of a token, or undefined if it is not valid (any more). */
  authenticate(token: string): { userId: string; sessionId: string } | undefined {
    const verified = this.#options.tokens.verify(token);
    if (verified.kind !== 'valid' || !this.#options.projection.live.users.has(verified.userId)) return undefined;
    return { userId: verified.userId, sessionId: verified.sessionId };
  }

  /** Best effort: whoever was faster has set as good a hash, and a busy machine can do it at the next login. */
  async #rehash(userId: string, revision: number, password: string): Promise<void> {
    const hashed = await this.#options.passwords.hash(password);
    if (hashed.kind === 'busy') return;
    await this.#options.log.append(credentialStream(userId), revision, [{ id: randomUUID(), event: { type: 'CredentialSet', data: { hash: hashed.hash } }, metadata: metadataOf(userId, 'login') }]);
  }
}

const metadataOf = (userId: string, command: string): Metadata => ({ at: new Date().toISOString(), by: userId, via: 'self', command, key: randomUUID(), v: EVENT_VERSION });

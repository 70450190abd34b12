/** Operations of operators, and of `npm run admin` on the server's machine, on accounts. Every change is an event that records who made it. */
import { randomUUID } from 'node:crypto';
import { SYSTEM_ID } from '../domain/authorization.js';
import type { PrivateEvent, UserEvent } from '../domain/events.js';
import type { Role } from '../domain/fields.js';
import { credentialStream, resetStream } from '../domain/streams.js';
import { type EventLog, LogUnavailable, NO_STREAM, type RecordedPrivateEvent } from '../log/event-log.js';
import type { LiveState, User } from '../projections/live-state.js';
import type { Projection } from '../projections/projection.js';
import { type Administrator, accountEvent, DELIVERY_WAIT_MS } from './account-events.js';
import { hashOfCode, newCode } from './one-time-codes.js';
import type { UserStreams, Written } from './user-streams.js';
import { nameStream } from './usernames.js';

/** Life of a code for another password, in milliseconds. */
const RESET_CODE_MS = 24 * 3_600_000;

/** How often others may write to a private stream in between. */
const ATTEMPTS = 3;

export type Administered =
  | Written
  /** Already in the requested state: nothing was written. */
  | { readonly kind: 'unchanged' };

type NotWritten = Exclude<Written, { kind: 'written' }>;

export type CodeIssued =
  | { readonly kind: 'code'; readonly code: string; readonly expiresAt: string; readonly position: string }
  | NotWritten;

export type UserAdded =
  | {
      readonly kind: 'added';
      readonly user: User;
      readonly code: string;
      readonly expiresAt: string;
      readonly position: string;
    }
  | { readonly kind: 'name taken' }
  | NotWritten;

export interface AdministrationOptions {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly streams: UserStreams;
}

/**
 * Whether one may reset, deactivate or reactivate the account: an operator not that of an auditor or an operator, or by the password
 * of an auditor they could read every page.
 */
export const mayAdminister = (by: string, userId: string, live: Pick<LiveState, 'roles'>): boolean =>
  by === SYSTEM_ID || live.roles.of(userId).size === 0;

export class Administration {
  readonly #options: AdministrationOptions;

  constructor(options: AdministrationOptions) {
    this.#options = options;
  }

  /** Only for `npm run admin`: the event would be void if an operator caused it. */
  async grantRole(who: Administrator, userId: string, role: Role): Promise<Administered> {
    if (this.#has(userId, role)) return { kind: 'unchanged' };
    return this.#append(who, userId, 'grant_role', { type: 'RoleGranted', data: { role } });
  }

  /** Only for `npm run admin`, as `grantRole`. */
  async revokeRole(who: Administrator, userId: string, role: Role): Promise<Administered> {
    if (!this.#has(userId, role)) return { kind: 'unchanged' };
    return this.#append(who, userId, 'revoke_role', { type: 'RoleRevoked', data: { role } });
  }

  async deactivate(who: Administrator, userId: string): Promise<Administered> {
    if (!this.#options.projection.live.accounts.isActive(userId)) return { kind: 'unchanged' };
    return this.#append(who, userId, 'deactivate', { type: 'UserDeactivated', data: {} });
  }

  async reactivate(who: Administrator, userId: string): Promise<Administered> {
    if (this.#options.projection.live.accounts.isActive(userId)) return { kind: 'unchanged' };
    return this.#append(who, userId, 'reactivate', { type: 'UserReactivated', data: {} });
  }

  /** Makes an account without a password: its user sets one with the code. `username` is validated. */
  async addUser({ by, via }: Administrator, username: string): Promise<UserAdded> {
    const { log, projection } = this.#options;
    const stream = nameStream(username);
    if (projection.live.userNamed(stream)) return { kind: 'name taken' };
    const user_id = randomUUID();
    const event = accountEvent(
      by,
      'add_user',
      { type: 'UserRegistered', data: { user_id, username } },
      projection.clock.at(),
      via,
    );
    const appended = await log.append(stream, NO_STREAM, [event]);
    if (appended.kind === 'conflict') return { kind: 'name taken' };
    if (appended.kind === 'full') return { kind: 'full' };
    if (appended.kind === 'unknown') return { kind: 'unavailable' };
    await projection.reached(appended.position, DELIVERY_WAIT_MS);
    const issued = await this.issueReset({ by, via }, user_id);
    if (issued.kind !== 'code') return issued;
    const user = { id: user_id, username, name_stream: stream, created_at: event.metadata.at };
    return { ...issued, kind: 'added', user };
  }

  /** A code with which the user sets another password, once. It makes the one before void. That it was issued is recorded before there is one. */
  async issueReset(who: Administrator, userId: string): Promise<CodeIssued> {
    const { projection } = this.#options;
    const code = newCode();
    const expiresAt = new Date(Date.parse(projection.clock.at()) + RESET_CODE_MS).toISOString();
    const recorded = await this.#append(who, userId, 'reset_password', {
      type: 'PasswordResetIssued',
      data: { until: expiresAt },
    });
    if (recorded.kind !== 'written') return recorded;
    const set = await this.#setPrivate(who, resetStream(userId), 'reset_password', () => ({
      type: 'ResetCodeSet',
      data: { hash: hashOfCode(code), until: expiresAt },
    }));
    if (set.kind === 'nothing') return { kind: 'unavailable' };
    return set.kind === 'set' ? { kind: 'code', code, expiresAt, position: recorded.position } : set;
  }

  /**
   * Ends all sessions of the user, those too that are not listed: their password is set again, as it is, and what began before is over
   * as after a change of it.
   */
  async endSessions(who: Administrator, userId: string): Promise<Administered> {
    const session_id = randomUUID();
    const set = await this.#setPrivate(who, credentialStream(userId), 'end_sessions', (before) =>
      before?.type === 'CredentialSet'
        ? { type: 'CredentialSet', data: { hash: before.data.hash, session_id } }
        : undefined,
    );
    if (set.kind === 'nothing') return { kind: 'unchanged' };
    if (set.kind !== 'set') return set;
    const data = { credential: set.revision, session_id };
    return this.#append(who, userId, 'end_sessions', { type: 'PasswordChanged', data });
  }

  /**
   * Erases all free text that the user has written: it is null for everybody once the event is folded. Then the key is destroyed, without
   * which nobody can read what the log holds. What they write later has another key.
   */
  async eraseTexts(who: Administrator, userId: string): Promise<Administered> {
    const { texts, live } = this.#options.projection;
    let key: number | undefined;
    try {
      key = await texts.keyToErase(userId);
    } catch (error) {
      if (error instanceof LogUnavailable) return { kind: 'unavailable' };
      throw error;
    }
    if (key === undefined) return { kind: 'unchanged' };
    const isRecorded = key <= live.textKeys.of(userId).erased;
    const recorded: Administered = isRecorded
      ? { kind: 'unchanged' }
      : await this.#append(who, userId, 'erase_texts', { type: 'UserTextsErased', data: { key } });
    if (recorded.kind === 'full' || recorded.kind === 'unavailable') return recorded;
    const destroyed = await texts.destroy(userId, key);
    return destroyed === 'destroyed' ? recorded : { kind: destroyed };
  }

  #has(userId: string, role: Role): boolean {
    return this.#options.projection.live.roles.of(userId).has(role);
  }

  /** Appends what `event` makes of the last event of a private stream; `nothing` where it makes nothing. */
  async #setPrivate(
    { by, via }: Administrator,
    stream: string,
    command: string,
    event: (before: RecordedPrivateEvent | undefined) => PrivateEvent | undefined,
  ): Promise<{ readonly kind: 'set'; readonly revision: number } | { readonly kind: 'nothing' } | NotWritten> {
    const { log, projection } = this.#options;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      let before: RecordedPrivateEvent | undefined;
      try {
        before = await log.readPrivate(stream);
      } catch (error) {
        if (error instanceof LogUnavailable) return { kind: 'unavailable' };
        throw error;
      }
      const made = event(before);
      if (!made) return { kind: 'nothing' };
      const written = accountEvent(by, command, made, projection.clock.at(), via);
      const appended = await log.append(stream, before?.revision ?? NO_STREAM, [written]);
      if (appended.kind === 'appended') return { kind: 'set', revision: appended.revision };
      if (appended.kind === 'full') return { kind: 'full' };
      if (appended.kind === 'unknown') return { kind: 'unavailable' };
    }
    throw new Error(`A private stream was written by others ${ATTEMPTS} times in a row`);
  }

  #append({ by, via }: Administrator, userId: string, command: string, event: UserEvent): Promise<Written> {
    const { streams, projection } = this.#options;
    return streams.append(userId, () => accountEvent(by, command, event, projection.clock.at(), via));
  }
}

/** The state of each account beside its name: whether it is active, who made it, when its password was reset, when its user last logged in. */
import type { DomainEvent, Metadata } from './events.js';

export interface AccountState {
  /** RFC 3339, UTC, ms, here as below. Null while the account is active. */
  readonly inactive_since: string | null;
  /** Null where no login was recorded. */
  readonly last_login_at: string | null;
  /** The operator who made it, or `system`; null for an account that its user registered. */
  readonly made_by: string | null;
  /** When a code to set another password was last issued, and by whom: an operator's id, or `system`. */
  readonly password_reset_at: string | null;
  readonly password_reset_by: string | null;
}

/** Of an account of which nothing was recorded. */
const PLAIN: AccountState = {
  inactive_since: null,
  last_login_at: null,
  made_by: null,
  password_reset_at: null,
  password_reset_by: null,
};

export type AccountEvent = Extract<
  DomainEvent,
  { type: 'UserRegistered' | 'UserDeactivated' | 'UserReactivated' | 'PasswordResetIssued' | 'SessionStarted' }
>;

export class AccountStates {
  /** By user id. */
  readonly #states = new Map<string, AccountState>();
  readonly #inactive = new Set<string>();

  get states(): ReadonlyMap<string, AccountState> {
    return this.#states;
  }

  of(userId: string): AccountState {
    return this.#states.get(userId) ?? PLAIN;
  }

  /** A deactivated user can do nothing: no session, token or page event of theirs counts until they are reactivated. */
  isActive(userId: string): boolean {
    return !this.#inactive.has(userId);
  }

  fold(userId: string, event: AccountEvent, { at, by }: Pick<Metadata, 'at' | 'by'>): void {
    const before = this.of(userId);
    switch (event.type) {
      case 'UserRegistered':
        if (by !== userId) this.set(userId, { ...before, made_by: by });
        return;
      case 'UserDeactivated':
        return this.set(userId, { ...before, inactive_since: before.inactive_since ?? at });
      case 'UserReactivated':
        return this.set(userId, { ...before, inactive_since: null });
      case 'PasswordResetIssued':
        return this.set(userId, { ...before, password_reset_at: at, password_reset_by: by });
      case 'SessionStarted':
        return this.set(userId, { ...before, last_login_at: at });
    }
  }

  set(userId: string, state: AccountState): void {
    if (state.inactive_since === null) this.#inactive.delete(userId);
    else this.#inactive.add(userId);
    this.#states.set(userId, state);
  }
}

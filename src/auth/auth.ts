/** All that knows who somebody is: accounts, sessions, tickets, codes, built from the log and its projection. */
import type { EventLog } from '../log/event-log.js';
import type { StateStore } from '../log/state-store.js';
import type { Projection } from '../projections/projection.js';
import { Accounts } from './accounts.js';
import { AddressBudgets, type AddressLimits } from './address-budgets.js';
import { Administration } from './administration.js';
import { AuditReads } from './audit-reads.js';
import { Invitations } from './invitations.js';
import { LoginAttempts } from './login-attempts.js';
import { createLoginThrottle } from './login-throttle.js';
import { PasswordResets } from './password-resets.js';
import { createPasswords } from './passwords.js';
import { ProgramTokens } from './program-tokens.js';
import { type Session, Sessions } from './sessions.js';
import { createTickets, type Tickets } from './tickets.js';
import { createTokens, type TokensOptions } from './tokens.js';
import { UserStreams } from './user-streams.js';

export interface Auth {
  readonly sessions: Sessions;
  /** The session of a token, as Sessions has it. */
  readonly authenticate: {
    (token: string): Session | undefined;
    prepare(token: string): Promise<void> | undefined;
  };
  readonly tickets: Tickets;
  readonly accounts: Accounts;
  readonly passwordResets: PasswordResets;
  readonly administration: Administration;
  readonly invitations: Invitations;
  readonly programs: ProgramTokens;
  readonly auditReads: AuditReads;
}

export interface AuthOptions extends TokensOptions {
  readonly log: EventLog;
  readonly states: StateStore;
  readonly projection: Projection;
  readonly limits: AddressLimits;
  /** Whether there is memory for more accounts. */
  readonly mayGrow: () => boolean;
}

export function createAuth(options: AuthOptions): Auth {
  const { log, states, projection, limits, mayGrow } = options;
  const streams = new UserStreams({ log, projection });
  const programs = new ProgramTokens({ log, states, projection, streams });
  const sessions = new Sessions({ streams, projection, programs, tokens: createTokens(options) });
  const parts = {
    log,
    projection,
    sessions,
    passwords: createPasswords(),
    attempts: new LoginAttempts(createLoginThrottle()),
  };
  return {
    sessions,
    authenticate: Object.assign((token: string) => sessions.authenticate(token), {
      prepare: (token: string) => sessions.prepare(token),
    }),
    tickets: createTickets(),
    accounts: new Accounts({ ...parts, budgets: new AddressBudgets(limits), mayGrow }),
    passwordResets: new PasswordResets(parts),
    administration: new Administration({ log, projection, streams }),
    invitations: new Invitations({ log, projection }),
    programs,
    auditReads: new AuditReads({ streams, projection }),
  };
}

/** All endpoints under /admin, and who is let in: operators by their session, `npm run admin` by a token of its own. */
import type { Registry } from 'prom-client';
import { isAdminToken } from '../auth/admin-tokens.js';
import type { Administration } from '../auth/administration.js';
import type { Invitations, RegistrationPolicy } from '../auth/invitations.js';
import type { Sessions } from '../auth/sessions.js';
import type { CommandHandler } from '../commands/handling/handler.js';
import { isOperator, SYSTEM_ID } from '../domain/authorization.js';
import type { ReadBudget } from '../net/read-budget.js';
import type { LiveState } from '../projections/live-state.js';
import { adminSessionEndpoints, type SocketsOfNode } from './admin-session-endpoints.js';
import { adminUserEndpoints } from './admin-user-endpoints.js';
import type { AuthenticateAdministrator } from './administrators.js';
import type { OnDeniedRead } from './denied-reads.js';
import type { Endpoint, HttpRequest } from './endpoint.js';
import { figuresEndpoint } from './figures-endpoint.js';
import { invitationEndpoint } from './invitation-endpoint.js';
import { roleEndpoints } from './role-endpoints.js';
import { transferEndpoint } from './transfer-endpoint.js';

export interface AdminOptions {
  readonly administration: Administration;
  readonly invitations: Invitations;
  readonly registration: RegistrationPolicy;
  readonly live: LiveState;
  readonly handling: CommandHandler;
  /** The log's time, RFC 3339. */
  readonly at: () => string;
  readonly sessions: Sessions;
  /** Keys of the signatures that are accepted. */
  readonly secrets: readonly Uint8Array[];
  readonly reads: ReadBudget;
  /** Whether there is memory for more accounts. */
  readonly mayGrow: () => boolean;
  readonly sockets: SocketsOfNode & {
    /** How many are open of a user. */
    of(userId: string): number;
  };
  /** Told of requests by those who are no operators. */
  readonly onDenied?: OnDeniedRead;
  /** Of the metrics. */
  readonly registry: Registry;
  /** What this node is called. */
  readonly node: string;
}

/** To be asked at each request: a role counts from its event on. */
export const administratorsOf =
  ({ live, sessions, secrets }: Pick<AdminOptions, 'live' | 'sessions' | 'secrets'>) =>
  (token: string): ReturnType<AuthenticateAdministrator> => {
    if (isAdminToken(token, secrets)) return { by: SYSTEM_ID, via: 'admin' };
    const session = sessions.authenticate(token);
    if (!session) return undefined;
    if (session.program) return 'program';
    return isOperator(live.roles.of(session.userId)) ? { by: session.userId, via: 'operator' } : 'somebody';
  };

export function adminEndpoints(options: AdminOptions): Endpoint[] {
  const parts = {
    ...options,
    authenticateAdministrator: administratorsOf(options),
    onNobody: (token: string, what: string, { params: about }: HttpRequest): void => {
      const userId = options.sessions.authenticate(token)?.userId;
      if (userId !== undefined) options.onDenied?.({ userId, what, about, code: 'not_found', rule: 'ADM-1' });
    },
    socketsOf: (userId: string) => options.sockets.of(userId),
  };
  return [
    ...adminUserEndpoints(parts),
    ...roleEndpoints(parts),
    ...adminSessionEndpoints(parts),
    figuresEndpoint(parts),
    invitationEndpoint(parts),
    transferEndpoint(parts),
  ];
}

/** All endpoints under /admin, and who is let in: operators by their session, `npm run admin` by a token of its own. */
import { isAdminToken } from '../auth/admin-tokens.js';
import { Administration } from '../auth/administration.js';
import type { Sessions } from '../auth/sessions.js';
import type { UserStreams } from '../auth/user-streams.js';
import type { CommandHandler } from '../commands/handling/handler.js';
import { isOperator, SYSTEM_ID } from '../domain/authorization.js';
import type { ReadBudget } from '../net/read-budget.js';
import type { Projection } from '../projections/projection.js';
import { adminUserEndpoints } from './admin-user-endpoints.js';
import type { AuthenticateAdministrator } from './administrators.js';
import type { Endpoint } from './endpoint.js';
import { roleEndpoints } from './role-endpoints.js';
import { transferEndpoint } from './transfer-endpoint.js';

export interface AdminOptions {
  readonly projection: Projection;
  readonly streams: UserStreams;
  readonly handling: CommandHandler;
  readonly sessions: Sessions;
  /** Keys of the signatures that are accepted. */
  readonly secrets: readonly Uint8Array[];
  readonly reads: ReadBudget;
  /** Open sockets of a user at this node. */
  readonly socketsOf: (userId: string) => number;
}

/** To be asked at each request: a role counts from its event on. */
export const administratorsOf =
  ({ projection: { live }, sessions, secrets }: Pick<AdminOptions, 'projection' | 'sessions' | 'secrets'>) =>
  (token: string): ReturnType<AuthenticateAdministrator> => {
    if (isAdminToken(token, secrets)) return { by: SYSTEM_ID, via: 'admin' };
    const session = sessions.authenticate(token);
    if (!session) return undefined;
    return isOperator(live.roles.of(session.userId)) ? { by: session.userId, via: 'operator' } : 'somebody';
  };

export function adminEndpoints(options: AdminOptions): Endpoint[] {
  const { projection, streams, handling, reads, socketsOf } = options;
  const parts = {
    administration: new Administration({ projection, streams }),
    live: projection.live,
    authenticateAdministrator: administratorsOf(options),
    reads,
    socketsOf,
  };
  return [...adminUserEndpoints(parts), ...roleEndpoints(parts), transferEndpoint({ ...parts, handling })];
}

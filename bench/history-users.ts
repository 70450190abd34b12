/** The users of a written history, who have no passwords: their tokens are signed with the secret that the bench gives its servers. */
import { resolveSecret } from '../src/auth/secret.js';
import { createTokens } from '../src/auth/tokens.js';
import { logFile } from '../src/config.js';
import { openSqliteExport } from '../src/log/sqlite/export.js';

/** JWT_SECRET_KEY of the servers. */
export const SECRET = 'a secret of the benchmark that is of no use to anybody';

export interface HistoryUser {
  readonly id: string;
  readonly username: string;
}

/** In the order of their registration. */
export function usersIn(folder: string): HistoryUser[] {
  const log = openSqliteExport(logFile(folder));
  try {
    const users: HistoryUser[] = [];
    for (const { event } of log.events()) {
      if (event.type === 'UserRegistered') users.push({ id: event.data.user_id, username: event.data.username });
      // A history registers its users before anything else.
      if (event.type === 'PageCreated') break;
    }
    return users;
  } finally {
    log.close();
  }
}

/** A token of one hour. */
export function tokenOf(userId: string, dataDir: string): Promise<string> {
  const { secret } = resolveSecret({ configured: SECRET, production: false, isShared: false, dataDir });
  const authTime = Math.floor(Date.now() / 1_000);
  return createTokens({ secret, expireMinutes: 60, sessionDays: 1 }).issue({
    userId,
    sessionId: 'bench',
    authTime,
    credential: 0,
  });
}

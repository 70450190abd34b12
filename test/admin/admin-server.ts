/** A server of a test that knows its secret, so that it can be asked as `npm run admin` asks it. */
import type { Test } from 'tap';
import { issueAdminToken } from '../../src/auth/admin-tokens.js';
import { type HttpAnswer, type HttpOptions, request } from '../e2e/http-requests.js';
import { type Person, type ServerSettings, startServer, type TestServer } from '../e2e/test-server.js';

export const SECRET = 'a secret of the administration tests and long enough';

export interface AdminServer extends TestServer {
  /** Asks as `npm run admin` does. */
  admin(method: string, path: string, body?: unknown): Promise<HttpAnswer>;
  /** Registers a user who is an operator, or has the role given. */
  operator(username: string, role?: 'operator' | 'auditor'): Promise<Person>;
  restart(): Promise<AdminServer>;
}

export const asAdmin = (url: string, method: string, path: string, options: HttpOptions = {}): Promise<HttpAnswer> =>
  request(url, method, path, { token: issueAdminToken(Buffer.from(SECRET)), ...options });

export async function startAdminServer(t: Test, settings: ServerSettings = {}): Promise<AdminServer> {
  return withAdmin(
    await startServer(t, { ...settings, environment: { ...settings.environment, JWT_SECRET_KEY: SECRET } }),
  );
}

function withAdmin(server: TestServer): AdminServer {
  const admin: AdminServer['admin'] = (method, path, body) => asAdmin(server.url, method, path, { body });
  return {
    ...server,
    admin,
    async operator(username, role = 'operator') {
      const person = await server.person(username);
      const { status } = await admin('POST', `/admin/users/${person.id}/roles`, { role });
      if (status !== 204) throw new Error(`${username} is no ${role}: ${status}`);
      return person;
    },
    async restart() {
      const restarted = withAdmin(await server.restart());
      // A kept connection of before may only now turn out to be closed.
      while (!(await request(restarted.url, 'GET', '/health').catch(() => undefined)));
      return restarted;
    },
  };
}

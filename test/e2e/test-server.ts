/** The whole server inside a test, on a free port and a folder of its own, and users with real sockets. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlarmClient, type AlarmClientOptions, login, register } from '@alarm-server/client';
import { pino } from 'pino';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { type App, startApp } from '../../src/app.js';
import { type Config, readConfig } from '../../src/config.js';

export const PASSWORD = 'correct horse battery staple';

export interface TestServer {
  readonly app: App;
  readonly url: string;
  /** Registers the user and logs them in. */
  person(username: string): Promise<Person>;
  /** Stops it and starts it again on the same folder and port. */
  restart(): Promise<TestServer>;
}

export interface Person {
  readonly id: string;
  readonly username: string;
  readonly token: string;
  /** A connected client; closed when the test ends. */
  connect(): Promise<AlarmClient>;
}

export interface ServerSettings {
  readonly dataDir?: string;
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** What the environment is too coarse for: a token that lives for seconds, say. */
  readonly config?: Partial<Config>;
}

/** With TEST_EVENT_STORE the server's log is there, under names of its own, instead of in its folder. */
function engine(): Record<string, string> {
  const url = process.env['TEST_EVENT_STORE'];
  return url
    ? {
        EVENT_STORE: url,
        EVENT_STORE_PREFIX: `t${randomBytes(8).toString('hex')}-`,
        JWT_SECRET_KEY: 'a secret of the tests that is long enough to be taken',
      }
    : {};
}

export async function startServer(t: Test, given: ServerSettings = {}): Promise<TestServer> {
  // The people of a test all come from one address.
  const settings = {
    ...given,
    environment: { LIMIT_REGISTRATIONS_PER_HOUR: '0', LIMIT_LOGINS_PER_SECOND: '0', ...engine(), ...given.environment },
  };
  const dataDir = settings.dataDir ?? mkdtempSync(join(tmpdir(), 'alarm-server-'));
  const config: Config = {
    ...readConfig({
      HOST: '127.0.0.1',
      PORT: String(settings.port ?? (await freePort())),
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
      ...settings.environment,
    }),
    ...settings.config,
  };
  const app = await startApp(config, pino({ level: config.logLevel }), (error) => t.fail(error.message));
  t.teardown(async () => {
    await app.stop();
    if (!settings.dataDir) rmSync(dataDir, { recursive: true, force: true });
  });
  const url = `http${config.tls ? 's' : ''}://127.0.0.1:${app.port}`;
  return {
    app,
    url,
    person: (username) => person(t, url, username),
    restart: async () => {
      await app.stop();
      return startServer(t, { ...settings, dataDir, port: app.port });
    },
  };
}

/** Not port 0: a listener on it lacks SO_REUSEADDR, and its port could not be taken again by a restart. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export async function person(t: Test, url: string, username: string): Promise<Person> {
  const { id } = await register(url, { username, password: PASSWORD });
  const token = await login(url, { username, password: PASSWORD });
  return { id, username, token, connect: () => connect(t, { url, token }) };
}

/** A client on ws's socket, since Node 20 has none of its own. Its first connection is its only one unless `reconnect` says otherwise. */
export async function connect(t: Test, options: Omit<AlarmClientOptions, 'WebSocket'>): Promise<AlarmClient> {
  const client = await AlarmClient.connect({
    reconnect: false,
    ...options,
    WebSocket: WebSocket as unknown as NonNullable<AlarmClientOptions['WebSocket']>,
  });
  t.teardown(() => client.close());
  return client;
}

/** A server of its own, as a process that can be killed, and browser tabs that are watched: whatever a tab should not do is noted. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AlarmClient, type AlarmClientOptions, login, register } from '@alarm-server/client';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { freePort } from '../../e2e/test-server.js';

export const PASSWORD = 'a password of the tests';
const SERVER = fileURLToPath(new URL('../../../src/main.js', import.meta.url));
const ADMIN = fileURLToPath(new URL('../../../src/cli/admin.js', import.meta.url));
/** How long a tab may take for a step, in milliseconds, also on a busy machine. */
export const STEP_MS = 20_000;

export const testId = (name: string): string => `[data-testid="${name}"]`;

export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Requests to others, violations of the policy, errors in the browser's console, exceptions. */
  readonly problems: string[];
  signIn(username: string): Promise<void>;
  /** Waits until the connection is in one of these states; resolves with how long it took, in ms. */
  becomes(...states: string[]): Promise<number>;
}

export interface Stage {
  readonly url: string;
  /** `at`: the address of the server as the tab knows it; by default the server's own. */
  tab(options?: BrowserContextOptions, at?: string): Promise<Tab>;
  /** Registers the user, if they are new, and connects a client. */
  person(username: string): Promise<AlarmClient>;
  /** Runs the administration tool of the server's machine. */
  admin(...command: string[]): Promise<void>;
  /** Gives a registered user the role of an operator. */
  operator(username: string): Promise<void>;
  kill(): Promise<void>;
  /** Stops the process without ending it: its sockets stay open, and nothing answers. */
  freeze(): void;
  thaw(): void;
  start(): Promise<void>;
  end(): Promise<void>;
}

export function launch(): Promise<Browser> {
  const { chromium } = createRequire(import.meta.url)('playwright-core') as typeof import('playwright-core');
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
  });
}

export async function startStage(browser: Browser, environment: Record<string, string> = {}): Promise<Stage> {
  const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-console-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PATH: process.env['PATH'],
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
    LIMITS: 'off',
    WEBHOOK_ALLOW: '127.0.0.0/8',
    ...environment,
  };
  let child: ChildProcess | undefined;
  const contexts: BrowserContext[] = [];
  const clients: AlarmClient[] = [];

  const start = async (): Promise<void> => {
    child = spawn(process.execPath, ['--enable-source-maps', SERVER], {
      cwd: dataDir,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
      const isUp = await fetch(`${url}/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  await start();
  const admin = async (...command: string[]): Promise<void> => {
    await promisify(execFile)(process.execPath, [ADMIN, ...command], { cwd: dataDir, env });
  };

  return {
    url,
    start,
    admin,
    operator: (username) => admin('role', 'grant', username, 'operator'),
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    tab: async (options = {}, at = url) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      contexts.push(context);
      return watched(await context.newPage(), context, at);
    },
    person: async (username) => {
      const credentials = { username, password: PASSWORD };
      await register(url, credentials).catch(() => undefined);
      const client = new AlarmClient({
        url,
        token: () => login(url, credentials),
        WebSocket: WebSocket as unknown as NonNullable<AlarmClientOptions['WebSocket']>,
      });
      clients.push(client);
      await client.open();
      return client;
    },
    end: async () => {
      await Promise.all(clients.map((client) => client.close().catch(() => undefined)));
      await Promise.all(contexts.map((context) => context.close().catch(() => undefined)));
      await kill();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function watched(page: Page, context: BrowserContext, url: string): Tab {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`exception: ${error.stack}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  const own = new URL(url).host;
  const check = (address: string): void => {
    if (new URL(address).host !== own) problems.push(`request to ${address}`);
  };
  page.on('request', (request) => check(request.url()));
  page.on('websocket', (socket) => check(socket.url()));
  return {
    page,
    context,
    problems,
    signIn: async (username) => {
      await page.goto(`${url}/`);
      await page.fill(testId('login-username'), username);
      await page.fill(testId('login-password'), PASSWORD);
      await page.click(testId('login-submit'));
      await page.waitForSelector(`${testId('connection')}[data-state=live]`, { timeout: STEP_MS });
    },
    becomes: async (...states) => {
      const startedAt = performance.now();
      const selector = states.map((state) => `${testId('connection')}[data-state=${state}]`).join(', ');
      await page.waitForSelector(selector, { timeout: STEP_MS });
      return performance.now() - startedAt;
    },
  };
}

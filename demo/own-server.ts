/** A server of the demo's own: the real process, on a free port and a temporary folder that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What `npm start` runs, as it lies beside the compiled demo. */
const serverEntry = fileURLToPath(new URL('../src/main.js', import.meta.url));

export interface OwnServer {
  readonly url: string;
  /** Rejects if the server ends by itself; never resolves. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
}

/** Resolves when the server says that it is ready. Rejects with what it wrote to stderr if it ends before. */
export async function startOwnServer(): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-demo-'));
  const child = spawn(process.execPath, ['--enable-source-maps', serverEntry], {
    // Neither this process's settings nor a .env file of its working folder are meant for this server.
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: folder,
      JWT_SECRET_KEY: randomBytes(32).toString('base64url'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let stopping = false;
  const ended = exited.then(([code, signal]) => {
    if (!stopping) throw new Error(`its server has ended (${signal ?? `exit code ${code}`})`);
    return new Promise<never>(() => undefined);
  });
  ended.catch(() => undefined);
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  // Ctrl-C reaches the server too; what is left to do is to wait for it, and to tidy up.
  process.once('SIGINT', () => void stop().then(() => process.exit(130)));
  try {
    return { url: `http://127.0.0.1:${await portOf(child)}`, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Its log is a line of JSON each; the one that says it is ready names the port. */
async function portOf({ stdout, stderr }: ChildProcess): Promise<number> {
  let complaint = '';
  stderr!.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const lines = createInterface({ input: stdout! });
  for await (const line of lines) {
    const { port } = JSON.parse(line) as { port?: number };
    if (port === undefined) continue;
    stdout!.resume();
    return port;
  }
  throw new Error(complaint.trim() || 'the server ended before it was ready');
}

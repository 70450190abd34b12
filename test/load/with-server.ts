/** Runs a command with the real server on a folder of its own, whose address takes the place of `{url}` in its arguments; ends as it does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../process/server-process.js';

const [command, ...args] = process.argv.slice(2);
if (command === undefined)
  throw new Error('Name a command: with-server.js node dist/load/main.js --url {url} --storm --viewers 500');
const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-load-'));
const server = await ServerProcess.start({ dataDir });
const child = spawn(
  command,
  args.map((arg) => arg.replace('{url}', server.url)),
  { stdio: 'inherit' },
);
const [code] = (await once(child, 'exit')) as [number | null];
await server.end('SIGTERM');
rmSync(dataDir, { recursive: true, force: true });
process.exit(code ?? 1);

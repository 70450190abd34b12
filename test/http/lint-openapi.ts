/**
 * `npm run lint:openapi`: starts a server and checks its /openapi.json with the rules of OpenAPI's own community. With vacuum where it is
 * installed; otherwise with Spectral, whose rules vacuum's are, fetched by npx. Exit code 1 if there is an error or a warning; 0 with a
 * sentence where neither tool can be had.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../process/server-process.js';

const SPECTRAL = '@stoplight/spectral-cli@6.16.3';

/** Nobody in particular is to be written to about a server that others run. */
const RULES = { extends: ['spectral:oas'], rules: { 'info-contact': 'off' } };

const run = (command: string, args: readonly string[]): number | null =>
  spawnSync(command, args, { stdio: 'inherit' }).status;
const canRun = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const folder = mkdtempSync(join(tmpdir(), 'alarm-server-openapi-'));
const server = await ServerProcess.start({ dataDir: folder, environment: { LOG_LEVEL: 'info' } });
try {
  const document = join(folder, 'openapi.json');
  writeFileSync(document, await (await fetch(`${server.url}/openapi.json`)).text());
  const rules = join(folder, 'rules.json');
  writeFileSync(rules, JSON.stringify(RULES));
  const spectral = ['--yes', '--package', SPECTRAL, 'spectral'];
  if (canRun('vacuum', ['version'])) process.exitCode = run('vacuum', ['lint', '--details', document]) ?? 1;
  else if (canRun('npx', [...spectral, '--version']))
    process.exitCode = run('npx', [...spectral, 'lint', '--ruleset', rules, '--fail-severity', 'warn', document]) ?? 1;
  else console.log('/openapi.json was not checked: neither vacuum nor Spectral can be had here');
} finally {
  await server.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}

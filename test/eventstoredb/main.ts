/**
 * `npm run test:eventstoredb`: what of the server is relied on, the log's contract, two nodes, migration and the e2e tests, all on the EventStoreDB that EVENT_STORE names, or on
 * the stand-in without it. It makes streams with prefixes of its own, and leaves all others alone; nothing is deleted in the end.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { StandIn } from './stand-in.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const standIn = process.env['EVENT_STORE'] ? undefined : await StandIn.start();
const url = process.env['EVENT_STORE'] ?? standIn!.url;
const e2eTests = readdirSync(new URL('../e2e/', import.meta.url)).filter((name) => name.endsWith('.test.js'));
const files = [
  'eventstoredb/server-behaviour.test.js',
  'log/eventstoredb-log.test.js',
  'eventstoredb/two-nodes.test.js',
  'eventstoredb/evidence.test.js',
  'eventstoredb/restored-store.test.js',
  'process/migrate.test.js',
  'http/events.test.js',
  ...e2eTests.map((name) => `e2e/${name}`),
].map((name) => `dist/test/${name}`);

// The password that may be in it is nobody's business.
console.log(
  `On ${standIn ? 'the stand-in: it shows how the server behaves, not how EventStoreDB does' : url.replace(/\/\/[^@/]*@/, '//…@')}: ${files.length} files of tests`,
);
const { EVENT_STORE: _named, ...environment } = process.env;
const tests = spawn(process.execPath, ['dist/test/runner/main.js', ...files], {
  cwd: root,
  stdio: 'inherit',
  env: { ...environment, TEST_EVENT_STORE: url },
});
const [code] = (await once(tests, 'exit')) as [number | null];
await standIn?.stop();
process.exit(code ?? 1);

/**
 * `npm run test:eventstoredb`: what of the server is relied on, the log's contract, two nodes, migration and the e2e tests, all on the EventStoreDB that EVENT_STORE names, or on
 * the stand-in without it. It makes streams with prefixes of its own, and leaves all others alone; nothing is deleted in the end.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runFiles, type Surroundings } from '../runner/run-files.js';
import { StandIn } from './stand-in.js';

const tests = fileURLToPath(new URL('../', import.meta.url));
const { EVENT_STORE: url, ...environment } = process.env;
const e2eTests = readdirSync(new URL('../e2e/', import.meta.url)).filter((name) => name.endsWith('.test.js'));
const files = [
  'eventstoredb/server-behaviour.test.js',
  'log/eventstoredb-log.test.js',
  'eventstoredb/two-nodes.test.js',
  'eventstoredb/mixed-commands.test.js',
  'eventstoredb/evidence.test.js',
  'eventstoredb/restored-store.test.js',
  'process/migrate.test.js',
  'http/events.test.js',
  ...e2eTests.map((name) => `e2e/${name}`),
].map((name) => join(tests, name));

/** A stand-in for each file: what one file wrote would be read again by every server of the next. */
async function ownStandIn(): Promise<Surroundings> {
  const standIn = await StandIn.start();
  return { env: { ...environment, TEST_EVENT_STORE: standIn.url }, end: () => standIn.stop() };
}

// The password that may be in it is nobody's business.
console.log(
  `On ${url ? url.replace(/\/\/[^@/]*@/, '//…@') : 'the stand-in: it shows how the server behaves, not how EventStoreDB does'}: ${files.length} files of tests`,
);
const areGood = await runFiles(files, {
  surround: url
    ? async () => ({ env: { ...environment, TEST_EVENT_STORE: url }, end: async () => undefined })
    : ownStandIn,
});
process.exit(areGood ? 0 : 1);

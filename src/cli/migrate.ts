/** `npm run migrate`: copies the log of a data folder to EventStoreDB, and reports progress and rate. The server must be stopped. */
import { parseArgs } from 'node:util';
import { logFile, readConfig } from '../config.js';
import { lockDataFolder } from '../log/data-lock.js';
import { EventStoreDbImport } from '../log/eventstoredb/import.js';
import { isLeftByStoreClient } from '../log/eventstoredb/rejections.js';
import { openSqliteExport } from '../log/sqlite/export.js';
import { migrate, said } from './migration.js';

const PROGRESS_MS = 1_000;

const HELP = `npm run migrate -- --from <data folder> [--to esdb://…] [--prefix <prefix>]

Copies the log of a data folder to EventStoreDB: every event with its id, time and metadata, in the same order. The server must be
stopped, and no node may be started on the store before the migration has ended. The folder is not changed. If it is interrupted, run
it again: it continues after the last copied event. At the end both logs are read again and compared by count and digest. Subscriptions go on
in the copy at the event that each partition has acknowledged.

  --from <folder>    the DATA_DIR of the server
  --to esdb://…      the store (default: EVENT_STORE; use that if it contains a password, because other users can read command lines)
  --prefix <prefix>  the later EVENT_STORE_PREFIX (default: EVENT_STORE_PREFIX in the environment)
  --help             prints this text
`;

interface Options {
  readonly from: string;
  readonly connectionString: string;
  readonly prefix: string;
}

/** Undefined if help is requested. Throws with a sentence if the arguments are wrong; the sentence does not contain the connection string. */
function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      from: { type: 'string' },
      to: { type: 'string' },
      prefix: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const to = values.to ?? process.env['EVENT_STORE'];
  if (!values.from || !to) throw new Error('--from must be given, and --to or EVENT_STORE; --help says more.');
  // Values that the server would refuse at its start, for example a wrong prefix, are refused here.
  const { eventStore } = readConfig({
    EVENT_STORE: to,
    EVENT_STORE_PREFIX: values.prefix ?? process.env['EVENT_STORE_PREFIX'],
    DEBUG: process.env['DEBUG'],
  });
  return { from: values.from, ...eventStore! };
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function fail(error: unknown): never {
  process.stderr.write(
    `The log was not migrated; the data folder is as it was.\n${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
}

/** Reports when the store stops answering, at most once a second. */
function tellingOfTrouble(): (reason: string) => void {
  let saidAt = -Infinity;
  return (reason) => {
    if (performance.now() - saidAt < PROGRESS_MS) return;
    saidAt = performance.now();
    say(`The store does not answer and is tried again: ${reason}`);
  };
}

async function run(): Promise<void> {
  process.umask(0o077);
  const options = readOptions(process.argv.slice(2));
  if (!options) return say(HELP);
  // Before the lock, which would create the folder if it does not exist.
  const file = logFile(options.from);
  openSqliteExport(file).close();
  const lock = lockDataFolder(options.from);
  const source = openSqliteExport(file);
  const target = new EventStoreDbImport({ ...options, onTrouble: tellingOfTrouble() });
  let startedAt = performance.now();
  let saidAt = -Infinity;
  let found = 0;
  const {
    source: here,
    target: there,
    states,
  } = await migrate(source, target, {
    onFound: (events) => {
      found = events;
      startedAt = performance.now();
      if (events > 0) say(`${events} events are there already`);
    },
    onCopied: (events) => {
      const now = performance.now();
      if (now - saidAt < PROGRESS_MS && events < source.size) return;
      saidAt = now;
      say(`${events} of ${source.size} events, ${Math.round(((events - found) / (now - startedAt)) * 1_000)} events/s`);
    },
    onVerify: () => say('All events are copied; both logs are read again'),
  });
  say(`In the data folder: ${said(here)}`);
  say(`In EventStoreDB:    ${said(there)}`);
  if (states > 0)
    say(`${states} states are carried over: subscriptions with their places, the last use of access tokens`);
  say(`The log ${source.logId} is migrated.`);
  await target.close();
  source.close();
  lock.release();
}

process.on('unhandledRejection', (reason) => {
  if (!isLeftByStoreClient(reason)) fail(reason);
});
run().catch(fail);

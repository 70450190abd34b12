/** The bench's command line. */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly rounds: number;
  /** One short round: does all of it run? No verdicts. */
  readonly quick: boolean;
  /** On the disk to be measured. */
  readonly folder: string;
  readonly json: string | undefined;
  /** An EventStoreDB to measure on instead of the embedded log. */
  readonly eventStore: string | undefined;
}

export const help = `npm run bench -- [options]

Measures the server with the load tool, side by side with two baselines in the same run: bare uWebSockets.js with the same
messages and no store (the ceiling), and one durable SQLite commit of this disk; and beside SQLite alone and, where it is installed
(redis-server, or REDIS_BINARY), Redis that syncs every write. What history costs is measured on a log of a
million events, written at the beginning. Prints medians, ratios and goals.

  --rounds <n>      rounds, of which medians are taken (5); one takes about eleven minutes
  --quick           one round of a second each, on a log of 50,000 events, without verdicts: shows that everything runs
  --folder <path>   where data folders are made and removed: the disk that is measured (the system's temporary folder);
                    it needs room for 4 GB
  --json <file>     all rounds as JSON; - is stdout, and the table goes to stderr
  --event-store <url>  esdb://…: measures the server on that EventStoreDB instead, against its client alone; its own streams, with a
                    prefix for each run, stay there
  --help            this
`;

/** 'help' where that is asked for. Throws an error with a sentence where the arguments are wrong. */
export function readOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean' },
      folder: { type: 'string' },
      json: { type: 'string' },
      'event-store': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const quick = values.quick ?? false;
  const rounds = Number(values.rounds ?? (quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds must be a whole number of 1 or more, not '${values.rounds}'`);
  return { rounds, quick, folder: values.folder ?? tmpdir(), json: values.json, eventStore: values['event-store'] };
}

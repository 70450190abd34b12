/** The chaos run's command line. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../runner/given-number.js';

export interface Options {
  readonly cuts: number;
  readonly seed: number;
  readonly resumes: boolean;
  readonly nodes: number;
  /** `esdb://…` of the store that the nodes share. */
  readonly eventStore: string | undefined;
  readonly kills: number;
  readonly storeFails: boolean;
}

export const help = `after npm run build: node dist/test/chaos/main.js [options]

Puts real servers under load by many users over many pages, changes rights meanwhile, and cuts connections of every kind in
every way. At the end all recover, and a checker compares what each viewer received with the log. Most viewers record what they receive;
some are the reference client, whose store is checked too. The seed determines each choice, but not the timing.

  --cuts <n>            cuts by client, server and proxy (200)
  --seed <n>            of all choices (random unless given; it is printed)
  --no-resume           viewers begin with a new state after each cut; none of them is the reference client
  --nodes <n>           servers, each behind a proxy of its own; viewers and commands connect to any of them (1). Several need --event-store
  --event-store <url>   esdb://… of the EventStoreDB that the nodes share: their log is in streams with a prefix of its own. Without it, SQLite
  --kills <n>           how often a node is killed with kill -9 and restarted, in rotation, some without their read model (0)
  --store-fails         the store is stopped and restarted by others meanwhile: states may be older than what others have received
  --help                this

Exits with 1 if anything was missed, received twice or without the right, done twice or lost, and says what; the data folder is kept then.
`;

/** 'help' where that is asked for. Throws an error with a sentence where the arguments are wrong. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cuts: { type: 'string' },
      seed: { type: 'string' },
      'no-resume': { type: 'boolean' },
      nodes: { type: 'string' },
      'event-store': { type: 'string' },
      kills: { type: 'string' },
      'store-fails': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const nodes = wholeNumber('--nodes', values.nodes, 1);
  const eventStore = values['event-store'];
  if (nodes > 1 && eventStore === undefined)
    throw new Error('--nodes: several nodes share an EventStoreDB; name it with --event-store');
  return {
    cuts: wholeNumber('--cuts', values.cuts, 200),
    seed: wholeNumber('--seed', values.seed, 1 + Math.floor(Math.random() * 4_294_967_295)),
    resumes: !values['no-resume'],
    nodes,
    eventStore,
    kills: wholeNumber('--kills', values.kills, 0, 0),
    storeFails: values['store-fails'] ?? false,
  };
}

/** The crash loop's command line. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../runner/given-number.js';

export interface CrashOptions {
  readonly rounds: number;
  readonly seed: number;
}

export const help = `npm run soak (1,000 rounds), or after npm run build: node dist/test/crash/main.js [options]

Puts the real server under load over real sockets and HTTP, kills it with SIGKILL at a random instant, starts it again,
and holds its log against everything that was answered or shown to anybody: nothing may be missing, nothing doubled.
Each tenth round and the last, the read model is held against one rebuilt from the log.

  --rounds <n>   kills under load (50)
  --seed <n>     of all choices and instants (another one each time; it is printed)
  --help         this

Exits with 1 if anything is missing, doubled or different, and says what; the data folder is kept then.
`;

/** 'help' where that is asked for. Throws an error with a sentence where the arguments are wrong. */
export function readOptions(args: readonly string[]): CrashOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return 'help';
  return {
    rounds: wholeNumber('--rounds', values.rounds, 50),
    seed: wholeNumber('--seed', values.seed, 1 + Math.floor(Math.random() * 4_294_967_295)),
  };
}

/** The fuzzer's command line. */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../runner/given-number.js';

export interface FuzzOptions {
  readonly mutations: number;
  readonly seed: number;
}

export const help = `npm run fuzz -- [options]

Sends the real server valid messages and requests of every kind, changed in content, bytes, frames and heads, beside a storm of
reconnects, and kills it with SIGKILL every thousand mutations. A fault is: an exit that was not ours, an HTTP status of 500, a line
in its log at error or fatal, a message that does not fit its schema, no answer behind a message, a read model that is not what a
rebuild of it gives.

  --mutations <n>  in all (10000)
  --seed <n>       of all choices (another one each time; it is printed)
  --help           this

Exits with 1 where there is a fault, and says what; the data folder is kept then, with the last cases in last-cases.json.
`;

/** 'help' where that is asked for. Throws an error with a sentence where the arguments are wrong. */
export function readOptions(args: readonly string[]): FuzzOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: { mutations: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return 'help';
  return {
    mutations: wholeNumber('--mutations', values.mutations, 10_000),
    seed: wholeNumber('--seed', values.seed, 1 + Math.floor(Math.random() * 4_294_967_295)),
  };
}

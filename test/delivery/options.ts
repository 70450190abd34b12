/** The chaos run's command line. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly cuts: number;
  readonly seed: number;
  readonly resumes: boolean;
}

export const help = `after npm run build: node dist/test/delivery/main.js [options]

Puts the real server under load by many users over many pages, changes rights meanwhile, and cuts connections of every kind in
every way; at the end it heals, and a checker holds what everybody heard against the log. What the seed brings back is each
choice; how they fall together in time is the machine's own.

  --cuts <n>     cuts by client, server and proxy (200)
  --seed <n>     of all choices (another one each time; it is printed)
  --no-resume    viewers begin with a new state after each cut
  --help         this

Exits with 1 if anything was missed, heard twice or without the right, done twice or lost, and says what; the data folder is kept then.
`;

/** 'help' where that is asked for. Throws an error with a sentence where the arguments are wrong. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({ args: [...args], options: { cuts: { type: 'string' }, seed: { type: 'string' }, 'no-resume': { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) return 'help';
  const whole = (name: string, given: string | undefined, fallback: number): number => {
    const value = Number(given ?? fallback);
    if (!Number.isInteger(value) || value < 1 || value > 4_294_967_295) throw new Error(`--${name} must be a whole number of 1 or more, not '${given}'`);
    return value;
  };
  return { cuts: whole('cuts', values.cuts, 200), seed: whole('seed', values.seed, 1 + Math.floor(Math.random() * 4_294_967_295)), resumes: !values['no-resume'] };
}

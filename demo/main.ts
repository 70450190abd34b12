/** The demo's entry: `npm run demo`, or `npm run demo -- --url http://127.0.0.1:8080` against a server that runs already. */
import { parseArgs } from 'node:util';
import { startOwnServer } from './own-server.js';
import { play, type Watching } from './story.js';
import { watchingAt } from './watching.js';

const help = `npm run demo -- [options]

Three people, a group and a page of EUR/USD alarms, live over real sockets; some 5 seconds.

  --url <address>  a running server, http://127.0.0.1:8080 say; without it, one is started on a temporary folder
  --watch          says where to watch it in a browser, begins when Enter is pressed, and goes slowly
  --seed <number>  of the price walk: the same seed, the same prices (5 if not given)

Exits with 0; with 1 if any desk does not hold at the end what the server shows it; with 2 if it cannot be played.
`;

class UsageError extends Error {}

interface Invocation {
  readonly url: string | undefined;
  readonly watch: boolean;
  readonly seed: number;
}

function readOptions(): Invocation | 'help' {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: 'string' },
        watch: { type: 'boolean', default: false },
        seed: { type: 'string', default: '5' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    if (values.url !== undefined && !/^https?:\/\//.test(values.url))
      throw new Error('--url must begin with http:// or https://');
    if (!/^\d{1,9}$/.test(values.seed)) throw new Error('--seed must be a whole number of at most nine digits');
    return { url: values.url, watch: values.watch, seed: Number(values.seed) };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function main({ url, watch, seed }: Invocation): Promise<number> {
  const watching = (url: string): Watching | undefined => (watch ? watchingAt(url) : undefined);
  if (url !== undefined) return (await play(url, seed, watching(url))) ? 0 : 1;
  const server = await startOwnServer();
  try {
    return (await Promise.race([play(server.url, seed, watching(server.url)), server.ended])) ? 0 : 1;
  } finally {
    await server.stop();
  }
}

/** An error's message and those of its causes: fetch says only in its cause that nobody listens. */
function reasons(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${reasons(cause)}` : message;
}

try {
  const invocation = readOptions();
  if (invocation === 'help') process.stdout.write(help);
  else process.exitCode = await main(invocation);
} catch (error) {
  process.stderr.write(
    error instanceof UsageError ? `${error.message}\n\n${help}` : `The demo could not be played: ${reasons(error)}\n`,
  );
  process.exitCode = 2;
}

/** `npm run tail`: the events of all pages that a user may see as NDJSON on stdout, for shells and scripts. Words go to stderr. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { AlarmServerError, type EventItem, events } from '@alarm-server/client';
import { readArguments, run, say } from './tool.js';

const USAGE = `Usage: npm run --silent tail -- --url URL [--token-file FILE] [--since PLACE] [--until-caught-up] [--types LIST]

Writes every event of the pages that you may see to stdout, one JSON object a line, oldest first, and goes on as events happen.
Between them: {"mark": …} with a cursor to resume from, and {"scope": …} when what you may see changes.

  --url URL           the server, like http://127.0.0.1:8080
  --token-file FILE   holds the token; it is read for each connection. Without it, the environment variable ALARM_TOKEN
  --since PLACE       start (the default), now, a cursor, or a moment like 2026-01-15T10:30:00Z
  --until-caught-up   ends when everything so far was written
  --types LIST        event types, separated by commas

Exit codes: 0 caught up, or ended by Ctrl-C or by the reader of stdout; 1 another error; 2 wrong arguments;
3 the token is missing or refused; 4 the cursor is of another log: begin again with --since start.`;

class TokenMissing extends Error {}

function tokenFrom(file: string | undefined): string {
  const token = file === undefined ? (process.env['ALARM_TOKEN'] ?? '') : readFileSync(file, 'utf8').trim();
  if (token === '') throw new TokenMissing('There is no token: pass --token-file, or set ALARM_TOKEN');
  return token;
}

function exitOf(error: unknown): number {
  if (error instanceof TokenMissing) return 3;
  if (!(error instanceof AlarmServerError)) return 1;
  if (error.status === 401 || error.status === 403) return 3;
  if (error.status === 410) return 4;
  return error.status === 422 ? 2 : 1;
}

async function write(item: EventItem): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(item)}\n`)) await once(process.stdout, 'drain');
}

async function tail(): Promise<number> {
  let given: ReturnType<typeof readArguments>;
  try {
    given = readArguments({
      url: { type: 'string' },
      'token-file': { type: 'string' },
      since: { type: 'string', default: 'start' },
      'until-caught-up': { type: 'boolean', default: false },
      types: { type: 'string' },
    });
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`);
    return 2;
  }
  if (!given) {
    say(USAGE);
    return 0;
  }
  const { url, since, types, 'token-file': file } = given as Readonly<Record<string, string | undefined>>;
  if (url === undefined || !URL.canParse(url)) {
    process.stderr.write(`--url must be the address of the server, like http://127.0.0.1:8080\n\n${USAGE}\n`);
    return 2;
  }
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  process.stdout.on('error', () => process.exit(0));
  const place = since?.includes('T') ? { from: since } : { after: since ?? 'start' };
  try {
    for await (const item of events(url, () => tokenFrom(file), {
      ...place,
      ...(types === undefined ? {} : { types: types.split(',') }),
      signal: stopped.signal,
    })) {
      await write(item);
      if (given['until-caught-up'] === true && 'mark' in item && item.mark.caught_up) return 0;
    }
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return exitOf(error);
  }
}

run(tail, 'The events could not be read:', 1);

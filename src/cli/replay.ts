/** `npm run replay`: tells the history again, event by event, or builds the tables as they were then. Nothing is changed; a server may be running. */
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { connectAsAuditor, givenToken } from './auditor-connection.js';
import { folderHistory, type HistorySource, servedHistory } from './history-source.js';
import { ReplayEnd } from './replay-end.js';
import { buildTablesThen, upTo } from './tables-then.js';
import { ToldHistory } from './told-history.js';
import { progress, readArguments, run, say, yieldToServer } from './tool.js';

const HELP = `npm run --silent replay -- --data DIR [--until T] [--page ID] [--speed N|max]
npm run --silent replay -- --data DIR [--until T] --out FILE.db
npm run --silent replay -- --url URL [--token-file FILE] …

Tells the history again, from the log's first event on, one line an event: when, its index, its position, who did what. With --out it builds
the tables as they were then instead: users, groups, user_groups, pages, page_permissions, alarms and alarm_events, as an SQLite file.

  --data DIR         the DATA_DIR of the server; with EVENT_STORE set, the log there
  --url URL          the server instead; needs the token of an auditor
  --token-file FILE  holds the token; without it, the environment variable ALARM_TOKEN
  --until T          up to a moment (2026-01-15T10:30:00Z), a position (@1234) or an index (#1234); without it, everything
  --page ID          only the events of this page
  --speed N          N times as fast as it happened; max, the default: without pauses
  --out FILE.db      a file that does not exist yet
  --help             prints this text

Exit status: 0 if everything up to there was told, 1 if not.
`;

interface Values {
  readonly data?: string;
  readonly url?: string;
  readonly 'token-file'?: string;
  readonly until?: string;
  readonly page?: string;
  readonly speed?: string;
  readonly out?: string;
}

async function replay(): Promise<number> {
  const given = readArguments({
    data: { type: 'string' },
    url: { type: 'string' },
    'token-file': { type: 'string' },
    until: { type: 'string' },
    page: { type: 'string' },
    speed: { type: 'string' },
    out: { type: 'string' },
  }) as Values | undefined;
  if (!given) return (say(HELP), 0);
  const { data, url, until, page, speed, out } = given;
  if ((data === undefined) === (url === undefined))
    throw new Error('--data DIR must be given, or --url URL; --help says more.');
  if (out !== undefined && (page !== undefined || speed !== undefined))
    throw new Error('--page and --speed are for telling the events: --out builds the tables of all pages, at once.');
  const end = new ReplayEnd(until);
  const factor = speedOf(speed);
  yieldToServer();
  const source =
    url === undefined
      ? await folderHistory(data ?? '')
      : servedHistory(connectAsAuditor(url, givenToken(given['token-file'])));
  try {
    if (out === undefined) await tell(source, end, page, factor);
    else {
      const { index, position, at } = await buildTablesThen(source, end, out, progress());
      say(`${out} has the tables as of event ${index} (position ${position}, ${at}).`);
    }
  } finally {
    await source.close();
  }
  return 0;
}

/** Undefined: without pauses. */
function speedOf(text = 'max'): number | undefined {
  if (text === 'max') return undefined;
  const factor = Number(text);
  if (!(factor > 0 && Number.isFinite(factor))) throw new Error('--speed must be a number above 0, or max.');
  return factor;
}

async function tell(
  source: HistorySource,
  end: ReplayEnd,
  pageId: string | undefined,
  factor: number | undefined,
): Promise<void> {
  const history = new ToldHistory({ pageId, isShared: source.isShared });
  let before: string | undefined;
  process.stdout.on('error', () => process.exit(0));
  for await (const batch of source.events()) {
    const events = upTo(batch, end);
    for (const event of events) {
      const told = history.take(event);
      if (!told) continue;
      if (factor !== undefined && before !== undefined) await pauseFor(passedMs(before, told.at) / factor);
      before = told.at;
      if (!process.stdout.write(`${told.line}\n`)) await once(process.stdout, 'drain');
    }
    if (events.length < batch.length) break;
  }
  end.ended();
  if (pageId !== undefined && before === undefined) throw new Error(`The log has no page ${pageId} up to there.`);
}

const passedMs = (before: string, at: string): number => Math.max(0, Date.parse(at) - Date.parse(before));

/** The longest time of a timer, in milliseconds. */
const TIMER_MS = 2 ** 31 - 1;

async function pauseFor(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= TIMER_MS) await pause(Math.min(left, TIMER_MS));
}

run(replay, 'The history could not be told:', 1);

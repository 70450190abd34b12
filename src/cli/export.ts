/** `npm run export`: the events of a window as a bundle of files that anybody can verify, for an auditor. */

import { parseArgs } from 'node:util';
import { type AuditorConnection, connectAsAuditor, givenToken, Refused } from './auditor-connection.js';
import { type ExportOptions, exportBundle, placeOf } from './bundle/bundle-export.js';
import { type Format, formats } from './bundle/bundle-files.js';
import { readAnchors } from './evidence-verification.js';
import { givenPlace } from './given-place.js';
import { progressOf, run, say, yieldToServer } from './tool.js';

const HELP = `npm run export -- --url URL --from T --to T --out DIR [--page ID] [--format ndjson,csv,parquet] [--token-file FILE] [--checkpoint FILE]...

Writes every event of a window to DIR, with a signed checkpoint and the proof that these events are in the log, at their place, and that none
between them is missing. DIR/VERIFY.md says how it is verified, with tools that are not ours too. Needs the token of an auditor.

  --url URL          the server
  --from T, --to T   the window: moments (2026-01-15T10:30:00Z), positions (@1234) or indices (#1234), both included
  --page ID          only the events of this page; nothing of other pages can be read from the bundle
  --format LIST      ndjson is always written, because the proof is over it; csv and parquet are for people and tools (default: ndjson)
  --out DIR          a folder that is empty or does not exist yet
  --token-file FILE  holds the token; without it, the environment variable ALARM_TOKEN
  --checkpoint FILE  a checkpoint that was kept elsewhere: the bundle then has the proof that its log begins with that one's
  --help             prints this text

Exit status: 0 if the bundle is complete, 1 if not.
`;

interface Values {
  readonly url?: string;
  readonly from?: string;
  readonly to?: string;
  readonly page?: string;
  readonly format?: string;
  readonly out?: string;
  readonly 'token-file'?: string;
  readonly checkpoint?: string[];
  readonly help?: boolean;
}

async function exportEvents(): Promise<number> {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      url: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      page: { type: 'string' },
      format: { type: 'string' },
      out: { type: 'string' },
      'token-file': { type: 'string' },
      checkpoint: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  }) as { values: Values };
  if (values.help) return (say(HELP), 0);
  const { url, from, to, page, out, checkpoint = [], 'token-file': file } = values;
  if (url === undefined || from === undefined || to === undefined || out === undefined)
    throw new Error('--url URL, --from T, --to T and --out DIR must be given; --help says more.');
  givenPlace('--from', from);
  givenPlace('--to', to);
  yieldToServer();
  const manifest = await exported(connectAsAuditor(url, givenToken(file)), {
    from,
    to,
    page,
    formats: formatsIn(values.format),
    folder: out,
    anchors: readAnchors(checkpoint),
    onProgress: progressOf('exported'),
  });
  const { events, as_of, tree_size, files } = manifest;
  const unsigned =
    files['key'] === undefined ? ' The server signs nothing: the checkpoint proves nothing by itself.' : '';
  say(
    `${out} holds ${events} events up to position ${as_of.position} (${as_of.at}), proved against a checkpoint of ${tree_size}.${unsigned} Verify it: npm run verify -- --bundle ${out}`,
  );
  return 0;
}

/** The server's parameters by the names that they have here. */
const optionOf: Readonly<Record<string, string>> = { at: '--to', to: '--to', from: '--from', page: '--page' };

async function exported(connection: AuditorConnection, options: ExportOptions) {
  try {
    const { page, to } = options;
    if (page !== undefined) await expectPage(connection, page, to);
    return await exportBundle(connection, options);
  } catch (error) {
    if (!(error instanceof Refused) || error.fields.length === 0) throw error;
    const reasons = error.fields.map(({ field, message }) => `${optionOf[field] ?? field} ${message}`);
    throw new Error(`${reasons.join('; ')}.`);
  }
}

/** Before anything is written. A page that is deleted is one, too. */
async function expectPage(connection: AuditorConnection, page: string, to: string | undefined): Promise<void> {
  const { position } = await placeOf(connection, to);
  try {
    await connection.get(`/audit/pages/${encodeURIComponent(page)}?at=@${position}`);
  } catch (error) {
    // Whoever is no auditor has been told so before.
    if (error instanceof Refused && error.status === 404)
      throw new Error(`The log has no page ${page}${to === undefined ? '' : ` up to ${to}`}.`);
    throw error;
  }
}

function formatsIn(list = 'ndjson'): ReadonlySet<Format> {
  const given = list.split(',').map((name) => name.trim());
  const unknown = given.find((name) => !(formats as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new Error(`--format is a list of ${formats.join(', ')}; ${unknown} is none of them.`);
  return new Set(given as Format[]);
}

run(exportEvents, 'Nothing that is complete was exported:', 1);

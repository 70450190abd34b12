/** `npm run verify`: checks whether a log is intact, in a data folder or as a server shows it. The server may be running. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { environment, logFile, readConfig } from '../config.js';
import { readKnownHead } from '../log/known-head.js';
import { inspectLogFile } from '../log/sqlite/log-file.js';
import { verifyEventsIn } from '../log/sqlite/verification.js';
import { connectAsAuditor, givenToken } from './auditor-connection.js';
import { verifyBundle } from './bundle/bundle-verification.js';
import { integrityFaultBeside, verifyEvidenceBeside } from './checks-beside.js';
import { readAnchors } from './evidence-verification.js';
import { verifyServed } from './served-evidence.js';
import { progress, run, say, yieldToServer } from './tool.js';

const HELP = `npm run verify -- --data DIR [--checkpoint FILE]... [--json]
npm run verify -- --url URL [--token-file FILE] [--checkpoint FILE]... [--json]
npm run verify -- --bundle DIR [--checkpoint FILE]... [--json]

With --data, reads the whole log in a data folder and checks that it is intact: SQLite's own check of the file, positions and revisions
without gaps, unique ids, events that can be read and are stored as they were written; and that it is what the signed checkpoints in the
folder say. With --url, computes the same tree from what a server serves to an auditor. With --bundle, checks what npm run export wrote,
without the server. Names the first fault. Nothing is changed; the server may be running.

  --data DIR         the DATA_DIR of the server
  --url URL          the server; needs the token of an auditor
  --bundle DIR       a folder that npm run export wrote
  --token-file FILE  holds the token; without it, the environment variable ALARM_TOKEN
  --checkpoint FILE  a checkpoint that was kept elsewhere (GET /audit/checkpoint); may be given several times
  --json             prints the result as JSON
  --help             prints this text

Exit status: 0 if it is intact, 1 if it is not, 2 if that could not be told.
`;

interface Values {
  readonly data?: string;
  readonly url?: string;
  readonly bundle?: string;
  readonly 'token-file'?: string;
  readonly checkpoint?: string[];
  readonly json?: boolean;
  readonly help?: boolean;
}

async function verify(): Promise<number> {
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: {
      data: { type: 'string' },
      url: { type: 'string' },
      bundle: { type: 'string' },
      'token-file': { type: 'string' },
      checkpoint: { type: 'string', multiple: true },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }) as { values: Values };
  if (values.help) return (say(HELP), 0);
  const { data, url, bundle } = values;
  if ([data, url, bundle].filter((given) => given !== undefined).length !== 1)
    throw new Error('--data DIR must be given, or --url URL, or --bundle DIR; --help says more.');
  if (data !== undefined) return ofFolder(data, values);
  return url !== undefined ? ofServer(url, values) : ofBundle(bundle ?? '', values);
}

const tellerOf =
  ({ json }: Values) =>
  (sentence: string, facts: object): void =>
    say(json ? JSON.stringify(facts) : sentence);

async function ofServer(url: string, values: Values): Promise<number> {
  const connection = connectAsAuditor(url, givenToken(values['token-file']));
  const anchors = readAnchors(values.checkpoint ?? []);
  const { holds, index, sentences, events } = await verifyServed({ connection, anchors, onProgress: progress() });
  tellerOf(values)(sentences.join('\n'), { holds, index: index ?? null, events, says: sentences });
  return holds ? 0 : 1;
}

async function ofBundle(folder: string, values: Values): Promise<number> {
  yieldToServer();
  const anchors = readAnchors(values.checkpoint ?? []);
  const { verdict, index, sentences, events } = await verifyBundle({ folder, anchors, onProgress: progress() });
  tellerOf(values)([`${folder} ${verdictOf[verdict]}`, ...sentences].join('\n'), {
    holds: verdict === 'cannot tell' ? null : verdict === 'holds',
    index: index ?? null,
    events,
    says: sentences,
  });
  return verdict === 'holds' ? 0 : verdict === 'does not hold' ? 1 : 2;
}

const verdictOf = {
  holds: 'holds.',
  'does not hold': 'is not what was exported.',
  'cannot tell': 'cannot be judged.',
} as const;

async function ofFolder(folder: string, values: Values): Promise<number> {
  const { dataDir, evidenceKeyFile } = readConfig({
    DATA_DIR: folder,
    EVIDENCE_KEY_FILE: environment()['EVIDENCE_KEY_FILE'],
  });
  const file = logFile(dataDir);
  const tell = tellerOf(values);
  if (!existsSync(file)) throw new Error(`There is no ${file}.`);
  if (inspectLogFile(file) === 'none') throw new Error(`${file} holds no log.`);
  const anchors = readAnchors(values.checkpoint ?? []);
  const known = readKnownHead(dataDir);
  yieldToServer();
  const beside = Promise.allSettled([
    verifyEvidenceBeside({ dataDir, logFile: file, keyFile: evidenceKeyFile }, anchors),
    integrityFaultBeside(file),
  ]);
  const scanned = verifyEventsIn(file, progress());
  const [evidenceOutcome, damage] = await beside;
  // A fault of an event has a place, so it comes before one of the file.
  const found = scanned.kind === 'fault' ? scanned : (resultOf(damage) ?? scanned);
  if (found.kind === 'fault') {
    // The evidence may name an earlier place, or what was done. A damaged file may keep it from being read.
    const evidence = evidenceOutcome.status === 'fulfilled' ? evidenceOutcome.value : null;
    const also = evidence?.holds === false ? `\n${evidence.sentences.join('\n')}` : '';
    tell(`${file} is not whole. ${found.sentence} Restore a backup: npm run restore -- --from FILE.${also}`, {
      holds: false,
      position: found.position ?? null,
      fault: found.sentence,
      evidence,
    });
    return 1;
  }
  const evidence = resultOf(evidenceOutcome);
  const says = evidence.sentences.join('\n');
  const { events, head, logId, sha256 } = found;
  // A running server may have appended since. The events that it knew before must be in the file.
  const missing =
    known?.engine === 'sqlite' && known.origin === found.lineage[0] && Number(known.head.position) > events
      ? `It ends at position ${head.position}, but the folder has held that log up to position ${known.head.position}: events are missing.`
      : undefined;
  const fault = missing ?? (evidence.holds ? undefined : says);
  if (fault !== undefined) {
    tell(`${file} is not ${missing === undefined ? 'what was signed' : 'whole'}. ${fault}`, {
      holds: false,
      position: missing === undefined ? null : events + 1,
      fault,
      evidence,
    });
    return 1;
  }
  tell(
    `${file} is whole: the log ${logId}, ${events} events up to position ${head.position}, sha256 ${sha256}.\n${says}`,
    { holds: true, log_id: logId, events, head, sha256, evidence },
  );
  return 0;
}

/** Throws why it could not be told. */
function resultOf<T>(outcome: PromiseSettledResult<T>): T {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

run(verify, 'The log could not be checked.', 2);

/** `npm run verify -- --data DIR`: whether the log in a data folder is whole. The server may run meanwhile. */
import { existsSync } from 'node:fs';
import { logFile, readConfig } from '../config.js';
import { readKnownHead } from '../log/known-head.js';
import { inspectLogFile } from '../log/sqlite/log-file.js';
import { verifyFile } from '../log/sqlite/verification.js';
import { progress, readArguments, run, say } from './tool.js';

const HELP = `npm run verify -- --data DIR [--json]

Reads all of the log in a data folder and says whether it is whole: SQLite's own check of the file, positions and revisions without a
gap, ids that come once, and events that can be read and are stored as they were written. Names the position of the first fault.
Nothing is changed; the server may run meanwhile.

  --data DIR    the DATA_DIR of the server
  --json        says what was found as JSON
  --help        this

It exits with 0 if the log is whole, with 1 if it is not, and with 2 if it cannot tell.
`;

async function verify(): Promise<number> {
  const values = readArguments({ data: { type: 'string' }, json: { type: 'boolean' } });
  if (!values) return (say(HELP), 0);
  if (typeof values['data'] !== 'string') throw new Error('--data DIR must be given; --help says more.');
  const { dataDir } = readConfig({ DATA_DIR: values['data'] });
  const file = logFile(dataDir);
  const tell = (sentence: string, facts: object): void => say(values['json'] ? JSON.stringify(facts) : sentence);
  if (!existsSync(file)) throw new Error(`There is no ${file}.`);
  if (inspectLogFile(file) === 'none') throw new Error(`${file} holds no log.`);
  const known = readKnownHead(dataDir);
  const found = verifyFile(file, progress());
  if (found.kind === 'fault') {
    tell(`${file} is not whole. ${found.sentence} Restore a backup: npm run restore -- --from FILE.`, {
      holds: false,
      position: found.position ?? null,
      fault: found.sentence,
    });
    return 1;
  }
  const { events, head, logId, sha256 } = found;
  // A server that runs has gone on since; what it knew before must be in there.
  const missing =
    known?.engine === 'sqlite' && known.origin === found.lineage[0] && Number(known.head.position) > events
      ? `It ends at position ${head.position}, but the folder has held that log up to position ${known.head.position}: events are missing.`
      : undefined;
  if (missing !== undefined) {
    tell(`${file} is not whole. ${missing}`, { holds: false, position: events + 1, fault: missing });
    return 1;
  }
  tell(`${file} is whole: the log ${logId}, ${events} events up to position ${head.position}, sha256 ${sha256}.`, {
    holds: true,
    log_id: logId,
    events,
    head,
    sha256,
  });
  return 0;
}

run(verify, 'Whether the log is whole cannot be told.', 2);

/** `npm run verify -- --data DIR`: checks whether the log in a data folder is intact. The server may be running. */
import { existsSync } from 'node:fs';
import { logFile, readConfig } from '../config.js';
import { readKnownHead } from '../log/known-head.js';
import { inspectLogFile } from '../log/sqlite/log-file.js';
import { verifyFile } from '../log/sqlite/verification.js';
import { progress, readArguments, run, say, yieldToServer } from './tool.js';

const HELP = `npm run verify -- --data DIR [--json]

Reads the whole log in a data folder and checks that it is intact: SQLite's own check of the file, positions and revisions without
gaps, unique ids, and events that can be read and are stored as they were written. Reports the position of the first fault.
Nothing is changed; the server may be running.

  --data DIR    the DATA_DIR of the server
  --json        prints the result as JSON
  --help        prints this text

Exit status: 0 if the log is intact, 1 if it is not, 2 if it could not be checked.
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
  yieldToServer();
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
  // A running server may have appended since. The events that it knew before must be in the file.
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

run(verify, 'The log could not be checked.', 2);

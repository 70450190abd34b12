/** `npm run restore -- --from FILE`: replaces the log with a backup, under a new id. The server must be stopped. */
import { resolve } from 'node:path';
import { logFile, readModelFile } from '../config.js';
import { lockDataFolder } from '../log/data-lock.js';
import { isLeftByStoreClient } from '../log/eventstoredb/rejections.js';
import { giveNewId, restoreBackup } from '../log/sqlite/restore.js';
import { progress, readArguments, run, say, toolConfig } from './tool.js';

const HELP = `npm run restore -- --from FILE [--data DIR] [--json]
npm run restore -- --in-place [--data DIR] [--json]

Replaces the log of a data folder with a backup. The server must be stopped. The command verifies the backup against its manifest
(FILE.json, if it exists), moves the old files to a folder before-restore-… in the data folder, and gives the log a new id, so that
clients take the full state. The secrets are kept. If it is interrupted, run it again.

  --from FILE    a backup, made by npm run backup or by SQLite's VACUUM INTO
  --in-place     verifies the log in the folder (copied there by hand, or from a disk snapshot) and gives it a new id
  --data DIR     the server's DATA_DIR (default: DATA_DIR in the environment)
  --json         prints the result as JSON
  --help         prints this text

If EVENT_STORE is set: stop all nodes, restore the store as described in docs/operations.md, and run this command once without --from. It
gives the log in the store a new id.
`;

async function restore(): Promise<number> {
  const values = readArguments({
    from: { type: 'string' },
    'in-place': { type: 'boolean' },
    data: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (!values) return (say(HELP), 0);
  const { dataDir, eventStore } = toolConfig(values['data'] as string | undefined);
  const from = values['from'] as string | undefined;
  const isInPlace = values['in-place'] === true;
  const tell = (sentence: string, facts: object): void => say(values['json'] ? JSON.stringify(facts) : sentence);
  if (eventStore) {
    if (from !== undefined)
      throw new Error(
        'EVENT_STORE is set: the log is in EventStoreDB. Restore the store as docs/operations.md says ("Restoring the store"), and run npm run restore without --from, with all nodes stopped.',
      );
    const { restoreStore } = await import('../log/eventstoredb/restore.js');
    const { logId, previous } = await restoreStore(eventStore);
    tell(
      `The log in EVENT_STORE has the new id ${logId} (before: ${previous}). Start the nodes: clients take the full state.`,
      { log_id: logId, previous },
    );
    return 0;
  }
  if ((from === undefined) === !isInPlace)
    throw new Error('Either --from FILE or --in-place must be given; --help says more.');
  const folder = resolve(dataDir);
  const files = { folder, logFile: logFile(folder), readModelFile: readModelFile(folder) };
  const lock = lockDataFolder(folder);
  try {
    if (from === undefined) {
      const { logId, previous } = await giveNewId(folder, files.logFile);
      tell(
        `The log in ${folder} is whole and has the new id ${logId} (before: ${previous}). Start the server: clients take the full state.`,
        { log_id: logId, previous },
      );
    } else {
      const restored = await restoreBackup({ ...files, backup: resolve(from), onProgress: progress() });
      if (!restored.hadManifest && !values['json'])
        say(`There was no ${from}.json to compare it with; the log in it is whole.`);
      tell(
        `${from} is restored in ${folder}: ${restored.events} events. The log has the new id ${restored.logId} (before: ${restored.previous}).${restored.aside === undefined ? '' : ` The old files are in ${restored.aside}.`} Start the server: clients take the full state.`,
        {
          log_id: restored.logId,
          previous: restored.previous,
          events: restored.events,
          aside: restored.aside ?? null,
          manifest: restored.hadManifest,
        },
      );
    }
  } finally {
    lock.release();
  }
  return 0;
}

process.on('unhandledRejection', (reason) => {
  if (!isLeftByStoreClient(reason)) throw reason;
});
run(restore, 'Nothing was restored.', 1);

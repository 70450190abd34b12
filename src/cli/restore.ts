/** `npm run restore -- --from FILE`: a backup in the place of the log, with a new id. The server must be stopped. */
import { resolve } from 'node:path';
import { logFile, readModelFile } from '../config.js';
import { lockDataFolder } from '../log/data-lock.js';
import { isLeftByStoreClient } from '../log/eventstoredb/rejections.js';
import { giveNewId, restoreBackup } from '../log/sqlite/restore.js';
import { progress, readArguments, run, say, toolConfig } from './tool.js';

const HELP = `npm run restore -- --from FILE [--data DIR] [--json]
npm run restore -- --in-place [--data DIR] [--json]

Puts a backup in the place of the log of a data folder, whose server is stopped. It checks the backup and its manifest (FILE.json, if
there is one), puts the old files aside into a folder before-restore-… in the data folder, and gives the log a new id, so that clients
take the full state. The secrets stay. If it is cut short, run it again.

  --from FILE    a backup, made by npm run backup or by SQLite's VACUUM INTO
  --in-place     checks the log that lies there (put back by hand, or with a snapshot of the disk) and gives it a new id
  --data DIR     the DATA_DIR of the server; without it DATA_DIR names it
  --json         says what was done as JSON
  --help         this

With EVENT_STORE set, stop all nodes, restore the store as docs/operations.md says, and run it once without --from: it gives the log in
the store a new id.
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

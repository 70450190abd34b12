/** `npm run backup -- --to FILE`: a verified copy of the log, made while the server runs. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { logFile } from '../config.js';
import { makeBackup, manifestFile } from '../log/sqlite/backup.js';
import { progress, readArguments, run, say, toolConfig, yieldToServer } from './tool.js';

const HELP = `npm run backup -- --to FILE [--data DIR] [--with-secrets DIR] [--json]

Copies a snapshot of the log of a data folder to FILE, verifies the copy and writes the manifest FILE.json: the number of events, the
last one, and digests. The server may be running. FILE must not exist. Only you can read it, because it contains password hashes.
Restore it with npm run restore -- --from FILE.

  --to FILE             the backup
  --data DIR            the server's DATA_DIR (default: DATA_DIR in the environment)
  --with-secrets DIR    copies jwt-secret and evidence-key, which backups do not contain, to this new folder
  --json                prints the result as JSON
  --help                prints this text

With EVENT_STORE set the backup is EventStoreDB's own: docs/operations.md, "Backup of the store".
`;

const SECRETS = ['jwt-secret', 'evidence-key'];

async function backup(): Promise<number> {
  const values = readArguments({
    to: { type: 'string' },
    data: { type: 'string' },
    'with-secrets': { type: 'string' },
    json: { type: 'boolean' },
  });
  if (!values) return (say(HELP), 0);
  const { dataDir, eventStore } = toolConfig(values['data'] as string | undefined);
  if (eventStore)
    throw new Error(
      'EVENT_STORE is set: the log is in EventStoreDB, and so is its backup. Copy the store as docs/operations.md says ("Backup of the store"); the data folders of the nodes need none.',
    );
  const to = values['to'] as string | undefined;
  if (!to) throw new Error('--to FILE must be given; --help says more.');
  const target = resolve(to);
  const secretsTo = values['with-secrets'] as string | undefined;
  if (secretsTo !== undefined && existsSync(secretsTo))
    throw new Error(`${secretsTo} is there already: name a folder that is not.`);
  yieldToServer();
  const manifest = await makeBackup(logFile(dataDir), target, progress());
  const secrets = secretsTo === undefined ? [] : copySecrets(dataDir, secretsTo);
  if (values['json']) say(JSON.stringify({ file: target, ...manifest, secrets }));
  else {
    say(
      `${target} holds the log ${manifest.log_id} up to position ${manifest.head.position}: ${manifest.events} events, ${manifest.bytes} bytes, checked. ${manifestFile(target)} describes it.`,
    );
    if (secretsTo !== undefined)
      say(
        `${secretsTo} holds ${secrets.length === 0 ? 'nothing: there are no secrets in the data folder' : secrets.join(', ')}.`,
      );
  }
  return 0;
}

function copySecrets(dataDir: string, folder: string): string[] {
  mkdirSync(folder, { mode: 0o700 });
  const there = SECRETS.filter((name) => existsSync(join(dataDir, name)));
  for (const name of there) copyFileSync(join(dataDir, name), join(folder, name));
  return there;
}

run(backup, 'No backup was made.', 1);

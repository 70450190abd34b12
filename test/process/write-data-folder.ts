/**
 * `node dist/test/process/write-data-folder.js --server FILE --to FOLDER`: writes a data folder as a released version leaves it, with what
 * that version served of it. `--server`: the compiled main.js of the version, in a checkout of its own. `--to`: a folder that is not there
 * yet, for example test/fixtures/0.1.0. To be run once for each released version; data-folders.test.ts starts today's server on each.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { playStory, servedTo } from './data-folder-story.js';
import { JWT_SECRET } from './server-process.js';

const { values } = parseArgs({ options: { server: { type: 'string' }, to: { type: 'string' } } });
const { server, to } = values;
if (server === undefined || to === undefined)
  throw new Error('usage: write-data-folder.js --server DIST/src/main.js --to FOLDER');
mkdirSync(to);
const child = spawn(process.execPath, [resolve(server)], {
  env: {
    PATH: process.env['PATH'],
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: resolve(to, 'data-folder'),
    JWT_SECRET_KEY: JWT_SECRET,
    LIMITS: 'off',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  let output = '';
  const port = await new Promise<string>((resolve, reject) => {
    child.on('close', () => reject(new Error(`the server ended before it was ready: ${output}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const found = /"port":(\d+)[^\n]*is ready"/.exec(output);
      if (found) resolve(found[1]!);
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const story = await playStory(url);
  const served = await servedTo(url, story);
  writeFileSync(join(to, 'served.json'), `${JSON.stringify({ story, served }, undefined, 1)}\n`);
} finally {
  child.kill('SIGTERM');
  await once(child, 'close');
}
for (const name of ['lock', 'log.db-wal', 'log.db-shm', 'read-model.db-wal', 'read-model.db-shm'])
  rmSync(join(to, 'data-folder', name), { force: true });

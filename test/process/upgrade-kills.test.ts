/**
 * The first start of this version on an earlier version's data folder, killed at any moment: the next start comes up with all of it.
 * UPGRADE_KILLS says how often (5); .ci/run asks for 17 on each folder.
 */
import { setTimeout as after } from 'node:timers/promises';
import t from 'tap';
import { Random } from '../crash/random.js';
import { givenNumber } from '../runner/given-number.js';
import { servedTo } from './data-folder-story.js';
import { copyOf, earlierFolders, known } from './earlier-folders.js';
import { ServerProcess } from './server-process.js';

const kills = givenNumber('UPGRADE_KILLS', 5);
const seed = givenNumber('UPGRADE_SEED', Date.now() % 1_000_000, 0);

for (const earlier of earlierFolders) {
  t.test(`UPG-2 a first start on a folder of ${earlier.version}, killed ${kills} times: seed ${seed}`, async (t) => {
    const startedAt = performance.now();
    const calm = await ServerProcess.start({ dataDir: copyOf(earlier, t) });
    const readyMs = performance.now() - startedAt;
    await calm.end('SIGKILL');
    // Node itself takes most of a start; what the server does with the folder is in the last part of it.
    const random = new Random(seed);
    for (let kill = 0; kill < kills; kill += 1) {
      const part = 0.3 + 0.75 * random.next();
      const dataDir = copyOf(earlier, t);
      const first = new ServerProcess({ dataDir });
      await after(part * readyMs);
      await first.end('SIGKILL');
      const second = await ServerProcess.start({ dataDir });
      const served = known(await servedTo(second.url, earlier.story), earlier.served);
      t.same(served, earlier.served, `killed after ${Math.round(part * readyMs)} ms of ${Math.round(readyMs)}`);
      await second.end('SIGKILL');
    }
  });
}

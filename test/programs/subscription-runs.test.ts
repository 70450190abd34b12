/** Seeded runs of consumers on both engines. SUBSCRIPTION_RUNS in the environment gives more, SUBSCRIPTION_SEED the first seed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openEventStoreDbLog } from '../../src/log/eventstoredb/log.js';
import { openSqliteLog } from '../../src/log/sqlite/log.js';
import { anyStore, freshPrefix, silent } from '../log/any-store.js';
import { givenNumber } from '../runner/given-number.js';
import { type RunResult, runSubscription } from './subscription-run.js';

const RUNS = givenNumber('SUBSCRIPTION_RUNS', 2);
const FIRST = givenNumber('SUBSCRIPTION_SEED', 1, 0);

async function inFolder(use: (folder: string) => Promise<RunResult>): Promise<RunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'subscriptions-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const onFatal = (error: Error): never => {
  throw error;
};

t.test(
  'SUB-2 SUB-3 SUB-4 SUB-5 at least once, in page order, nothing behind an acknowledgement, nothing foreign',
  async (t) => {
    let [told, takeovers, kills] = [0, 0, 0];
    for (let seed = FIRST; seed < FIRST + RUNS; seed += 1) {
      const result = await inFolder((folder) =>
        runSubscription({
          seed,
          steps: 150,
          nodes: 1,
          openLog: async () => openSqliteLog({ file: join(folder, 'log.db'), onFatal }),
          fileOf: () => join(folder, 'read-model.db'),
        }),
      );
      t.same(result.faults, [], `seed ${seed}`);
      told += result.told;
      takeovers += result.takeovers;
      kills += result.kills;
    }
    t.comment(`${RUNS} runs: ${told} events told, ${takeovers} takeovers, ${kills} kills of the server`);
  },
);

t.test('SUB-6 the same over two nodes on one log', async (t) => {
  const { url } = await anyStore(t);
  const runs = Math.max(1, Math.floor(RUNS / 4));
  for (let seed = FIRST; seed < FIRST + runs; seed += 1) {
    const prefix = freshPrefix();
    const result = await inFolder((folder) =>
      runSubscription({
        seed,
        steps: 100,
        nodes: 2,
        openLog: () =>
          openEventStoreDbLog({ connectionString: url, prefix, patienceMs: 10_000, observer: silent, onFatal }),
        fileOf: (node) => join(folder, `read-model-${node}.db`),
      }),
    );
    t.same(result.faults, [], `seed ${seed}`);
  }
});

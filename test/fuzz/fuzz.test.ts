import t from 'tap';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { givenNumber } from '../runner/given-number.js';
import { FuzzRun, noFigures } from './fuzz-run.js';

/** Set it to replay a failure. */
const SEED = givenNumber('TEST_SEED', Date.now() % 2 ** 31, 0);

const MUTATIONS = 250;

t.test(
  `FUZZ-1 FUZZ-2 FUZZ-3 changed input of every kind beside a storm, and a kill: no exit, no status 500, no error in the log, every message fits, the read model is a rebuilt one (TEST_SEED=${SEED})`,
  async (t) => {
    const figures = noFigures();
    t.same(await FuzzRun.run(temporaryFolder(t), MUTATIONS, SEED, figures, MUTATIONS / 2), []);
    t.ok(figures.mutations >= MUTATIONS && figures.kills === 1, 'it was fuzzed', figures);
    t.ok(
      figures.sockets > 0 && figures.storms > 0 && (figures.statuses.get(200) ?? 0) > 0,
      'it reached the server',
      figures,
    );
  },
);

import t from 'tap';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { CrashLoop, noFigures } from './crash-loop.js';
import { Random } from './random.js';

const SEED = 1;

t.test(
  'LOG-13 CMD-1 PROJ-1 killed under load and started again, three times: nothing acknowledged is missing, nothing is doubled',
  async (t) => {
    const figures = noFigures();
    const loop = await CrashLoop.start(temporaryFolder(t), new Random(SEED), figures);
    t.teardown(() => loop.stop());
    for (let round = 1; round <= 3; round++) t.same(await loop.round(round === 3), [], `round ${round}`);
    t.match(figures, { rounds: 3, comparisons: 1 });
    t.ok(figures.answered > 0 && figures.seen > 0 && figures.unanswered > 0, 'it was under load', figures);
  },
);

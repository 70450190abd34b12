import t from 'tap';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { givenNumber } from '../runner/given-number.js';
import { noFigures } from './figures.js';
import { RestoreRounds } from './restore-rounds.js';

t.test(
  'LOG-33 after the log was restored, in whichever way, every client’s store equals the server’s, or the start was refused with a sentence',
  async (t) => {
    const seed = givenNumber('SEED', 1 + Math.floor(Math.random() * 1_000_000), 0);
    t.comment(`SEED=${seed} brings it back`);
    const figures = noFigures();
    const rounds = await RestoreRounds.start(temporaryFolder(t), seed, figures);
    t.teardown(() => rounds.end());
    for (let at = 0; at < 6; at++) t.same(await rounds.round(), [], `round ${at + 1}`);
    t.equal(figures.comparisons, 24);
  },
);

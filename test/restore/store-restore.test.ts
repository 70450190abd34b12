/** On the stand-in; `node dist/test/restore/main.js --event-store …` does the same on a real EventStoreDB. */
import t from 'tap';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { givenNumber } from '../runner/given-number.js';
import { noFigures } from './figures.js';
import { RestorableStandIn } from './restorable-store.js';
import { StoreRounds } from './store-rounds.js';

t.test(
  'LOG-33 LOG-32 LOG-35 after the log in EventStoreDB was put back, in whichever way, every client’s store equals the server’s, or the start was refused with a sentence',
  async (t) => {
    const seed = givenNumber('SEED', 1 + Math.floor(Math.random() * 1_000_000), 0);
    t.comment(`SEED=${seed} brings it back`);
    const figures = noFigures();
    const store = await RestorableStandIn.start();
    t.teardown(() => store.stop('asked'));
    const rounds = await StoreRounds.start(temporaryFolder(t), store, seed, figures);
    t.teardown(() => rounds.end());
    for (let at = 0; at < 4; at++) t.same(await rounds.round(), [], `round ${at + 1}`);
    t.equal(figures.comparisons, 16);
  },
);

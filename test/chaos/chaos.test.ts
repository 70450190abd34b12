import t from 'tap';
import { StandIn } from '../eventstoredb/stand-in.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { Chaos } from './chaos.js';

const SEED = 1;

t.test(
  'CUT-1 DLV-1 DLV-2 DLV-3 CMD-1 sixty cuts of every kind under load: nothing is missed, doubled or received without the right',
  async (t) => {
    const report = await Chaos.run({
      dataDir: temporaryFolder(t),
      cuts: 60,
      seed: SEED,
      resumes: true,
      nodes: 1,
      kills: 0,
      limitMs: 30_000,
    });
    t.same(report.findings, []);
    t.ok(
      report.sentAgain > 0 && report.messages > 100 && report.connections > 30,
      'it was under load, and cut',
      report,
    );
  },
);

t.test(
  'CUT-3 LOG-16 DLV-12 sixty cuts over two nodes on one EventStoreDB, each of which is killed once: the same holds',
  async (t) => {
    const standIn = await StandIn.start();
    t.teardown(() => standIn.stop());
    const report = await Chaos.run({
      dataDir: temporaryFolder(t),
      cuts: 60,
      seed: SEED,
      resumes: true,
      nodes: 2,
      eventStore: standIn.url,
      kills: 2,
      limitMs: 30_000,
    });
    t.same(report.findings, []);
    t.equal(report.kills, 2);
    t.ok(
      report.sentAgain > 0 && report.messages > 100 && report.connections > 30,
      'it was under load, and cut',
      report,
    );
  },
);

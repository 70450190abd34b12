/** Which log a start accepts, which gets a new id, and which is refused: pure, from what was found and what is remembered. */
import t from 'tap';
import type { EventMark } from '../../src/log/event-log.js';
import type { KnownHead } from '../../src/log/known-head.js';
import {
  type FoundFiles,
  type FoundLog,
  judgeFiles,
  judgeLog,
  judgeSharedLog,
  type ReadModelMark,
  type Verdict,
} from '../../src/log/log-history.js';

const mark = (position: number, digest = `digest ${position}`): EventMark => ({
  position: String(position),
  id: `event ${position}`,
  digest,
});
const files = { log: 'inode 1', wal: 'inode 2', written: '1000' };
const known = (changed: Partial<KnownHead> = {}): KnownHead => ({
  engine: 'sqlite',
  log_id: 'one',
  origin: 'one',
  head: mark(50),
  closed: true,
  boot: 'boot 1',
  files,
  ...changed,
});
const readModel = (changed: Partial<ReadModelMark> = {}): ReadModelMark => ({
  engine: 'sqlite',
  log_id: 'one',
  origin: 'one',
  head: mark(48),
  ...changed,
});
const found = (changed: Partial<FoundFiles> = {}): FoundFiles => ({
  file: '/data/log.db',
  isLog: true,
  walBytes: 0,
  files,
  boot: 'boot 1',
  ...changed,
});
const log = (changed: Partial<FoundLog> = {}): FoundLog => ({
  lineage: ['one'],
  head: '50',
  isBackup: false,
  at: (position) => (Number(position) <= 50 ? mark(Number(position)) : undefined),
  ...changed,
});

const says = (verdict: Verdict | undefined): string =>
  verdict?.kind === 'restored' ? verdict.reason : verdict?.kind === 'refused' ? verdict.sentence : '';

t.test(
  'LOG-18 a log that is missing or empty where the folder has held one is refused, with the file and the remedy',
  async (t) => {
    const missing = found({ isLog: false, files: undefined });
    for (const remembered of [
      { known: known(), readModel: undefined },
      { known: undefined, readModel: readModel() },
      { known: known(), readModel: readModel() },
    ]) {
      const verdict = judgeFiles(remembered, missing);
      t.equal(verdict?.kind, 'refused');
      t.match(
        says(verdict),
        /\/data\/log\.db is missing .*held the log one up to position (50|48).*npm run restore -- --from FILE.*delete log-head\.json and read-model\.db/,
      );
    }
    t.equal(judgeFiles({ known: undefined, readModel: undefined }, missing), undefined, 'a new folder begins a log');
    t.equal(judgeFiles({ known: known(), readModel: readModel() }, found()), undefined);
  },
);

t.test(
  'LOG-19 a -wal beside another log.db than the one it was written for is refused before it is applied',
  async (t) => {
    const killed = { known: known({ closed: false }), readModel: readModel() };
    const wal = { walBytes: 5_000 };
    t.equal(judgeFiles(killed, found(wal)), undefined, 'as kill -9 leaves it');
    const harms: Record<string, Partial<FoundFiles>> = {
      'log.db was replaced': { files: { ...files, log: 'inode 9' } },
      'log.db was written over': { files: { ...files, written: '2000' } },
      'the -wal is another': { files: { ...files, wal: 'inode 9' } },
    };
    for (const [what, harm] of Object.entries(harms)) {
      const verdict = judgeFiles(killed, found({ ...wal, ...harm }));
      t.equal(verdict?.kind, 'refused', what);
      t.match(
        says(verdict),
        /do not belong together.*delete \/data\/log\.db-wal and \/data\/log\.db-shm.*npm run restore/,
        what,
      );
      t.equal(judgeFiles(killed, found(harm)), undefined, `${what}: without a -wal nothing can be mixed`);
    }
    t.equal(
      judgeFiles(
        { ...killed, known: known({ closed: false, files: { ...files, written: null } }) },
        found({ ...wal, files: { ...files, written: '2000' } }),
      ),
      undefined,
      'killed while a checkpoint wrote log.db',
    );
    t.equal(
      judgeFiles(killed, found({ ...wal, boot: 'boot 2', files: { ...files, written: '2000' } })),
      undefined,
      'after a power cut the file with what is known may be older',
    );
    t.equal(
      judgeFiles(killed, found({ ...wal, files: { log: 'inode 8', wal: 'inode 9', written: '1000' } })),
      undefined,
      'a copy of the whole folder: both are of one moment',
    );
  },
);

t.test('LOG-7 LOG-17 the log that the folder knows keeps its id', async (t) => {
  const remembered = { known: known(), readModel: readModel() };
  t.same(judgeLog(remembered, found(), log()), { kind: 'same' });
  t.same(
    judgeLog(
      { ...remembered, known: known({ closed: false }) },
      found({ walBytes: 5_000 }),
      log({ head: '90', at: (position) => mark(Number(position)) }),
    ),
    { kind: 'same' },
    'after a power cut it is longer',
  );
  t.same(
    judgeLog({ ...remembered, known: known({ closed: false }) }, found(), log()),
    { kind: 'same' },
    'killed, and a tool has folded the -wal into the file',
  );
  t.same(
    judgeLog(
      { known: known({ head: mark(40) }), readModel: readModel({ head: mark(40) }) },
      found(),
      log({ lineage: ['one', 'two'] }),
    ),
    { kind: 'same' },
    'it has had its new id already',
  );
  t.same(
    judgeLog({ known: known(), readModel: readModel({ log_id: 'another', origin: 'another' }) }, found(), log()),
    { kind: 'same' },
    'a foreign read model is built anew',
  );
});

t.test('LOG-17 where history may have been replaced the log gets a new id, and the reason is said', async (t) => {
  const remembered = { known: known(), readModel: readModel() };
  const cases: readonly (readonly [string, Verdict, RegExp])[] = [
    [
      'a backup of ours',
      judgeLog(remembered, found(), log({ isBackup: true, head: '20' })),
      /a backup was put in place/,
    ],
    [
      'another history, as long',
      judgeLog(remembered, found(), log({ at: (position) => mark(Number(position), 'another') })),
      /position 50 is another/,
    ],
    [
      'another history, longer',
      judgeLog(remembered, found(), log({ head: '80', at: () => ({ ...mark(50), id: 'another' }) })),
      /position 50 is another/,
    ],
    [
      'log-head.json is gone',
      judgeLog({ known: undefined, readModel: readModel() }, found(), log()),
      /log-head\.json is missing/,
    ],
    [
      'a folder that knows nothing',
      judgeLog({ known: undefined, readModel: undefined }, found(), log()),
      /does not know the log yet/,
    ],
    [
      'a read model of an earlier version, which kept no hash',
      judgeLog({ known: undefined, readModel: readModel({ head: { position: '48' } }) }, found(), log()),
      /log-head\.json is missing/,
    ],
    [
      'a copy of the whole folder',
      judgeLog(remembered, found({ files: { ...files, log: 'inode 9' } }), log()),
      /copied or replaced/,
    ],
    [
      'the id that it had is not in it',
      judgeLog({ known: known({ log_id: 'two' }), readModel: undefined }, found(), log()),
      /does not know the id two/,
    ],
    [
      'the -wal is gone after a power cut',
      judgeLog({ known: known({ closed: false }), readModel: readModel() }, found({ boot: 'boot 2' }), log()),
      /log\.db-wal is gone/,
    ],
  ];
  for (const [what, verdict, reason] of cases) {
    t.equal(verdict.kind, 'restored', what);
    t.match(says(verdict), reason, what);
  }
});

t.test('LOG-18 a log that is shorter than the folder knows it, or another, is refused', async (t) => {
  const shorter = log({ head: '30' });
  for (const remembered of [
    { known: known(), readModel: readModel() },
    { known: undefined, readModel: readModel() },
    { known: known({ closed: false }), readModel: undefined },
  ]) {
    const verdict = judgeLog(remembered, found(), shorter);
    t.equal(verdict.kind, 'refused');
    t.match(
      says(verdict),
      /ends at position 30, but this folder has held that log up to position (50|48).*log\.db-wal deleted.*--in-place.*--from FILE/,
    );
  }
  for (const remembered of [
    { known: known(), readModel: readModel() },
    { known: undefined, readModel: readModel() },
  ]) {
    t.match(judgeLog(remembered, found(), log({ lineage: ['another'] })), {
      kind: 'refused',
      sentence: /holds another log \(its first id is another\)/,
    });
  }
});

t.test(
  'LOG-32 a store that is not the one a node has followed is refused, until npm run restore has given it a new id',
  async (t) => {
    const engine = 'eventstoredb';
    const shared = (given: Partial<FoundLog> = {}) => ({ ...log(given), since: '2026-11-27T10:00:00.000Z' });
    const remembered = { known: known({ engine, files: null }), readModel: readModel({ engine }) };
    t.same(judgeSharedLog(remembered, shared()), { kind: 'same' });
    t.same(judgeSharedLog({ known: undefined, readModel: undefined }, shared()), { kind: 'same' }, 'a new node');
    t.same(
      judgeSharedLog(remembered, shared({ head: '90', at: (position) => mark(Number(position)) })),
      { kind: 'same' },
      'others have gone on',
    );
    t.match(judgeSharedLog(remembered, shared({ head: '30' })), {
      kind: 'refused',
      sentence: /ends at position 30.*npm run restore once/,
    });
    t.match(judgeSharedLog(remembered, shared({ at: (position) => mark(Number(position), 'another') })), {
      kind: 'refused',
      sentence: /another event there.*npm run restore once/,
    });
    t.match(
      judgeSharedLog({ known: known({ engine, log_id: 'two' }), readModel: undefined }, shared()),
      { kind: 'refused', sentence: /npm run restore once/ },
      'restored to before an earlier restore',
    );
    t.match(judgeSharedLog(remembered, shared({ lineage: ['another'] })), {
      kind: 'refused',
      sentence: /EVENT_STORE holds another log/,
    });
    t.same(
      judgeSharedLog(remembered, shared({ lineage: ['one', 'two'], head: '31' })),
      { kind: 'same' },
      'restored as it should be',
    );
  },
);

t.test(
  'LOG-35 a node whose log id was taken back by a restore goes on with a later id, and with no earlier one',
  async (t) => {
    const engine = 'eventstoredb';
    const at = (hour: number): string => `2026-11-27T${hour}:00:00.000Z`;
    const given = (lineage: readonly string[], since: string) => ({ ...log({ lineage, head: '30' }), since });
    const followed = {
      known: known({ engine, log_id: 'two', since: at(21), files: null }),
      readModel: readModel({ engine, log_id: 'two' }),
    };
    t.same(
      judgeSharedLog(followed, given(['one', 'three'], at(22))),
      { kind: 'same' },
      'npm run restore has been run on an older copy',
    );
    for (const [what, found] of Object.entries({
      'it has not': given(['one'], at(19)),
      'the copy has an earlier restore': given(['one', 'zero'], at(20)),
      'given at the same moment': given(['one', 'three'], at(21)),
    })) {
      t.match(
        judgeSharedLog(followed, found),
        { kind: 'refused', sentence: /npm run restore once.*delete log-head\.json/ },
        what,
      );
    }
    const byReadModel = (newestAt: string | undefined, log_id = 'two') => ({
      known: undefined,
      readModel: readModel({ engine, log_id, newestAt }),
    });
    t.same(
      judgeSharedLog(byReadModel(at(21)), given(['one', 'three'], at(22))),
      { kind: 'same' },
      'log-head.json is gone, the read model tells',
    );
    t.match(judgeSharedLog(byReadModel(at(22)), given(['one', 'three'], at(21))), { kind: 'refused' });
    t.match(
      judgeSharedLog(byReadModel(undefined), given(['one', 'three'], at(22))),
      { kind: 'refused' },
      'of an earlier version',
    );
    t.match(
      judgeSharedLog(
        {
          known: known({ engine, log_id: 'two', files: null }),
          readModel: readModel({ engine, log_id: 'one', newestAt: at(19) }),
        },
        given(['one', 'zero'], at(20)),
      ),
      { kind: 'refused' },
      'a read model of another id says nothing',
    );
  },
);

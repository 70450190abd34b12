/** `npm run replay`: the history told again, and the tables as they were at any place of it. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import t from 'tap';
import { folderHistory } from '../../src/cli/history-source.js';
import { ReplayEnd } from '../../src/cli/replay-end.js';
import { buildTablesThen, SEVEN_TABLES, upTo } from '../../src/cli/tables-then.js';
import { ToldHistory } from '../../src/cli/told-history.js';
import type { DomainEvent, Metadata } from '../../src/domain/events.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { tables } from '../../src/projections/read-model/read-model.js';
import { rebuildReadModel } from '../../src/projections/read-model/rebuild.js';
import { beginning, HistoryWriter, move, replayable } from '../projections/random-history.js';
import { logIn, openLog, readModelIn } from '../projections/running-projection.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { givenNumber } from '../runner/given-number.js';

/** Histories at each run of the tests; RUNS in the environment gives more. */
const RUNS = givenNumber('RUNS', 2);

/** Long after any history of a test. */
const LATER = Date.parse('2500-01-01T00:00:00Z');

/** Every row of the seven tables. */
function sevenIn(file: string): Record<string, unknown[]> {
  const db = openDatabase(file, { readonly: true });
  try {
    return Object.fromEntries(
      tables
        .filter(({ name }) => SEVEN_TABLES.includes(name))
        .map(({ name, columns, keys }) => [
          name,
          db.prepare(`SELECT * FROM ${name} ORDER BY ${columns.slice(0, keys).join(', ')}`).all(),
        ]),
    );
  } finally {
    db.close();
  }
}

/** The tables of a read model that is rebuilt from the log, cut behind a position. */
async function rebuiltFromCut(folder: string, position: number): Promise<Record<string, unknown[]>> {
  const cut = mkdtempSync(join(tmpdir(), 'alarm-server-cut-'));
  try {
    copyFileSync(logIn(folder), logIn(cut));
    const db = openDatabase(logIn(cut));
    db.prepare('DELETE FROM events WHERE position > ?').run(position);
    db.close();
    const log = openLog(cut);
    await rebuildReadModel(log, readModelIn(cut), () => undefined);
    await log.close();
    return sevenIn(readModelIn(cut));
  } finally {
    rmSync(cut, { recursive: true });
  }
}

async function tablesThen(folder: string, until: string, file: string): Promise<unknown> {
  const source = await folderHistory(folder);
  try {
    return await buildTablesThen(source, new ReplayEnd(until, LATER), file, () => undefined);
  } finally {
    await source.close();
  }
}

t.test('REPLAY-1 the tables as of any place are those of a read model rebuilt from a log cut there', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { minLength: 40, maxLength: 120, size: 'max' }),
      fc.nat(1_000),
      async (moves, place) => {
        const folder = mkdtempSync(join(tmpdir(), 'alarm-server-'));
        try {
          const log = openLog(folder);
          const writer = new HistoryWriter();
          const appends = [...beginning, ...moves]
            .map((one) => writer.write(one))
            .filter((append) => append !== undefined);
          await Promise.all(appends.map(({ stream, expected, events }) => log.append(stream, expected, events)));
          await log.close();
          const position = 1 + (place % (appends.length + 1));
          const file = join(folder, 'then.db');
          t.match(await tablesThen(folder, `@${position}`, file), { position: String(position), index: position - 1 });
          t.strictSame(sevenIn(file), await rebuiltFromCut(folder, position), `as of ${position}`);
          t.same(
            readdirSync(folder).filter((name) => name.startsWith('then')),
            ['then.db'],
            'one file',
          );
          return t.passing();
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    ),
    { ...replayable, numRuns: RUNS },
  );
});

const [OLGA, PAGE, OTHER, ALARM] = [1, 2, 3, 4].map((n) => `00000000-0000-4000-8000-00000000000${n}`) as [
  string,
  string,
  string,
  string,
];

/** A log with these events after its first, one second after another. */
async function written(
  folder: string,
  events: readonly (readonly [stream: string, event: DomainEvent, by?: string])[],
): Promise<void> {
  const log = openLog(folder);
  const revisions = new Map<string, number>();
  for (const [at, [stream, event, by = OLGA]] of events.entries()) {
    const expected = revisions.get(stream) ?? -1;
    revisions.set(stream, expected + 1);
    const metadata: Metadata = {
      at: new Date(Date.parse('2100-01-15T10:30:00.000Z') + at * 1_000).toISOString(),
      by,
      via: 'owner',
      command: 'anything',
      key: `k${at}`,
      v: event.type === 'AlarmCreated' ? 3 : 1,
    };
    const id = `00000000-0000-4000-8000-1000000000${String(at).padStart(2, '0')}`;
    const appended = await log.append(stream, expected, [{ id, event, metadata }]);
    if (appended.kind !== 'appended') throw new Error(appended.kind);
  }
  await log.close();
}

const story: readonly (readonly [string, DomainEvent, string?])[] = [
  [`username-${'a'.repeat(64)}`, { type: 'UserRegistered', data: { user_id: OLGA, username: 'olga' } }],
  [`page-${PAGE}`, { type: 'PageCreated', data: { name: 'Desk \u001b[2J', owner_id: OLGA } }],
  [`page-${OTHER}`, { type: 'PageCreated', data: { name: 'Other', owner_id: OLGA } }],
  [`page-${PAGE}`, { type: 'PageRenamed', data: { name: 'Desk "A"' } }],
  [
    `page-${PAGE}`,
    { type: 'AlarmCreated', data: { alarm_id: ALARM, ticker: 'EURUSD', option: '', condition: '> 1.1' } },
  ],
  [`page-${PAGE}`, { type: 'AlarmTriggered', data: { alarm_id: ALARM, price: -0.5 } }],
  [`page-${PAGE}`, { type: 'PageRenamed', data: { name: 'Mine' } }, 'somebody'],
  [`page-${PAGE}`, { type: 'AlarmDeleted', data: { alarm_id: ALARM } }],
];

/** Lines without when and where. */
async function told(folder: string, until: string | undefined, pageId?: string): Promise<string[]> {
  const source = await folderHistory(folder);
  const end = new ReplayEnd(until, LATER);
  try {
    const history = new ToldHistory({ pageId, isShared: source.isShared });
    const lines: string[] = [];
    for await (const batch of source.events())
      for (const event of upTo(batch, end)) lines.push(history.take(event)?.line ?? '');
    end.ended();
    return lines.filter((line) => line !== '');
  } finally {
    await source.close();
  }
}

t.test('REPLAY-2 the history is told with the names of each moment, and controls no terminal', async (t) => {
  const folder = temporaryFolder(t);
  await written(folder, story);
  const lines = await told(folder, undefined);
  t.match(lines[0], /^\S+ {2}#0 {2}@1 {2}the server began the log /);
  t.same(
    lines.slice(1).map((line) => line.split('  ').slice(1).join('  ')),
    [
      '#1  @2  olga registered as "olga"',
      '#2  @3  olga created the page "Desk \\u001b[2J"',
      '#3  @4  olga created the page "Other"',
      '#4  @5  olga renamed the page "Desk \\u001b[2J" to "Desk \\"A\\""',
      '#5  @6  olga created the alarm "EURUSD · > 1.1" (ticker "EURUSD", option "", condition "> 1.1") on the page "Desk \\"A\\""',
      '#6  @7  olga triggered the alarm "EURUSD · > 1.1" at -0.5 on the page "Desk \\"A\\""',
      '#7  @8  the user somebody renamed the page "Desk \\"A\\"" to "Mine" (void: it was without effect)',
      '#8  @9  olga deleted the alarm "EURUSD · > 1.1" on the page "Desk \\"A\\""',
    ],
  );
  t.equal(lines[6]!.split('  ')[0], '2100-01-15T10:30:05.000Z');
  t.same(await told(folder, undefined, OTHER), [lines[3]], 'of one page');
});

t.test('REPLAY-3 a moment, a position and an index are resolved; the future is refused', async (t) => {
  const folder = temporaryFolder(t);
  await written(folder, story);
  for (const [until, count] of [
    ['2100-01-15T10:30:03Z', 5],
    ['2100-01-15T11:30:03.999+01:00', 5],
    ['@6', 6],
    ['#6', 7],
  ] as const)
    t.equal((await told(folder, until)).length, count, until);
  for (const until of ['@99', '#99']) await t.rejects(told(folder, until), /is in the future: the log ends at/, until);
  await t.rejects(told(folder, '2001-01-01T00:00:00Z'), /The log begins after that/);
  for (const wrong of ['yesterday', '2100-01-15T10:30:03', '@', '#-1'])
    t.throws(() => new ReplayEnd(wrong, LATER), /--until must be a moment/, wrong);
  t.throws(() => new ReplayEnd('2100-02-29T00:00:00Z', LATER), /--until does not exist: its day must be 01 to 28/);
  t.throws(
    () => new ReplayEnd('2100-01-15T10:30:03Z', Date.parse('2026-01-01T00:00:00Z')),
    /is in the future: it is 2026/,
  );
});

/** Runs the tool as it is built. */
function replay(...args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const tool = fileURLToPath(new URL('../../src/cli/replay.js', import.meta.url));
  const child = spawn(process.execPath, [tool, ...args], { env: { PATH: process.env['PATH'] ?? '' } });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, text })));
}

t.test('REPLAY-1 REPLAY-2 REPLAY-3 the command line: what it answers, and what it refuses', async (t) => {
  const folder = temporaryFolder(t);
  await written(folder, story);
  const out = join(folder, 'then.db');
  const cases: readonly (readonly [number, RegExp, ...string[]])[] = [
    [0, /#4 {2}@5 {2}olga renamed[^\n]*\n$/, '--until', '@5', '--speed', '1e13'],
    [1, /already a file/, '--until', '@5', '--out', out],
    [1, /is in the future: the log ends at position 9/, '--until', '@99', '--out', join(folder, 'never.db')],
    [1, /must be a number above 0, or max/, '--speed', '0'],
    [1, /^The history could not be told:\nThe log has no page nope up to there\.\n$/, '--page', 'nope'],
    [1, /The log has no page/, '--page', OTHER, '--until', '@3'],
    [1, /builds the tables of all pages/, '--page', PAGE, '--out', out],
  ];
  const built = await replay('--data', folder, '--until', '@5', '--out', out);
  t.match(built, { code: 0, text: /has the tables as of event 4/ });
  await Promise.all(
    cases.map(async ([code, says, ...args]) => {
      const answer = await replay('--data', folder, ...args);
      t.match([answer.code, answer.text], [code, says], args.join(' '));
    }),
  );
  t.notOk(existsSync(join(folder, 'never.db')));
  t.same(
    sevenIn(out)['pages']?.map((page) => (page as { name: string }).name),
    ['Desk "A"', 'Other'],
  );
});

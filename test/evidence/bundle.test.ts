/** Exported bundles: what is in them, that other readers agree, that every alteration is found, and that nothing of other pages is in one of a page. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import t, { type Test } from 'tap';
import { type ExportOptions, exportBundle } from '../../src/cli/bundle/bundle-export.js';
import type { Format } from '../../src/cli/bundle/bundle-files.js';
import { verifyBundle } from '../../src/cli/bundle/bundle-verification.js';
import { pageStream } from '../../src/domain/streams.js';
import { givenNumber } from '../runner/given-number.js';
import { randomFrom } from './altered-log.js';
import { fileAlterations, inManifest, rowAlterations } from './bundle-alterations.js';
import { type ExportedLog, exportedLog, lineOf, momentOf } from './exported-log.js';

const EVENTS = 400;
const log = await exportedLog(EVENTS, randomFrom(1127));
t.teardown(() => {
  log.close();
  rmSync(log.folder, { recursive: true });
});

const all = new Set<Format>(['ndjson', 'csv', 'parquet']);

async function exported(t: Test, options: Partial<ExportOptions> = {}, of: ExportedLog = log) {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-bundle-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const manifest = await exportBundle(of.connection(), {
    from: momentOf(100),
    to: momentOf(299),
    page: undefined,
    formats: all,
    folder,
    anchors: [],
    onProgress: () => undefined,
    ...options,
  });
  return { folder, manifest };
}

const verified = (folder: string, ...notes: readonly string[]) =>
  verifyBundle({
    folder,
    anchors: notes.map((note, at) => ({ file: `anchor ${at}`, note })),
    onProgress: () => undefined,
  });

/** As UTF-8 has it: half of a pair that stands alone is a replacement character. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

const linesIn = (folder: string): string[] =>
  readFileSync(join(folder, 'events.ndjson'), 'utf8').split('\n').slice(0, -1);

t.test('EXP-1 a bundle has exactly the events of its window, and what proves them', async (t) => {
  const { folder, manifest } = await exported(t);
  t.same(
    linesIn(folder),
    log.events.slice(100, 300).map((event, at) => lineOf(event, 100 + at)),
  );
  t.match(manifest, {
    events: 200,
    first: { index: 100, at: momentOf(100) },
    last: { index: 299, position: log.events[299]!.position },
    tree_size: EVENTS,
    page: null,
    as_of: { requested: momentOf(299), index: 299 },
  });
  t.same(
    Object.keys(manifest.files).sort(),
    readdirSync(folder)
      .filter((name) => name !== 'manifest.json')
      .sort(),
  );
  const report = await verified(folder);
  t.match(report, { verdict: 'holds', events: 200 });
  t.match(report.sentences.join('\n'), /from event 100 to event 299.*Not proven: that the key/s);
  const comments = log.events.slice(100, 300).filter(({ type }) => type === 'AlarmCommented').length;
  t.match(report.sentences.join('\n'), `Not proven: the comments and notes that ${comments} of the events show`);
  writeFileSync(join(folder, 'my notes.txt'), 'of the reader');
  t.match((await verified(folder)).sentences.join('\n'), 'Not looked at: my notes.txt');
  await t.rejects(exported(t, { folder }), /is not empty/);
});

t.test('EXP-1 a window without an event, of one event, and of everything', async (t) => {
  for (const [from, to, events] of [
    [momentOf(1_000), momentOf(1_001), 0],
    ['#7', '#7', 1],
    ['#0', `@${log.events.at(-1)!.position}`, EVENTS],
  ] as const) {
    const { folder, manifest } = await exported(t, { from, to });
    t.equal(manifest.events, events, `${from} to ${to}`);
    t.match(await verified(folder), { verdict: 'holds', events });
  }
});

t.test('EXP-2 CSV: RFC 4180, numbers untouched, text that would be a formula neutralised', async (t) => {
  const { folder, manifest } = await exported(t, { from: '#0', to: `#${EVENTS - 1}` });
  const rows = JSON.parse(
    execFileSync(
      'python3',
      [
        '-c',
        'import csv, json, sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8"), strict=True))))',
        join(folder, 'events.csv'),
      ],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    ),
  ) as Record<string, string>[];
  t.equal(rows.length, EVENTS);
  let neutralised = 0;
  const wrong = rows.flatMap((row, index) => {
    const { stream, data, metadata, type, position } = log.events[index]!;
    const { name, ticker, price } = JSON.parse(data) as { name?: string; ticker?: string; price?: number };
    const cell = (text = ''): string => {
      const isFormula = /^[=+\-@\t\r]/.test(text);
      if (isFormula) neutralised += 1;
      return isFormula ? `'${text}` : wellFormed(text);
    };
    const right = {
      index: String(index),
      position,
      stream,
      type,
      price: price === undefined ? '' : String(price),
      name: cell(name),
      ticker: cell(ticker),
      stored_data: data,
      stored_metadata: metadata,
    };
    return Object.entries(right).filter(([column, value]) => row[column] !== value);
  });
  t.same(wrong, []);
  t.ok(
    rows.some(({ price }) => Number(price) < 0),
    'a negative price is a number',
  );
  t.ok(neutralised > 20);
  t.equal(manifest.csv?.neutralised_cells, neutralised);
});

t.test(
  'EXP-3 Parquet, read by a reader that is not ours, agrees with the NDJSON in count, sum and types',
  async (t) => {
    const { folder } = await exported(t);
    const file = await asyncBufferFromFile(join(folder, 'events.parquet'));
    const { schema } = await parquetMetadataAsync(file);
    const typeOf = (name: string) => schema.find((element) => element.name === name);
    t.match(typeOf('at'), {
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    });
    t.match(typeOf('price'), { type: 'DOUBLE', repetition_type: 'OPTIONAL' });
    t.match(typeOf('position'), { type: 'INT64', repetition_type: 'REQUIRED' });
    t.match(typeOf('name'), { type: 'BYTE_ARRAY', converted_type: 'UTF8' });
    t.equal(typeOf('stored_data')?.converted_type, undefined, 'bytes, no text');
    const rows = (await parquetReadObjects({ file, utf8: false })) as Record<string, unknown>[];
    const lines = linesIn(folder).map((line) => JSON.parse(line) as ReturnType<typeof JSON.parse>);
    t.equal(rows.length, lines.length);
    const sum = (prices: readonly unknown[]): number =>
      prices.reduce<number>((total, price) => total + Number(price ?? 0), 0);
    t.equal(sum(rows.map(({ price }) => price)), sum(lines.map(({ data }) => data.price)));
    const wrong = rows.flatMap((row, at) => {
      const { index, position, type, stored, data, at: moment } = lines[at];
      const right = {
        index: BigInt(index),
        position: BigInt(position),
        type,
        at: moment,
        name: data.name === undefined ? undefined : wellFormed(data.name),
        stored_data: stored.data,
        stored_metadata: stored.metadata,
      };
      const is: Record<string, unknown> = {
        ...row,
        at: (row['at'] as Date).toISOString(),
        name: row['name'] ?? undefined,
        stored_data: Buffer.from(row['stored_data'] as Uint8Array).toString(),
        stored_metadata: Buffer.from(row['stored_metadata'] as Uint8Array).toString(),
      };
      return Object.entries(right).filter(([column, value]) => is[column] !== value);
    });
    t.same(wrong, []);
  },
);

t.test('EXP-4 a page is exported without anything of another one, and proved all the same', async (t) => {
  const [page, other] = log.pages as [string, string];
  const { folder, manifest } = await exported(t, { page });
  const own = log.events.map((event, index) => ({ event, index })).slice(100, 300);
  const right = own.filter(({ event }) => event.stream === pageStream(page));
  t.same(
    linesIn(folder),
    right.map(({ event, index }) => lineOf(event, index)),
  );
  t.equal(manifest.page, page);
  // The id of LogCreated is that of the log, which the checkpoint names.
  const others = log.events.filter(({ stream }) => stream !== pageStream(page) && stream !== 'log');
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name)).toString('latin1');
    t.notOk(text.includes(other), `${name} does not name the other page`);
    t.notOk(
      others.some(({ id }) => text.includes(id)),
      `${name} has no id of another event`,
    );
  }
  t.match(await verified(folder), { verdict: 'holds' });
  const [first] = linesIn(folder);
  writeFileSync(join(folder, 'events.ndjson'), `${first}\n`);
  t.match(await verified(folder), { verdict: 'does not hold', index: right[1]!.index });
});

t.test('EVID-9 each alteration of a bundle is found, and of an event at its place', async (t) => {
  const random = randomFrom(givenNumber('SEED', 911, 0));
  const [page] = log.pages;
  const bundles = [(await exported(t)).folder, (await exported(t, { page })).folder];
  const copy = join(bundles[0]!, '..', `alarm-server-altered-bundle-${process.pid}`);
  t.teardown(() => rmSync(copy, { recursive: true, force: true }));
  const faults: string[] = [];
  for (const bundle of bundles)
    for (const [kind, alter] of Object.entries({ ...rowAlterations, ...fileAlterations })) {
      // Where the window ends is another page's event: it is not proved.
      if (kind === 'the place of the end' && bundle !== bundles[0]) continue;
      cpSync(bundle, copy, { recursive: true });
      const index = alter(copy, random);
      const { verdict, index: named, sentences } = await verified(copy);
      if (verdict === 'holds' || (index !== undefined && named !== index))
        faults.push(`${kind} at ${index}: ${verdict}, ${named}: ${sentences.join(' ')}`);
      rmSync(copy, { recursive: true });
    }
  t.same(faults, []);
  cpSync(bundles[0]!, copy, { recursive: true });
  writeFileSync(join(copy, 'manifest.json'), '{"format":');
  t.match(await verified(copy), { sentences: ['manifest.json was altered: it is no JSON.'] });
  rmSync(copy, { recursive: true });
  for (const name of ['events.ndjson', 'checkpoint', 'events.csv']) {
    cpSync(bundles[0]!, copy, { recursive: true });
    rmSync(join(copy, name));
    t.match(await verified(copy), { verdict: 'does not hold', sentences: [`${name}: missing from the bundle.`] });
    rmSync(copy, { recursive: true });
  }
});

t.test(
  'EVID-9 a checkpoint that was kept elsewhere shows a log that was written anew; what cannot be told is said',
  async (t) => {
    const anchor = log.checkpoint(50);
    const { folder } = await exported(t, { anchors: [{ file: 'kept', note: anchor }] });
    t.match(await verified(folder, anchor, log.checkpoint(EVENTS)), {
      verdict: 'holds',
      sentences: [/2 kept elsewhere/],
    });
    t.match(await verified(folder, log.checkpoint(51)), {
      verdict: 'cannot tell',
      sentences: [/export it again with --checkpoint/],
    });
    const another = await exportedLog(60, randomFrom(4));
    t.teardown(() => {
      another.close();
      rmSync(another.folder, { recursive: true });
    });
    t.match(await verified(folder, another.checkpoint(50)), {
      verdict: 'does not hold',
      sentences: [/not signed with the key/],
    });
    await t.rejects(verified(folder, 'no checkpoint'), /is no checkpoint/);

    // With the key and the disk everything can be written anew: the folder alone does not show it, the anchor does.
    const anew = await exported(t, {}, another);
    t.equal((await verified(anew.folder)).verdict, 'holds');
    const older = await exported(t, { to: '#30', from: '#0', formats: new Set<Format>(['ndjson']) });
    inManifest(older.folder, (manifest) => delete (manifest['files'] as object as Record<string, unknown>)['key']);
    rmSync(join(older.folder, 'key'));
    t.match(await verified(older.folder), { verdict: 'cannot tell', sentences: [/is not signed/] });
    rmSync(join(older.folder, 'manifest.json'));
    t.match(await verified(older.folder), { verdict: 'cannot tell', sentences: [/was not completed/] });
  },
);

t.test('EXP-1 what a server with an altered log gives is not exported as proved', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-bundle-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const altered = log.connection((event) =>
    event.position === '200' ? { ...event, data: event.data.replace('{', '{"more":1,') } : event,
  );
  const options = {
    from: '#0',
    to: '#300',
    page: undefined,
    formats: all,
    folder,
    anchors: [],
    onProgress: () => undefined,
  };
  await t.rejects(exportBundle(altered, options), /does not agree with its checkpoint/);
  t.notOk(existsSync(join(folder, 'manifest.json')));
});

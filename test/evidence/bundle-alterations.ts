/** Ways to alter an exported bundle. Each returns the index of the first event that is not what it was, or undefined if none is. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Line = Record<string, unknown> & { index: number; stored: { data: string; metadata: string } };

const chosen = (count: number, random: () => number): number => Math.floor(random() * count);

/** Changes the lines of the events, and says in the manifest that this is the file. */
function rewritten(folder: string, change: (lines: string[]) => number): number {
  const file = join(folder, 'events.ndjson');
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  const index = change(lines);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  named(folder, 'events.ndjson');
  return index;
}

/** Puts the digest of a file into the manifest, as one would who wants to hide that they have changed it. */
function named(folder: string, name: string): void {
  const bytes = readFileSync(join(folder, name));
  inManifest(folder, (manifest) => {
    const files = manifest['files'] as Record<string, unknown>;
    files[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
}

export function inManifest(folder: string, change: (manifest: Record<string, unknown>) => void): void {
  const file = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

const parsed = (line: string): Line => JSON.parse(line) as Line;

function changedLine(folder: string, random: () => number, change: (line: Line) => void): number {
  return rewritten(folder, (lines) => {
    const at = chosen(lines.length, random);
    const line = parsed(lines[at]!);
    const before = JSON.stringify(line);
    change(line);
    lines[at] = JSON.stringify(line);
    if (lines[at] === before) throw new Error('Nothing was altered');
    return parsed(before).index;
  });
}

type Alteration = (folder: string, random: () => number) => number | undefined;

/** A line that a reader of JSON may take for another event, although what was stored is in it as it was. */
export const lineForgeries: Readonly<Record<string, (line: string) => string>> = {
  'an author there twice': (line) => line.replace('"by":', '"by":"somebody","by":'),
  'data there twice': (line) => line.replace('"data":', '"data":{"price":1000000},"data":'),
  'a field more': (line) => line.replace('"data":', '"checked":true,"data":'),
  'a field more of what was stored': (line) => line.replace('"stored":{', '"stored":{"checked":true,'),
  'other spaces': (line) => line.replace('"data":', '"data": '),
  'a carriage return': (line) => `${line}\r`,
  'an index with a fraction': (line) => line.replace(/"index":(\d+)/, '"index":$1.0'),
  'a field of another case': (line) => line.replace('"by":', '"By":"somebody","by":'),
};

/** Of the events: the place must be named. The bundle has at least three. */
export const rowAlterations: Readonly<Record<string, Alteration>> = {
  'a byte of the stored data': (folder, random) =>
    changedLine(folder, random, ({ stored }) => {
      const at = chosen(stored.data.length, random);
      stored.data = `${stored.data.slice(0, at)}${stored.data[at] === 'A' ? 'B' : 'A'}${stored.data.slice(at + 1)}`;
    }),
  'an author': (folder, random) =>
    changedLine(folder, random, (line) => {
      line['by'] = 'somebody';
      line.stored.metadata = line.stored.metadata.replace(/"by":"[^"]*"/, '"by":"somebody"');
    }),
  'a time': (folder, random) =>
    changedLine(folder, random, (line) => {
      line['at'] = '2001-01-01T00:00:00.000Z';
      line.stored.metadata = line.stored.metadata.replace(/"at":"[^"]*"/, '"at":"2001-01-01T00:00:00.000Z"');
    }),
  'what is shown of the data': (folder, random) =>
    changedLine(folder, random, (line) => void (line['data'] = { ...(line['data'] as object), price: 1_000_000 })),
  'what is shown of the author': (folder, random) =>
    changedLine(folder, random, (line) => void (line['by'] = 'nobody')),
  'a stream': (folder, random) => changedLine(folder, random, (line) => void (line['stream'] = 'page-other')),
  'a revision': (folder, random) => changedLine(folder, random, (line) => void (line['revision'] = 9_999)),
  'an id': (folder, random) => changedLine(folder, random, (line) => void (line['id'] = 'another')),
  'an index': (folder, random) => changedLine(folder, random, (line) => void (line.index += 1)),
  'one missing': (folder, random) =>
    rewritten(folder, (lines) => parsed(lines.splice(chosen(lines.length, random), 1)[0]!).index),
  'one doubled': (folder, random) =>
    rewritten(folder, (lines) => {
      const at = chosen(lines.length - 1, random);
      lines.splice(at + 1, 0, lines[at]!);
      return parsed(lines[at + 2]!).index;
    }),
  'two exchanged': (folder, random) =>
    rewritten(folder, (lines) => {
      const at = chosen(lines.length - 1, random);
      const [one, other] = [lines[at]!, lines[at + 1]!];
      lines[at] = other;
      lines[at + 1] = one;
      return parsed(one).index;
    }),
  'one inserted': (folder, random) =>
    rewritten(folder, (lines) => {
      const at = chosen(lines.length, random);
      const line = parsed(lines[at]!);
      lines.splice(at, 0, JSON.stringify({ ...line, id: 'inserted' }));
      return line.index;
    }),
  ...Object.fromEntries(
    Object.entries(lineForgeries).map(([name, forge]): [string, Alteration] => [
      name,
      (folder, random) =>
        rewritten(folder, (lines) => {
          const at = chosen(lines.length, random);
          const { index } = parsed(lines[at]!);
          lines[at] = forge(lines[at]!);
          return index;
        }),
    ]),
  ),
  'a line that is none': (folder, random) =>
    rewritten(folder, (lines) => {
      const at = chosen(lines.length, random);
      const { index } = parsed(lines[at]!);
      lines[at] = 'null';
      return index;
    }),
};

/** One byte of a file, at random, with the digest in the manifest of what it is now, or not. */
const byteOf =
  (name: string, isNamed: boolean): Alteration =>
  (folder, random) => {
    const file = join(folder, name);
    const bytes = readFileSync(file);
    const at = chosen(bytes.length, random);
    bytes[at] = bytes[at] === 0x41 ? 0x42 : 0x41;
    writeFileSync(file, bytes);
    if (isNamed) named(folder, name);
    return undefined;
  };

const field =
  (change: (manifest: Record<string, any>) => void): Alteration =>
  (folder) => {
    inManifest(folder, change);
    return undefined;
  };

/** Of everything else: it must be found. */
export const fileAlterations: Readonly<Record<string, Alteration>> = {
  'a byte of the events': byteOf('events.ndjson', false),
  'a byte of the CSV': byteOf('events.csv', true),
  'a byte of the Parquet file': byteOf('events.parquet', true),
  'a byte of the leaf hashes': byteOf('leaf-hashes', true),
  'a byte of the proof': byteOf('proof.json', false),
  'a byte of the checkpoint': byteOf('checkpoint', true),
  'a byte of the key': byteOf('key', true),
  'a byte of the guide': byteOf('VERIFY.md', false),
  'a byte of the Go program': byteOf('verify.go', false),
  'a byte of the guide, named': byteOf('VERIFY.md', true),
  'a byte of the Go program, named': byteOf('verify.go', true),
  'a CSV that is not named': (folder, random) => {
    byteOf('events.csv', false)(folder, random);
    inManifest(folder, (manifest: Record<string, any>) => {
      delete manifest['files']['events.csv'];
      manifest['csv'] = null;
    });
    return undefined;
  },
  'a Parquet file that is not named': (folder, random) => {
    byteOf('events.parquet', false)(folder, random);
    inManifest(folder, (manifest: Record<string, any>) => delete manifest['files']['events.parquet']);
    return undefined;
  },
  'the count': field((manifest) => (manifest['events'] += 1)),
  'the log': field((manifest) => (manifest['log_id'] = 'another')),
  'the size of the tree': field((manifest) => (manifest['tree_size'] += 1)),
  'the first event': field((manifest) => (manifest['first'].index -= 1)),
  'the last event': field((manifest) => (manifest['last'].at = '2001-01-01T00:00:00.000Z')),
  'the place of the end': field((manifest) => (manifest['as_of'].position = '99999')),
  'the end as it was asked for': field((manifest) => (manifest['to'] = '2099-01-01T00:00:00Z')),
  'the beginning': field((manifest) => (manifest['from'] = '2200-01-01T00:00:00Z')),
  'the page': field((manifest) => (manifest['page'] = 'another')),
  'the neutralised cells': field((manifest) => (manifest['csv'].neutralised_cells += 1)),
  'a digest': field((manifest) => (manifest['files']['events.csv'].sha256 = '0'.repeat(64))),
  'a file that is not named': field((manifest) => delete manifest['files']['leaf-hashes']),
  'a field that there is not': field((manifest) => (manifest['more'] = true)),
};

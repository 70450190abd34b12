/**
 * `node dist/test/evidence/verify-with-go.js [--rounds N] [--seed S]`: a server's key, checkpoints, tiles and proofs at random sizes, verified
 * with Go's own packages (Debian: golang-go, golang-golang-x-mod-dev); and what was altered, refused by them. Says so and exits with 2 if
 * there is no Go.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { signCheckpoint } from '../../src/evidence/checkpoint.js';
import { entryOf } from '../../src/evidence/event-entry.js';
import { readKey, resolveEvidenceKey } from '../../src/evidence/evidence-key.js';
import { consistencyProof, inclusionProof, rootOf } from '../../src/evidence/merkle-tree.js';
import { verifierKey } from '../../src/evidence/signed-note.js';
import { entryBundle, TILE_WIDTH, tilePath } from '../../src/evidence/tile-paths.js';
import { TreeFiles } from '../../src/evidence/tree-files.js';
import { openTextReader } from '../../src/log/text-reader.js';
import { wholeNumber } from '../runner/given-number.js';
import { type EvidencedLog, evidencedLog, randomFrom } from './altered-log.js';
import { verifyBundlesWithGo } from './bundles-with-go.js';

const GOPATH = '/usr/share/gocode';
const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } });
const rounds = wholeNumber('--rounds', values.rounds, 10);
const seed = wholeNumber('--seed', values.seed, 1127, 0);

if (spawnSync('go', ['version']).status !== 0 || !existsSync(join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog'))) {
  process.stdout.write(
    'There is no Go here, or not its sumdb packages: apt-get install golang-go golang-golang-x-mod-dev\n',
  );
  process.exit(2);
}

const work = mkdtempSync(join(tmpdir(), 'alarm-server-go-'));
const program = join(work, 'verify');
function build(source: string, output: string): void {
  execFileSync('go', ['build', '-o', output, source], {
    env: { ...process.env, GO111MODULE: 'off', GOPATH, GOCACHE: join(work, 'cache'), GOFLAGS: '' },
    stdio: 'inherit',
  });
}
// The source is not compiled into dist.
build(fileURLToPath(new URL('../../../test/evidence/go/main.go', import.meta.url)), program);

const random = randomFrom(seed);
const verify = (folder: string) => spawnSync(program, [folder], { encoding: 'utf8' });

/** Everything that an auditor can get of a tree of `size`, in files. */
async function served(log: EvidencedLog, size: number, oldSize: number): Promise<string> {
  const folder = mkdtempSync(join(work, 'served-'));
  const { key } = resolveEvidenceKey({ given: undefined, isShared: false, dataDir: log.folder });
  const { logId } = log.checkpoints[0]!;
  const files = new TreeFiles(join(log.folder, 'evidence'), true);
  const reader = await openTextReader({ engine: 'sqlite', file: log.file });
  const put = (name: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  try {
    put('key', verifierKey(`alarm-server/${logId}`, key!));
    put('checkpoint', signCheckpoint({ logId, size, root: rootOf(size, files.nodes) }, key!));
    put('old-checkpoint', signCheckpoint({ logId, size: oldSize, root: rootOf(oldSize, files.nodes) }, key!));
    const entries = (await reader.read(undefined, size)).map((event, at) => entryOf(event, at));
    for (let level = 0; ; level += 1) {
      const hashes = Math.floor(size / TILE_WIDTH ** level);
      if (hashes === 0) break;
      for (let index = 0; index * TILE_WIDTH < hashes; index += 1) {
        const width = Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH);
        put(`tile/${tilePath({ level, index, width })}`, files.hashes(level, index * TILE_WIDTH, width));
        if (level > 0) continue;
        const bundle = entryBundle(entries.slice(index * TILE_WIDTH, index * TILE_WIDTH + width));
        put(`tile/${tilePath({ level: 'entries', index, width })}`, bundle);
      }
    }
    const text = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'));
    const indices = Array.from({ length: 20 }, () => Math.floor(random() * size));
    put(
      'proofs.json',
      JSON.stringify({
        Inclusion: indices.map((index) => ({ Index: index, Hashes: text(inclusionProof(index, size, files.nodes)) })),
        Consistency: text(consistencyProof(oldSize, size, files.nodes)),
      }),
    );
  } finally {
    await reader.close();
    files.close();
  }
  return folder;
}

/** Alters one byte of a file: Go must refuse it. */
function altered(folder: string, name: string): boolean {
  const file = join(folder, name);
  const bytes = readFileSync(file);
  const before = Buffer.from(bytes);
  const at = Math.floor(random() * bytes.length);
  bytes[at] = bytes[at] === 0x42 ? 0x43 : 0x42;
  writeFileSync(file, bytes);
  const isRefused = verify(folder).status !== 0;
  writeFileSync(file, before);
  return isRefused;
}

const faults: string[] = [];
let refused = 0;
const log = await evidencedLog(700, random);
try {
  if (readKey(join(log.folder, 'evidence-key')) !== undefined) throw new Error('there is a key already');
  for (let round = 0; round < rounds; round += 1) {
    const size = round === 0 ? log.events : 1 + Math.floor(random() * log.events);
    const oldSize = 1 + Math.floor(random() * size);
    const folder = await served(log, size, oldSize);
    const answer = verify(folder);
    if (answer.status !== 0) faults.push(`size ${size}, from ${oldSize}: ${answer.stdout}${answer.stderr}`);
    const width = Math.min(TILE_WIDTH, size);
    for (const name of [
      'checkpoint',
      `tile/${tilePath({ level: 0, index: 0, width })}`,
      `tile/${tilePath({ level: 'entries', index: 0, width })}`,
    ]) {
      if (altered(folder, name)) refused += 1;
      else faults.push(`size ${size}: ${name} was altered, and Go accepted it`);
    }
    rmSync(folder, { recursive: true });
  }
  const bundles = await verifyBundlesWithGo({ rounds, random, work, build });
  faults.push(...bundles.faults);
  refused += bundles.refused;
} finally {
  rmSync(log.folder, { recursive: true });
  rmSync(work, { recursive: true });
}
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(
  `Go's note and tlog: ${rounds} trees and ${rounds} exported bundles, ${refused} altered ones refused, ${faults.length} faults, seed ${seed}\n`,
);
process.exitCode = faults.length === 0 ? 0 : 1;

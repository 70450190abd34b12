/** Data folders that earlier versions left (test/fixtures), put in place as an upgrade finds them. */
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { logFile } from '../../src/config.js';
import { bootId, filesOf, knownHeadFile } from '../../src/log/known-head.js';
import { root } from '../architecture/sources.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import type { Story } from './data-folder-story.js';

const fixtures = join(root, 'test/fixtures');

/** A version's folder, and what it served of it. */
export interface EarlierFolder {
  readonly version: string;
  readonly story: Story;
  readonly served: unknown;
}

export const earlierFolders: readonly EarlierFolder[] = readdirSync(fixtures)
  .filter((name) => existsSync(join(fixtures, name, 'served.json')))
  .map((version) => ({
    version,
    ...(JSON.parse(readFileSync(join(fixtures, version, 'served.json'), 'utf8')) as Pick<
      EarlierFolder,
      'story' | 'served'
    >),
  }));

/** A copy of the version's folder, which is removed when the test is over. */
export function copyOf({ version }: EarlierFolder, t: Test): string {
  const dataDir = temporaryFolder(t);
  cpSync(join(fixtures, version, 'data-folder'), dataDir, { recursive: true });
  asWrittenHere(dataDir);
  return dataDir;
}

/**
 * An upgrade finds the files where they were; a copy of them would count as a restored log, and get a new id. And it finds them readable
 * by their owner alone, which Git does not keep.
 */
function asWrittenHere(dataDir: string): void {
  for (const name of readdirSync(dataDir)) chmodSync(join(dataDir, name), 0o600);
  const known: unknown = JSON.parse(readFileSync(knownHeadFile(dataDir), 'utf8'));
  writeFileSync(
    knownHeadFile(dataDir),
    JSON.stringify({ ...(known as object), files: filesOf(logFile(dataDir)), boot: bootId() }),
  );
}

/** Of what is served now, the fields that were served then: later versions may add some. */
export function known(now: any, then: any): unknown {
  if (typeof now !== 'object' || now === null || typeof then !== 'object' || then === null) return now;
  if (Array.isArray(now)) return now.map((one, at) => known(one, then[at]));
  return Object.fromEntries(
    Object.entries(now)
      .filter(([field]) => field in then)
      .map(([field, one]) => [field, known(one, then[field])]),
  );
}

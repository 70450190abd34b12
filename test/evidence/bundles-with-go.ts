/** Exported bundles of random windows and pages, verified by the program in Go that each has with it; and altered ones, refused by it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportBundle } from '../../src/cli/bundle/bundle-export.js';
import { lineForgeries } from './bundle-alterations.js';
import { exportedLog } from './exported-log.js';

const EVENTS = 700;

export interface GoBundlesOptions {
  readonly rounds: number;
  readonly random: () => number;
  /** A folder for what is made on the way. */
  readonly work: string;
  /** Builds a program from its source. */
  readonly build: (source: string, output: string) => void;
}

export async function verifyBundlesWithGo({
  rounds,
  random,
  work,
  build,
}: GoBundlesOptions): Promise<{ readonly faults: readonly string[]; readonly refused: number }> {
  const faults: string[] = [];
  let refused = 0;
  const program = join(work, 'verify-bundle');
  const log = await exportedLog(EVENTS, random);
  const below = (limit: number): number => Math.floor(random() * limit);
  try {
    for (let round = 0; round < rounds; round += 1) {
      const folder = mkdtempSync(join(work, 'bundle-'));
      const from = below(EVENTS);
      const to = from + below(EVENTS - from);
      const page = round % 2 === 1 ? log.pages[below(log.pages.length)] : undefined;
      const anchor = join(work, 'anchor');
      const size = 1 + below(EVENTS);
      writeFileSync(anchor, log.checkpoint(size));
      await exportBundle(log.connection(), {
        from: `#${from}`,
        to: `#${to}`,
        page,
        formats: new Set(['ndjson'] as const),
        folder,
        anchors: [{ file: anchor, note: log.checkpoint(size) }],
        onProgress: () => undefined,
      });
      if (round === 0) build(join(folder, 'verify.go'), program);
      const what = `bundle of ${from} to ${to}${page === undefined ? '' : ' of a page'}`;
      for (const args of [[folder], [folder, anchor]]) {
        const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
        if (status !== 0) faults.push(`${what}, ${args.length} arguments: ${stdout}${stderr}`);
      }
      const name = ['checkpoint', 'proof.json', 'events.ndjson'][round % 3]!;
      const whole = readFileSync(join(folder, name));
      const intact = readFileSync(join(folder, 'events.ndjson'), 'utf8');
      if (alter(join(folder, name), random)) {
        // A proof from the kept checkpoint is only looked at with that checkpoint.
        if (spawnSync(program, [folder, anchor]).status === 0)
          faults.push(`${what}: ${name} was altered, and Go accepted it`);
        else refused += 1;
      }
      for (const [kind, forge] of Object.entries(lineForgeries)) {
        const file = join(folder, 'events.ndjson');
        const lines = intact.split('\n').slice(0, -1);
        if (lines.length === 0) break;
        const at = below(lines.length);
        writeFileSync(file, lines.map((line, other) => `${other === at ? forge(line) : line}\n`).join(''));
        if (name !== 'events.ndjson') writeFileSync(join(folder, name), whole);
        if (spawnSync(program, [folder]).status === 0) faults.push(`${what}: ${kind}, and Go accepted it`);
        else refused += 1;
      }
      rmSync(folder, { recursive: true });
    }
  } finally {
    log.close();
    rmSync(log.folder, { recursive: true });
  }
  return { faults, refused };
}

/** Alters a digit of a hash or of a revision. False if the file has none. */
function alter(file: string, random: () => number): boolean {
  const text = readFileSync(file, 'utf8');
  const places = [...text.matchAll(/[A-Za-z0-9+/]{43}=|"revision":\d/g)].map(
    ({ index, 0: found }) => index + found.length - 2,
  );
  const at = places[Math.floor(random() * places.length)];
  if (at === undefined) return false;
  const digit = text[at + 1] === '=' ? text[at - 1]! : text[at + 1]!;
  const place = text[at + 1] === '=' ? at - 1 : at + 1;
  writeFileSync(file, `${text.slice(0, place)}${digit === '7' ? '8' : '7'}${text.slice(place + 1)}`);
  return true;
}

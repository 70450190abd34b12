/** Alters logs at random, and asks the check of the evidence for the first event that is not what it was. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { alterations, alteredCopy, checked, evidencedLog, randomFrom } from './altered-log.js';

export interface Alterations {
  readonly count: number;
  /** Sentences: those that were not found, or not at their place. */
  readonly faults: readonly string[];
}

/** `count` alterations, each kind in turn. The same seed does the same, but for the ids of events. */
export async function alter(count: number, seed: number): Promise<Alterations> {
  const random = randomFrom(seed);
  const kinds = Object.keys(alterations);
  const faults: string[] = [];
  let log = await evidencedLog(20, random);
  try {
    for (let at = 0; at < count; at += 1) {
      if (at % 20 === 19) {
        rmSync(log.folder, { recursive: true });
        log = await evidencedLog(10 + Math.floor(random() * 600), random);
      }
      const kind = kinds[at % kinds.length]!;
      const { file, index } = alteredCopy(log, kind, random);
      const tree = join(log.folder, 'evidence');
      const named = (await checked(file, tree, log.checkpoints)).fault;
      if (named?.index !== index)
        faults.push(`${kind} at event ${index} of ${log.events}: ${named ? named.sentence : 'nothing was found'}`);
      // Without the tree's own hashes the place is not known, but that it differs is.
      if (!(await checked(file, undefined, log.checkpoints)).fault)
        faults.push(`${kind} at event ${index} of ${log.events}, without the tree's hashes: nothing was found`);
      rmSync(dirname(file), { recursive: true });
    }
  } finally {
    rmSync(log.folder, { recursive: true, force: true });
  }
  return { count, faults };
}

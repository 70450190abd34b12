import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../src/config.js';
import { root } from '../house/sources.js';

/** The name in the environment of each limit. */
const nameOf = (limit: string): string => `LIMIT_${limit.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
const unset = readConfig({}).limits;
const limits = Object.keys(unset) as (keyof typeof unset)[];

t.test('LIM-5 every limit can be set, 0 takes it away, empty is the default', async (t) => {
  for (const limit of limits) {
    t.equal(readConfig({ [nameOf(limit)]: '7' }).limits[limit], 7, nameOf(limit));
    t.equal(readConfig({ [nameOf(limit)]: '0' }).limits[limit], Infinity);
    t.same(readConfig({ [nameOf(limit)]: '' }).limits, unset);
    for (const wrong of ['-1', '1.5', 'many', '1e3', '1000000001']) t.throws(() => readConfig({ [nameOf(limit)]: wrong }), { message: new RegExp(`^${nameOf(limit)}: must be`) }, wrong);
  }
});

t.test('LIM-5 docs/operations.md has every limit, with the default that it has', async (t) => {
  const rows = readFileSync(join(root, 'docs/operations.md'), 'utf8').split('\n').filter((line) => line.startsWith('| `LIMIT_'));
  const documented = Object.fromEntries(rows.flatMap((row) => [...row.matchAll(/`(LIMIT_\w+)`/g)].map(([, name]) => [name, Number(row.split('|')[2]) || Infinity])));
  t.same(documented, Object.fromEntries(limits.map((limit) => [nameOf(limit), unset[limit]])));
});

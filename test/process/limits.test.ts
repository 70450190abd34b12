import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../../src/config.js';
import { limitNames as limits, settingOf as nameOf } from '../../src/limits.js';
import { root } from '../architecture/sources.js';

const unset = readConfig({}).limits;

t.test('LIM-5 every limit can be set, 0 takes it away, empty is the default', async (t) => {
  for (const limit of limits) {
    t.equal(readConfig({ [nameOf(limit)]: '7' }).limits[limit], 7, nameOf(limit));
    t.equal(readConfig({ [nameOf(limit)]: '0' }).limits[limit], Infinity);
    t.same(readConfig({ [nameOf(limit)]: '' }).limits, unset);
    for (const wrong of ['-1', '1.5', 'many', '1e3', '1000000001'])
      t.throws(
        () => readConfig({ [nameOf(limit)]: wrong }),
        { message: new RegExp(`^${nameOf(limit)}: must be`) },
        wrong,
      );
  }
});

t.test(
  'LIM-5 LIMITS=off takes them all away but for what protects the process; a limit that is set counts all the same',
  async (t) => {
    const off = readConfig({ LIMITS: 'off', LIMIT_PAGES_PER_USER: '3' }).limits;
    for (const limit of limits)
      t.equal(
        off[limit],
        limit === 'pagesPerUser'
          ? 3
          : limit === 'socketsJoining' || limit === 'undeliveredBytes'
            ? unset[limit]
            : Infinity,
        limit,
      );
    for (const on of ['', 'on']) t.same(readConfig({ LIMITS: on }).limits, unset);
    t.throws(() => readConfig({ LIMITS: 'none' }), { message: 'LIMITS: must be on or off' });
  },
);

t.test('LIM-5 a burst that is not set is five seconds of the rate that is', async (t) => {
  t.equal(readConfig({ LIMIT_COMMANDS_PER_SECOND: '7' }).limits.commandsBurst, 35);
  t.equal(readConfig({ LIMIT_COMMANDS_PER_SECOND: '7', LIMIT_COMMANDS_BURST: '9' }).limits.commandsBurst, 9);
});

t.test('LIM-5 docs/operations.md has every limit, with the default that it has', async (t) => {
  const rows = readFileSync(join(root, 'docs/operations.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `LIMIT_'));
  const documented = Object.fromEntries(
    rows.flatMap((row) =>
      [...row.matchAll(/`(LIMIT_\w+)`/g)].map(([, name]) => [name, Number(row.split('|')[2]) || Infinity]),
    ),
  );
  t.same(documented, Object.fromEntries(limits.map((limit) => [nameOf(limit), unset[limit]])));
});

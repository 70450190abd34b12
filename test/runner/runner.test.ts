/** The runner of all tests: what it says where all is well, and where it is not. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { countsIn, failuresIn } from './tap-output.js';

const runner = fileURLToPath(new URL('main.js', import.meta.url));
const tap = import.meta.resolve('tap');

const run = (...args: string[]): Promise<{ code: number; said: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [runner, ...args], (error, stdout) =>
      resolve({ code: error ? Number(error.code) : 0, said: stdout }),
    ),
  );

function folderWith(test: Test, files: Readonly<Record<string, string>>): string {
  const folder = join(temporaryFolder(test), 'tests');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, body] of Object.entries(files))
    writeFileSync(join(folder, name), `import t from '${tap}';\n${body}`);
  return folder;
}

const good = "t.test('good', async (t) => { t.ok(true); t.ok(true); });\n";

t.test('TEST-1 where all is well there is a line a file, the counts, and exit code 0', async (t) => {
  const { code, said } = await run(
    folderWith(t, { 'a.test.js': good, 'b.test.js': `${good}t.test('left out', { skip: true }, async () => {});\n` }),
  );
  t.equal(code, 0, said);
  t.equal(said.match(/^ok /gm)?.length, 2, said);
  t.match(said, /all 2 files passed\n# \{ total: 5, pass: 4, fail: 0, skip: 1 \}/);
  t.ok(said.split('\n').length < 10, 'and no more');
});

t.test(
  'TEST-1 what failed is said in full and listed at the end, with how to run one file; a crash and a file without a test are failures',
  async (t) => {
    const files = {
      'good.test.js': good,
      'wrong.test.js':
        "t.test('outer', async (t) => { t.test('inner', async (t) => { t.equal(1, 2, 'one is two'); }); });\n",
      'crash.test.js': `${good}setTimeout(() => process.exit(3), 200); t.test('hangs', () => new Promise(() => {}));\n`,
      'empty.test.js': 'void t;\n',
      'killed.test.js': "process.kill(process.pid, 'SIGKILL');\n",
    };
    const { code, said } = await run(folderWith(t, files));
    t.equal(code, 1);
    t.match(said, /✗ outer › inner › one is two\n[^]*-2\n *\+1\n/);
    const end = said.slice(said.indexOf('files failed'));
    for (const name of ['wrong', 'crash', 'empty', 'killed']) t.match(end, new RegExp(`${name}\\.test\\.js`), name);
    t.notMatch(end, /good\.test\.js/);
    t.match(said, /4 of 5 files failed:[^]*One file alone[^]*node --enable-source-maps [^\n]*\.test\.js\n# \{ total: /);
  },
);

t.test('TEST-1 sums and skipped tests are not failures of their own', async (t) => {
  const output = [
    '# Subtest: a',
    '    not ok 1 - b',
    '      ---',
    '      found: 1',
    '      ...',
    '    1..1',
    'not ok 1 - a # time=1ms',
    'not ok 2 - c # TODO later',
    '1..2',
    '# { total: 2, pass: 0, fail: 1, todo: 1 }',
  ].join('\n');
  t.same(failuresIn(output), [{ name: 'a › b', diagnostics: '  found: 1' }]);
  t.same(countsIn(output), { total: 2, pass: 0, fail: 1, skip: 1 });
  t.equal(countsIn('ok 1 - a'), undefined);
});

/** The import rules work: they accept a source tree that keeps them, and name what breaks them. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { root } from './sources.js';

/** Checks a house of these files with the project's own rules. */
async function check(t: Test, files: Readonly<Record<string, string>>): Promise<{ passes: boolean; said: string }> {
  const house = mkdtempSync(join(tmpdir(), 'alarm-server-house-'));
  t.teardown(() => rmSync(house, { recursive: true, force: true }));
  writeFileSync(join(house, 'tsconfig.json'), '{ "compilerOptions": { "module": "NodeNext", "target": "ES2023" } }');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    writeFileSync(join(house, path), text);
  }
  const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [depcruise, '--config', join(root, '.dependency-cruiser.cjs'), 'src', 'load'],
      { cwd: house },
      (error, stdout, stderr) => resolve({ passes: error === null, said: stdout + stderr }),
    );
  });
}

const sound = {
  'src/app.ts':
    "import { handle } from './commands/handling.js';\nimport { run } from './log/log.js';\nexport const app = [handle, run];\n",
  'src/commands/handling.ts':
    "import { run } from '../log/log.js';\nimport { price } from '../domain/price.js';\nexport const handle = [run, price];\n",
  'src/log/log.ts': "import { price } from '../domain/price.js';\nexport const run = price;\n",
  'src/domain/price.ts': 'export const price = 1;\n',
  'load/main.ts': "import { plan } from './plan.js';\nexport const main = plan;\n",
  'load/plan.ts': 'export const plan = 1;\n',
};

t.test('a house that keeps them passes', async (t) => {
  const { passes, said } = await check(t, sound);
  t.equal(passes, true, said);
});

t.test('a cycle, an import upwards, a sideways one, an impure domain: each is refused by name', async (t) => {
  const { passes, said } = await check(t, {
    ...sound,
    'src/domain/price.ts':
      "import type { Tick } from './tick.js';\nimport { readFileSync } from 'node:fs';\nexport const price: Tick = readFileSync;\n",
    'src/domain/tick.ts': "import { price } from './price.js';\nexport type Tick = typeof price;\n",
    'src/log/log.ts': "import type { handle } from '../commands/handling.js';\nexport const run: typeof handle = [];\n",
    'src/gateway/gateway.ts': "import { serve } from '../http/server.js';\nexport const gateway = serve;\n",
    'src/http/server.ts': "import { app } from '../app.js';\nexport const serve = app;\n",
    'load/plan.ts': "import { price } from '../src/domain/price.js';\nexport const plan = price;\n",
  });
  t.equal(passes, false);
  const violations = said.replace(/\s+/g, ' ');
  for (const violation of [
    // A cycle is told from whichever of its files it was found at.
    /error no-cycle: src\/domain\/(price\.ts → src\/domain\/tick|tick\.ts → src\/domain\/price)\.ts/,
    'error log: src/log/log.ts → src/commands/handling.ts',
    'error gateway: src/gateway/gateway.ts → src/http/server.ts',
    'error only-app-knows-all: src/http/server.ts → src/app.ts',
    'error domain-is-pure: src/domain/price.ts → fs',
    'error tools-use-the-wire: load/plan.ts → src/domain/price.ts',
  ]) {
    t.match(violations, violation);
  }
});

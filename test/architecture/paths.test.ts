/** Documents name files of the project: each of them exists. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './sources.js';

const documents = [
  'ARCHITECTURE.md',
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].filter((name) => existsSync(join(root, name)));

/** `a/{b,c}.ts` → `a/b.ts`, `a/c.ts`. */
function alternatives(path: string): string[] {
  const braces = /\{([^{}]*)\}/.exec(path);
  if (!braces) return [path];
  return braces[1]!
    .split(',')
    .flatMap((one) => alternatives(path.slice(0, braces.index) + one + path.slice(braces.index + braces[0].length)));
}

/** Paths that the text names, each with the file that has to exist. */
const pathsIn = (text: string): string[] =>
  [
    ...text.matchAll(
      /(?<![\w/.-])(?:client\/|console\/)?(?:src|test|load|bench|demo|docs|deploy|examples)\/[\w./{},-]*[\w}/]/g,
    ),
  ]
    .flatMap(([path]) => alternatives(path))
    .filter((path) => !path.includes('..'));

t.test('every path that a document names exists', async (t) => {
  t.ok(documents.includes('ARCHITECTURE.md') && documents.length > 10, `${documents.length} documents`);
  const missing = documents.flatMap((name) =>
    pathsIn(readFileSync(join(root, name), 'utf8'))
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${name}: ${path}`),
  );
  t.same(missing, []);
});

t.test('paths are found with braces taken apart, and a missing one is seen', async (t) => {
  t.same(pathsIn('see `src/a/{b,c}.ts`, load/x.ts and /docs/d.css.'), ['src/a/b.ts', 'src/a/c.ts', 'load/x.ts']);
});

/** The specification and the tests hold together: what is promised is tested, and what a test claims to prove is promised. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root, sourcesIn } from './sources.js';

const rules = [...readFileSync(join(root, 'docs/spec.md'), 'utf8').matchAll(/^- \*\*([A-Z]+-\d+)\*\*/gm)].map(
  ([, id]) => id!,
);

/** Ids that names of tests and assertions begin with, each with the files where it does: `'PERM-7 …'`, `'PERM-7 PERM-8 …'`. */
const named = new Map<string, Set<string>>();
for (const { path, text } of sourcesIn('test')) {
  // This file names ids without proving anything by it.
  if (path === 'test/architecture/spec.test.ts') continue;
  for (const [, ids] of text.matchAll(/['"`]((?:[A-Z]+-\d+,? )+)(?=[^'"`\n])/g)) {
    for (const id of ids!.match(/[A-Z]+-\d+/g)!) named.set(id, (named.get(id) ?? new Set()).add(path));
  }
}

t.test('the specification gives each rule an id, once', async (t) => {
  t.ok(rules.length > 50, `${rules.length} rules`);
  t.same(
    rules.filter((id, at) => rules.indexOf(id) !== at),
    [],
    'twice',
  );
});

t.test('every rule has a test that bears its id', async (t) => {
  t.same(
    rules.filter((id) => !named.has(id)),
    [],
    'rules of docs/spec.md without a test: name one by the id, or take the promise back',
  );
});

t.test('every id that a test bears is that of a rule', async (t) => {
  const unknown = [...named]
    .filter(([id]) => !rules.includes(id))
    .map(([id, paths]) => `${id} in ${[...paths].join(', ')}`);
  t.same(unknown, [], 'ids that docs/spec.md does not know');
});

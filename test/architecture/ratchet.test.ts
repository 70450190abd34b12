/** What may become rarer in the source and never more frequent: casts through unknown, and non-null assertions. */
import t from 'tap';
import ts from 'typescript';
import { type Source, sourcesIn } from './sources.js';

/** Maximum number of non-null assertions (`!`) in src. Lower it when there are fewer. */
const ASSERTIONS = 50;

const src = sourcesIn('src');

function assertionsIn({ path, text }: Source): number {
  let count = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isNonNullExpression(node)) count += 1;
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext));
  return count;
}

t.test('no cast through unknown: a wrong declaration of a library is corrected in a .d.ts file', async (t) => {
  const casts = [...src, ...sourcesIn('client/src')].filter(({ text }) => /\bas unknown as\b/.test(text));
  t.same(
    casts.map(({ path }) => path),
    [],
  );
});

t.test(`at most ${ASSERTIONS} non-null assertions in src`, async (t) => {
  const counts = src.map((source) => ({ path: source.path, count: assertionsIn(source) }));
  const all = counts.reduce((sum, { count }) => sum + count, 0);
  const found = counts
    .filter(({ count }) => count > 0)
    .map(({ path, count }) => `${count} ${path}`)
    .join('\n');
  t.ok(all <= ASSERTIONS, `there are ${all}: let the types or the flow say that the value is there\n${found}`);
});

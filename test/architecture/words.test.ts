/**
 * One word, one meaning: words of our own making that this project used before, and the terms of the field that took their places.
 * None of them is left in the old sense, and people are "they".
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t from 'tap';
import { root } from './sources.js';

/** Old word → its place taken by. */
const old: readonly (readonly [RegExp, string])[] = [
  [/\bturnstiles?\b/i, 'accept limiter'],
  [/\blong turns?\b|\bturns? of the event loop\b/i, 'iteration of the event loop'],
  [
    /\b(a|one|next|whole|this|same|busy|each) turns?\b(?! (to|into|out|off|on)\b)/i,
    'batch (of a stream), iteration (of the event loop)',
  ],
  [/\bunfed\b/i, 'in-flight events'],
  [/\bnarrat(e|ed|es|ing|ion|ions)\b/i, 'event rendering'],
  [/\brow collectors?\b|\bRowCollector\b/i, 'dirty rows'],
  [/\bfollower('s)?\b/i, 'read-model writer'],
  [/\bcommand records?\b/i, 'idempotency records'],
  [/\boutlets?\b/i, 'sink'],
  [/\bpage tails?\b/i, 'recent updates'],
  [/\bslow links?\b/i, 'slow consumers'],
  [/\bsession watch\b/i, 'session expiry'],
  [/\bown events\b/i, 'account events'],
  [/\boutbox\b/i, 'pending commands'],
  [/\bcrew\b/i, 'worker pool'],
  [/\bwitness(es)?\b/i, 'oracle'],
  [/\bjourneys?\b/i, 'e2e tests'],
  [/\btest of the house\b/i, 'architecture test'],
  [/\b(unlisted|healed|heals)\b/i, 'page_dropped, gap_closed'],
  // `AUDIENCE` is the `aud` claim of tokens.
  [/(?<!issuer, )\b[Aa]udiences?\b/, 'hub (of the server), page set (of the load tool)'],
  [/\bstray (message|update)s?\b/i, 'unexpected message'],
  [/\bwho (comes back|stayed|stays)\b/i, 'a reconnecting client, a connected client'],
  [/\b(he|his|him|himself)\b/i, 'they, their, them'],
];

const KINDS = /\.(tsx?|css|mjs|sh|cpp|h|md|conf)$/;
const FOLDERS = ['src', 'client/src', 'console', 'docs', 'load', 'bench', 'demo', 'test', 'deploy', 'examples'];
const FILES = ['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md', 'client/README.md'];

/** The changelog names the client's renamed events by their old names, and this file all of them. */
const EXEMPT = ['test/architecture/words.test.ts'];

const paths = [
  ...FILES,
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && KINDS.test(entry.name))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  ),
].filter((path) => !EXEMPT.includes(path));

/** `path:line: word → term`, for each old word in the text. */
function oldWordsIn(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, at) =>
    old.flatMap(([pattern, term]) => {
      const found = pattern.exec(line);
      return found ? [`${path}:${at + 1}: ${found[0]} → ${term}`] : [];
    }),
  );
}

t.test('no word of our own making is left where the field has one, and people are "they"', async (t) => {
  t.ok(paths.length > 500, `${paths.length} files`);
  t.same(
    paths.flatMap((path) => oldWordsIn(path, readFileSync(join(root, path), 'utf8'))),
    [],
  );
});

t.test('an old word is found, and the same letters in another sense are not', async (t) => {
  t.same(oldWordsIn('a.md', 'so a turn is frozen'), [
    'a.md:1: a turn → batch (of a stream), iteration (of the event loop)',
  ]);
  t.same(oldWordsIn('a.md', 'it turns out that they answer in turn; a turn to the left'), []);
});

/**
 * `node dist/test/mutation/one-process.js FILE-OR-FOLDER …`: imports compiled test files into one process, one after the other, and stops at
 * the first assertion that fails. For mutation tests alone, which run the same files many hundred times: a process for each file would
 * take most of the time.
 */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

process.env['TAP_BAIL'] = '1';
const files = process.argv.slice(2).flatMap((path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => name.endsWith('.test.js'))
        .map((name) => join(path, name))
    : [path],
);
for (const file of files) await import(pathToFileURL(resolve(file)).href);

/** `node dist/test/architecture/file-sizes.js`: the ten longest source files, and a failure where one is too long to be read at once. */
import { sourcesIn } from './sources.js';

/** Lines of a file at the most. */
const LIMIT = 400;

const sizes = sourcesIn('src', 'client/src', 'load', 'bench', 'demo', 'test')
  .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
  .sort((a, b) => b.lines - a.lines);

process.stdout.write(`The longest of ${sizes.length} source files, in lines (${LIMIT} at the most):\n`);
for (const { path, lines } of sizes.slice(0, 10)) process.stdout.write(`${String(lines).padStart(5)}  ${path}\n`);

const tooLong = sizes.filter(({ lines }) => lines > LIMIT);
if (tooLong.length > 0) {
  process.stderr.write(
    `Too long: ${tooLong.map(({ path }) => path).join(', ')}. Split it by concept: a file's name says what one finds in it.\n`,
  );
  process.exitCode = 1;
}

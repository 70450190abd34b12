/** `node dist/test/architecture/file-sizes.js`: the ten longest source files, and a failure where one is too long to be read at once. */
import { sourcesIn } from './sources.js';

/** Maximum lines of a file, by folder. */
const LIMITS = {
  src: 300,
  'client/src': 300,
  'console/src': 250,
  load: 400,
  bench: 400,
  demo: 400,
  test: 500,
} as const;

/** Files that may be longer, and why. */
const EXCEPTIONS: Readonly<Record<string, { readonly limit: number; readonly why: string }>> = {
  'src/projections/live-state.ts': { limit: 330, why: 'the one fold of all events' },
  'src/domain/events.ts': { limit: 320, why: 'the one schema of each event' },
};

const sizes = Object.entries(LIMITS)
  .flatMap(([folder, limit]) =>
    sourcesIn(folder).map(({ path, text }) => ({
      path,
      lines: text.split('\n').length - 1,
      limit: EXCEPTIONS[path]?.limit ?? limit,
    })),
  )
  .sort((a, b) => b.lines - a.lines);

const limits = Object.entries(LIMITS).map(([folder, limit]) => `${folder} ${limit}`);
process.stdout.write(`The longest of ${sizes.length} source files, in lines (at the most: ${limits.join(', ')}):\n`);
for (const { path, lines } of sizes.slice(0, 10)) process.stdout.write(`${String(lines).padStart(5)}  ${path}\n`);

const tooLong = sizes.filter(({ lines, limit }) => lines > limit);
if (tooLong.length > 0) {
  const named = tooLong.map(({ path, lines, limit }) => `${path} (${lines} lines, ${limit} at the most)`);
  process.stderr.write(
    `Too long: ${named.join(', ')}. Split it by concept: a file's name says what one finds in it.\n`,
  );
  process.exitCode = 1;
}

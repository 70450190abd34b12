/** What a test file says of itself in TAP: how many assertions, and which of them failed. */

export interface Counts {
  readonly total: number;
  readonly pass: number;
  readonly fail: number;
  readonly skip: number;
}

export interface Failure {
  /** The names of the tests around it and its own, outermost first. */
  readonly name: string;
  /** What stands below it: expected, found, where. */
  readonly diagnostics: string;
}

const DIAGNOSTIC_LINES = 40;

/** The file's own summary: `# { total: 13, pass: 12, fail: 1 }`; undefined where it did not come to that. */
export function countsIn(output: string): Counts | undefined {
  const summary = /^# \{ total: .*\}$/m.exec(output)?.[0];
  if (summary === undefined) return undefined;
  const count = (name: string): number => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0);
  return { total: count('total'), pass: count('pass'), fail: count('fail'), skip: count('skip') + count('todo') };
}

/** Every `not ok` that is not only the sum of one inside it. */
export function failuresIn(output: string): Failure[] {
  const lines = output.split('\n');
  const failures: Failure[] = [];
  const around: string[] = [];
  for (const [at, line] of lines.entries()) {
    const subtest = /^( *)# Subtest: (.*)$/.exec(line);
    if (subtest) around.splice(subtest[1]!.length / 4, Infinity, subtest[2]!);
    const failed = /^( *)not ok \d+(?: - )?(.*)$/.exec(line);
    if (!failed || /# (SKIP|TODO)/i.test(line)) continue;
    const [, indent, said] = failed as unknown as [string, string, string];
    // The sum of a subtest: what failed inside it has been said.
    if (around.length > indent.length / 4 && failures.length > 0) {
      around.length = indent.length / 4;
      continue;
    }
    around.length = Math.min(around.length, indent.length / 4);
    failures.push({
      name: [...around, said.replace(/ # time=.*$/, '')].join(' › '),
      diagnostics: diagnosticsBelow(lines, at + 1, indent),
    });
  }
  return failures;
}

function diagnosticsBelow(lines: readonly string[], from: number, indent: string): string {
  if (lines[from]?.trimEnd() !== `${indent}  ---`) return '';
  const end = lines.findIndex((line, at) => at > from && line.trimEnd() === `${indent}  ...`);
  const found = lines.slice(from + 1, end < 0 ? undefined : end).map((line) => line.slice(indent.length));
  return [
    ...found.slice(0, DIAGNOSTIC_LINES),
    ...(found.length > DIAGNOSTIC_LINES ? [`  (${found.length - DIAGNOSTIC_LINES} more lines)`] : []),
  ].join('\n');
}

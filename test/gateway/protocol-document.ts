/** docs/protocol.md as data: its tables and its examples, so that tests can compare it with the code. */
import { readFileSync } from 'node:fs';

const lines = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8').split('\n');

/** The rows of the first table under the heading (given with its #s), each by the names of its columns. Code marks are taken off. */
export function tableUnder(heading: string): Record<string, string>[] {
  const at = lines.indexOf(heading);
  if (at < 0) throw new Error(`docs/protocol.md has no heading "${heading}"`);
  const start = lines.findIndex((line, number) => number > at && line.startsWith('|'));
  const next = lines.findIndex((line, number) => number > at && line.startsWith('#'));
  if (start < 0 || (next >= 0 && next < start)) throw new Error(`docs/protocol.md has no table under "${heading}"`);
  const table = lines
    .slice(
      start,
      lines.findIndex((line, number) => number > start && !line.startsWith('|')),
    )
    .map(cellsOf);
  const [names, , ...rows] = table;
  return rows.map((cells) => Object.fromEntries(names!.map((name, column) => [name, cells[column] ?? ''])));
}

/** Every JSON example, parsed, with the line it begins at. */
export function jsonExamples(): { line: number; value: any }[] {
  return lines.flatMap((line, at) =>
    line === '```json'
      ? [{ line: at + 2, value: JSON.parse(lines.slice(at + 1, lines.indexOf('```', at + 1)).join('\n')) }]
      : [],
  );
}

const cellsOf = (row: string): string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));

/** Reads as of then as a table, with the goal of each; and the server's memory as rows of the bench's other table. */
import type { Row } from '../measure.js';
import { type Figure, figure } from '../table.js';
import type { AsOfFigure, AsOfResult } from './as-of.js';

/** At the median, in ms: of a page of a tenth of a log of a million events, and of whatever else is asked as of then. */
const GOAL_MS = 100;

/** What else the reads may add to the memory before them. */
const GOAL_MEMORY = 1.2;

const HEAD = ['read as of a random moment', 'log', 'page', 'p50', 'p99', 'goal', 'verdict'];

/** In Markdown; without verdicts where the run was too short for any. */
export function asOfTable(results: readonly AsOfResult[], withVerdict: boolean): string {
  const cells = withVerdict ? HEAD : HEAD.slice(0, -1);
  const lines = results.flatMap(({ figures }) => figures).map((one) => lineOf(one).slice(0, cells.length));
  const rows = [cells, cells.map(() => '---'), ...lines];
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const lineOf = ({ read, log, page, p50, p99 }: AsOfFigure): string[] => [
  read,
  count(log),
  page === undefined ? '–' : count(page),
  `${p50.toFixed(1)} ms`,
  `${p99.toFixed(1)} ms`,
  `p50 < ${GOAL_MS} ms`,
  p50 < GOAL_MS ? 'met' : `missed by ${Math.round(100 * (p50 / GOAL_MS - 1))} %`,
];

const count = (value: number): string => value.toLocaleString('en');

const MB = 1e6;

const row = (what: string): Row => ({
  name: `${what} after all reads as of then`,
  unit: 'MB',
  baseline: 'before them',
  goal: { of: 'ratio', atMost: GOAL_MEMORY },
});

/** Of the longest log, which is the last. */
export function memoryFigures(results: readonly AsOfResult[]): Figure[] {
  const last = results.at(-1);
  if (!last) return [];
  const sample = ([before, after]: readonly [number, number]) => [{ server: after / MB, baseline: before / MB }];
  return [
    figure(row("the server's memory"), sample(last.rss)),
    figure(row('its heap alone, after a collection,'), sample(last.heap)),
  ];
}

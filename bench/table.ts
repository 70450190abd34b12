/** From the rounds' samples to the table: medians, ratios, and whether each goal is met. */
import type { Row, Sample } from './measure.js';

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly baseline_name: string | undefined;
  /** Medians of the rounds; of `ratio`, each round's own is taken first, since what disturbs a round disturbs both sides of it. */
  readonly server: number;
  readonly baseline: number | undefined;
  readonly ratio: number | undefined;
  /** Smallest and largest of the rounds: of what the goal is about; without one, of the ratio where there is one. */
  readonly range: readonly [number, number];
  readonly goal: Row['goal'];
  /** Undefined without a goal. */
  readonly met: boolean | undefined;
  readonly rounds: readonly Sample[];
}

export function figure({ name, unit, baseline, goal }: Row, rounds: readonly Sample[]): Figure {
  const server = median(rounds.map((sample) => sample.server));
  const hasBaseline = baseline !== undefined;
  const ratios = hasBaseline ? rounds.map((sample) => sample.server / sample.baseline!) : [];
  const ratio = hasBaseline ? median(ratios) : undefined;
  const all = isAboutRatio({ goal, ratio }) ? ratios : rounds.map((sample) => sample.server);
  return {
    name,
    unit,
    baseline_name: baseline,
    server,
    baseline: hasBaseline ? median(rounds.map((sample) => sample.baseline!)) : undefined,
    ratio,
    range: [Math.min(...all), Math.max(...all)],
    goal,
    met: goal && isMet(goal, goal.of === 'server' ? server : ratio!),
    rounds,
  };
}

type Goal = NonNullable<Row['goal']>;

const isMet = (goal: Goal, judged: number): boolean =>
  'atLeast' in goal ? judged >= goal.atLeast : judged <= goal.atMost;

const isAboutRatio = ({ goal, ratio }: Pick<Figure, 'goal' | 'ratio'>): boolean =>
  goal ? goal.of === 'ratio' : ratio !== undefined;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A Markdown table; without verdicts where the rounds were too short for any. */
export function asTable(figures: readonly Figure[], withVerdict: boolean): string {
  const head = ['figure', 'server', 'baseline', 'ratio', 'rounds', 'goal', ...(withVerdict ? ['verdict'] : [])];
  const lines = figures.map((one) => {
    const show = (value: number): string => (isAboutRatio(one) ? value.toFixed(2) : amount(value));
    return [
      one.name,
      `${amount(one.server)} ${one.unit}`,
      one.baseline === undefined ? '–' : `${amount(one.baseline)} ${one.unit} (${one.baseline_name})`,
      one.ratio === undefined ? '–' : one.ratio.toFixed(2),
      `${show(one.range[0])} to ${show(one.range[1])}`,
      one.goal ? bound(one.goal, one) : '–',
      ...(withVerdict ? [verdict(one)] : []),
    ];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]!.length)));
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [row(head), row(widths.map((width) => '-'.repeat(width))), ...lines.map(row), ''].join('\n');
}

const bound = (goal: Goal, { baseline_name, unit }: Figure): string =>
  `${'atLeast' in goal ? `≥ ${amount(goal.atLeast)}` : `≤ ${amount(goal.atMost)}`}${goal.of === 'ratio' ? ` × ${baseline_name}` : ` ${unit}`}`;

function verdict({ met, goal, server, ratio }: Figure): string {
  if (!goal) return '–';
  if (met) return 'met';
  const judged = goal.of === 'server' ? server : ratio!;
  const limit = 'atLeast' in goal ? goal.atLeast : goal.atMost;
  return `missed by ${Math.round((100 * Math.abs(judged - limit)) / limit)} %`;
}

function amount(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toFixed(3)));
}

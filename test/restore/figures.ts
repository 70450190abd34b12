/** What the rounds of restores have counted. */
export interface RestoreFigures {
  rounds: number;
  refused: number;
  restored: number;
  same: number;
  /** Sent, each answered before the next. */
  commands: number;
  /** Stores of clients that were compared with what the server shows. */
  comparisons: number;
  /** By way: how often it was refused, counted as restored, or left the log as it was. */
  readonly byWay: Record<string, Record<Outcome, number>>;
}

export type Outcome = 'refused' | 'restored' | 'same';

export const noFigures = (): RestoreFigures => ({
  rounds: 0,
  refused: 0,
  restored: 0,
  same: 0,
  commands: 0,
  comparisons: 0,
  byWay: {},
});

export function count(figures: RestoreFigures, way: string, outcome: Outcome): void {
  figures.rounds += 1;
  figures[outcome] += 1;
  (figures.byWay[way] ??= { refused: 0, restored: 0, same: 0 })[outcome] += 1;
}

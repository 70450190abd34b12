/** How far in the log anybody had heard of anything, at any moment of a run: a state asked for after that cannot be older. */
import type { Entry, ViewerHistory } from './recorded.js';
import type { Truth } from './truth.js';

export class Freshness {
  readonly #orders: number[] = [];
  readonly #positions: number[] = [];

  constructor(truth: Truth, viewers: readonly ViewerHistory[]) {
    const heard = viewers.flatMap(({ entries }) => entries.flatMap((entry) => heardIn(truth, entry))).sort((a, b) => a.order - b.order);
    let newest = 0;
    for (const { order, position } of heard) {
      if (position <= newest) continue;
      newest = position;
      this.#orders.push(order);
      this.#positions.push(position);
    }
  }

  /** Position of the newest event that had been heard of before `order`. */
  before(order: number): number {
    let [low, high] = [0, this.#orders.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#orders[middle]! < order) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.#positions[low - 1]!;
  }
}

function heardIn(truth: Truth, entry: Entry): { order: number; position: number }[] {
  if (entry.kind !== 'heard') return [];
  const { type, payload } = entry.message;
  if (type === 'alarm_update' || type === 'page_update') {
    const position = truth.positionOf(payload.page_id, payload.seq);
    return position === undefined ? [] : [{ order: entry.order, position }];
  }
  return type === 'success' && payload.position !== undefined ? [{ order: entry.order, position: Number(payload.position) }] : [];
}

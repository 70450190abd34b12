/** The newest position that any viewer had received, at any moment of a run: a state requested after that cannot be older. */
import type { Entry, ViewerHistory } from './recorded.js';
import type { ReferenceModel } from './reference-model.js';

export class Freshness {
  readonly #orders: number[] = [];
  readonly #positions: number[] = [];

  constructor(reference: ReferenceModel, viewers: readonly ViewerHistory[]) {
    const heard = viewers
      .flatMap(({ entries }) =>
        entries.map((entry) => ({ order: entry.order, position: positionHeard(reference, entry) ?? 0 })),
      )
      .sort((a, b) => a.order - b.order);
    let newest = 0;
    for (const { order, position } of heard) {
      if (position <= newest) continue;
      newest = position;
      this.#orders.push(order);
      this.#positions.push(position);
    }
  }

  /** Position of the newest event that had been received before `order`. */
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

/** Position of the event that the entry is about, if any. */
export function positionHeard(reference: ReferenceModel, entry: Entry): number | undefined {
  if (entry.kind !== 'heard') return undefined;
  const { type, payload } = entry.message;
  if (type === 'alarm_update' || type === 'page_update') return reference.positionOf(payload.page_id, payload.seq);
  return type === 'success' && payload.position !== undefined ? Number(payload.position) : undefined;
}

/** Carries operational state over to the copy of a log: subscriptions with their places, by the index of the event; the last use of tokens. */
import { type MovedPlace, type MovedPlaces, movedState, positionsIn } from '../feeds/moved-state.js';
import { cursorPrefix, START_POSITION } from '../log/cursor.js';
import { comparePositions, type Position, type RecordedEvent } from '../log/event-log.js';
import type { EventStoreDbImport } from '../log/eventstoredb/import.js';
import type { ExportedEvent, ExportedState } from '../log/sqlite/export.js';

const START: MovedPlace = { position: START_POSITION, event: null };

/** Finds the places of positions while both logs are read from their starts. */
export class PlaceFinder implements MovedPlaces {
  /** The positions that are looked for, the next one last. */
  readonly #positions: Position[];
  /** By position: the index of the last public event at or before it; -1: there is none. */
  readonly #indexes = new Map<Position, number>();
  readonly #places = new Map<number, MovedPlace>();
  #index = -1;
  #lastPublic = -1;
  #wanted = new Set<number>();
  #targetIndex = -1;

  constructor(positions: Iterable<Position>) {
    this.#positions = [...new Set(positions)].sort((a, b) => comparePositions(b, a));
  }

  /** To be called with every event of the source. `isPublic`: whether subscribers get it. */
  source({ position }: Pick<ExportedEvent, 'position'>, isPublic: boolean): void {
    this.#index += 1;
    this.#find((wanted) => comparePositions(wanted, position) < 0);
    if (isPublic) this.#lastPublic = this.#index;
  }

  sourceEnded(): void {
    this.#find(() => true);
    this.#wanted = new Set([...this.#indexes.values(), this.#lastPublic]);
  }

  /** To be called with every event of the copy, when the source has ended. */
  target({ position, id }: Pick<RecordedEvent, 'position' | 'id'>): void {
    this.#targetIndex += 1;
    if (this.#wanted.has(this.#targetIndex)) this.#places.set(this.#targetIndex, { position, event: id });
  }

  of(position: Position): MovedPlace {
    return this.#places.get(this.#indexes.get(position) ?? -1) ?? START;
  }

  get head(): MovedPlace {
    return this.#places.get(this.#lastPublic) ?? START;
  }

  /** The place of the next positions, while this is true of them, is that of the last public event so far. */
  #find(isHere: (wanted: Position) => boolean): void {
    for (let next = this.#positions.at(-1); next !== undefined && isHere(next); next = this.#positions.at(-1)) {
      this.#indexes.set(next, this.#lastPublic);
      this.#positions.pop();
    }
  }
}

export const placesIn = (states: readonly ExportedState[]): PlaceFinder =>
  new PlaceFinder(states.flatMap(({ value }) => positionsIn(value)));

/** Throws a sentence if a server has written such a state there. */
export async function copyStates(
  states: readonly ExportedState[],
  places: MovedPlaces,
  logId: string,
  target: EventStoreDbImport,
): Promise<void> {
  const log = cursorPrefix({ id: logId, engine: target.engine });
  for (const { id, value } of states)
    if (!(await target.writeState(id, movedState(value, log, places))))
      throw new Error(
        'The events are copied, but a server has already worked with the copy: its subscriptions and the last use of its access tokens are newer there, and stay as they are.',
      );
}

/** Up to where the history is told: a moment, a position or an index, resolved as `at=` of a read is (AUD-1). */
import { comparePositions, type Position } from '../log/event-log.js';
import { givenPlace } from './given-place.js';

export interface ReplayedPlace {
  readonly index: number;
  readonly position: Position;
  readonly at: string;
}

type IsPast = (event: ReplayedPlace & { readonly newestAt: string }) => boolean;

/** Takes the events one after another, and says which is the first that is past. */
export class ReplayEnd {
  readonly #isPast: IsPast;
  /** Of a position or an index that the log must reach. */
  readonly #isReached: (last: ReplayedPlace) => boolean;
  /** The last event that was taken and is not past. */
  #last: ReplayedPlace | undefined;
  #newestAt = '';

  /** `until` undefined: the end of the log. Throws with a sentence if it is none of its forms, or a moment in the future. */
  constructor(until: string | undefined, now = Date.now()) {
    const place = until === undefined ? undefined : givenPlace('--until', until);
    this.#isReached = () => true;
    if (place === undefined) this.#isPast = () => false;
    else if (place.kind === 'position') {
      const { number } = place;
      this.#isPast = ({ position }) => comparePositions(position, number) > 0;
      this.#isReached = ({ position }) => comparePositions(position, number) >= 0;
    } else if (place.kind === 'index') {
      const last = Number(place.number);
      this.#isPast = ({ index }) => index > last;
      this.#isReached = ({ index }) => index >= last;
    } else {
      const { ms } = place;
      if (ms > now) throw new Error(`--until is in the future: it is ${new Date(now).toISOString()} now.`);
      const moment = new Date(ms).toISOString();
      this.#isPast = ({ newestAt }) => newestAt > moment;
    }
  }

  /** Whether the event is past: then it and all after it are not told. */
  isPast({ position, at }: { readonly position: Position; readonly at: string }): boolean {
    const newestAt = at > this.#newestAt ? at : this.#newestAt;
    const place = { index: (this.#last?.index ?? -1) + 1, position, at };
    if (this.#isPast({ ...place, newestAt })) return true;
    this.#newestAt = newestAt;
    this.#last = place;
    return false;
  }

  /** To be called at the end of the log: the last event that is told. Throws with a sentence if the log has not come so far. */
  ended(): ReplayedPlace {
    if (!this.#last) throw new Error('The log begins after that.');
    if (!this.#isReached(this.#last))
      throw new Error(
        `--until is in the future: the log ends at position ${this.#last.position}, index ${this.#last.index}.`,
      );
    return this.#last;
  }
}

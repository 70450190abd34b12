/** Resolves `at=` of a read: a moment, a position or an index, once, to the event up to which the answer is told. */
import type { EventLog, Position } from '../log/event-log.js';
import { eventAtIndex, eventAtMoment, eventAtPosition, type LogPlace } from './moment-position.js';
import { POSITION_WAIT_MS } from './position-waiters.js';
import type { Projection } from './projection.js';

/** For so long events of other nodes may still come whose time is before the moment, in milliseconds. */
const SETTLED_MS = 5_000;

export interface AsOf {
  /** As it was asked. */
  readonly requested: string;
  /** Of the last event that is told; asked for again, it is the same for ever. */
  readonly position: Position;
  /** When that event was written. */
  readonly at: string;
  /** Its index among all events that are not private: the same on every engine. */
  readonly index: number;
  /** False if the moment is so recent that events before it may still come. */
  readonly settled: boolean;
}

export type AsOfResolved =
  | { readonly kind: 'resolved'; readonly asOf: AsOf }
  /** `message`: what is wrong, and what would be right. */
  | { readonly kind: 'invalid'; readonly message: string }
  /** The log began later. */
  | { readonly kind: 'too early' }
  /** The tables are not complete yet. */
  | { readonly kind: 'behind' };

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const FORMS =
  'must be a moment with a zone (2026-01-15T10:30:00Z), a position (@1234) or an index (#1234, sent as %231234)';

export class AsOfResolver {
  readonly #projection: Projection;
  readonly #log: Pick<EventLog, 'subscribe'>;

  constructor(projection: Projection, log: Pick<EventLog, 'subscribe'>) {
    this.#projection = projection;
    this.#log = log;
  }

  /** Waits until this node has what the log has, 2 s at most. */
  async resolve(requested: string): Promise<AsOfResolved> {
    const { writer } = this.#projection;
    await this.#projection.present(POSITION_WAIT_MS);
    if (!(await writer.readable(POSITION_WAIT_MS)) || writer.isFull) return { kind: 'behind' };
    const found = await this.#place(requested);
    if ('kind' in found) return found;
    const { place, settled } = found;
    if (!place) return { kind: 'too early' };
    const { n: index, position, at } = place;
    return { kind: 'resolved', asOf: { requested, position, at, index, settled } };
  }

  async #place(
    requested: string,
  ): Promise<
    Extract<AsOfResolved, { kind: 'invalid' }> | { readonly place: LogPlace | undefined; readonly settled: boolean }
  > {
    const { live, moments, position: head, clock } = this.#projection;
    const number = /^[@#](0|[1-9]\d{0,18})$/.exec(requested)?.[1];
    if (number !== undefined && requested.startsWith('@')) {
      if (head === undefined || BigInt(number) > BigInt(head))
        return { kind: 'invalid', message: `is in the future: the log ends at position ${head ?? 0}` };
      return { place: await eventAtPosition(number, moments, this.#log), settled: true };
    }
    if (number !== undefined) {
      if (Number(number) >= live.events)
        return { kind: 'invalid', message: `is in the future: the last event has the index ${live.events - 1}` };
      return { place: await eventAtIndex(Number(number), moments, this.#log), settled: true };
    }
    if (/\d \d\d:\d\d$/.test(requested))
      return { kind: 'invalid', message: 'has a space where its zone begins: send a + as %2B' };
    const ms = RFC3339.test(requested) ? Date.parse(requested.toUpperCase()) : Number.NaN;
    if (Number.isNaN(ms)) return { kind: 'invalid', message: FORMS };
    const now = Date.parse(clock.at());
    if (ms > now) return { kind: 'invalid', message: `is in the future: it is ${new Date(now).toISOString()} now` };
    const place = await eventAtMoment(new Date(ms).toISOString(), moments, this.#log);
    return { place, settled: now - ms >= SETTLED_MS };
  }
}

/** Resolves `at=` of a read: a moment, a position or an index, once, to the event up to which the answer is told. */
import { givenMoment } from '../domain/given-moment.js';
import { START_POSITION } from '../log/cursor.js';
import { comparePositions, type EventLog, type Position } from '../log/event-log.js';
import {
  before,
  eventAtIndex,
  eventAtMoment,
  eventAtPosition,
  type LogPlace,
  placeOfMoment,
} from './moment-position.js';
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

/** `message`: what is wrong, and what would be right. */
interface Invalid {
  readonly kind: 'invalid';
  readonly message: string;
}

export type AsOfResolved =
  | { readonly kind: 'resolved'; readonly asOf: AsOf }
  | Invalid
  /** The log began later. */
  | { readonly kind: 'too early' }
  /** The tables are not complete yet. */
  | { readonly kind: 'behind' };

/** Events of the log: those after a position, up to another. */
export interface LogSpan {
  readonly after: Position;
  readonly until: Position;
}

/** The same, as they were asked for. */
export interface LogWindow {
  readonly kind: 'window';
  readonly after: Position;
  /** Its end. */
  readonly asOf: AsOf;
}

/** Where a window cannot be resolved: which of its bounds is wrong. */
export type WindowResolved =
  | LogWindow
  | (Exclude<AsOfResolved, { kind: 'resolved' }> & { readonly bound: 'from' | 'to' });

const FORMS =
  'must be a moment with a zone (2026-01-15T10:30:00Z), a position (@1234) or an index (#1234, sent as %231234)';

export class AsOfResolver {
  readonly #projection: Projection;
  readonly #log: Pick<EventLog, 'subscribe'>;

  constructor(projection: Projection, log: Pick<EventLog, 'subscribe'>) {
    this.#projection = projection;
    this.#log = log;
  }

  /** Waits until this node has what the log has, 2 s at most. Undefined: as of now, as if its position had been asked for. */
  async resolve(asked: string | undefined): Promise<AsOfResolved> {
    await this.#projection.present(POSITION_WAIT_MS);
    const requested = asked ?? `@${this.#head}`;
    return this.#resolved(requested, await this.#placeOnceWritten(requested));
  }

  /**
   * The events from `from` on, that event included, up to `to`; each of them a moment, a position or an index. Without `from` from the start,
   * without `to`, or up to a moment to come: up to now.
   */
  async window(from: string | undefined, to: string | undefined): Promise<WindowResolved> {
    await this.#projection.present(POSITION_WAIT_MS);
    const now = `@${this.#head}`;
    const moment = to === undefined ? undefined : momentIn(to);
    const isToCome = typeof moment === 'number' && moment > Date.parse(this.#projection.clock.at());
    const placed = await this.#placeOnceWritten(isToCome ? now : (to ?? now));
    const end = await this.#resolved(to ?? now, isToCome && 'place' in placed ? { ...placed, settled: false } : placed);
    if (end.kind !== 'resolved') return { ...end, bound: 'to' };
    const after = await this.#startOf(from, end.asOf.position);
    return typeof after === 'string' ? { kind: 'window', after, asOf: end.asOf } : { ...after, bound: 'from' };
  }

  get #head(): Position {
    return this.#projection.position ?? START_POSITION;
  }

  /** The position after which a window begins; its end, if it begins later. */
  async #startOf(from: string | undefined, end: Position): Promise<Position | Invalid> {
    if (from === undefined) return START_POSITION;
    const number = numberIn(from);
    if (number !== undefined && from.startsWith('@')) return number === '0' ? number : earlier(before(number), end);
    if (number !== undefined) {
      if (Number(number) >= this.#projection.live.events) return end;
      const first = await eventAtIndex(Number(number), this.#projection.moments, this.#log);
      return first ? earlier(before(first.position), end) : START_POSITION;
    }
    const moment = momentIn(from);
    if (typeof moment !== 'number') return moment;
    const place = await placeOfMoment(new Date(moment).toISOString(), this.#projection.moments, this.#log);
    return place === undefined ? end : earlier(place, end);
  }

  /** Once the tables have all events up to there. */
  async #resolved(requested: string, found: Placed): Promise<AsOfResolved> {
    if ('kind' in found) return found;
    const { place, settled } = found;
    if (!place) return { kind: 'too early' };
    const { n: index, position, at } = place;
    const { writer } = this.#projection;
    if (!(await this.#projection.reached(position, POSITION_WAIT_MS))) return { kind: 'behind' };
    // What was written since does not matter: a busy desk makes nobody wait who asks about yesterday.
    if (!writer.has(position) && (!(await writer.readable(POSITION_WAIT_MS)) || writer.isFull))
      return { kind: 'behind' };
    return { kind: 'resolved', asOf: { requested, position, at, index, settled } };
  }

  /** Where nothing is found, the tables may have none of the log yet: a server that has just begun with it. */
  async #placeOnceWritten(requested: string): Promise<Placed> {
    const placed = await this.#place(requested);
    if ('kind' in placed || placed.place) return placed;
    if (!(await this.#projection.writer.readable(POSITION_WAIT_MS))) return { kind: 'behind' };
    return this.#place(requested);
  }

  async #place(requested: string): Promise<Placed> {
    const { live, moments, position: head, clock } = this.#projection;
    const number = numberIn(requested);
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
    const ms = momentIn(requested);
    if (typeof ms !== 'number') return ms;
    const now = Date.parse(clock.at());
    if (ms > now) return { kind: 'invalid', message: `is in the future: it is ${new Date(now).toISOString()} now` };
    const place = await eventAtMoment(new Date(ms).toISOString(), moments, this.#log);
    return { place, settled: now - ms >= SETTLED_MS };
  }
}

/** What `at=` refers to. */
type Placed =
  | Extract<AsOfResolved, { kind: 'invalid' | 'behind' }>
  | { readonly place: LogPlace | undefined; readonly settled: boolean };

const numberIn = (requested: string): string | undefined => /^[@#](0|[1-9]\d{0,18})$/.exec(requested)?.[1];

/** In milliseconds since 1970. */
function momentIn(requested: string): number | Invalid {
  const moment = givenMoment(requested);
  if (moment && 'ms' in moment) return moment.ms;
  return { kind: 'invalid', message: moment?.fault ?? wrongForm(requested) };
}

const wrongForm = (requested: string): string =>
  /\d \d\d:\d\d$/.test(requested) ? 'has a space where its zone begins: send a + as %2B' : FORMS;

const earlier = (one: Position, other: Position): Position => (comparePositions(one, other) < 0 ? one : other);

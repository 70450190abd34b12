/** Compares what a manifest says with the events that the bundle has. */

import { pageStream } from '../../domain/streams.js';
import { comparePositions } from '../../log/event-log.js';
import type { AuditedEvent } from '../audited-events.js';
import type { Manifest } from './bundle-files.js';

/** Nodes whose clocks differ by more than this do not start, in milliseconds: an event of a page may be so much earlier than its window. */
const SKEW_MS = 5 * 60_000;

export class ManifestCheck {
  readonly #manifest: Manifest;
  #count = 0;
  #first: AuditedEvent | undefined;
  #last: AuditedEvent | undefined;
  #newestAt = '';
  #gap: string | undefined;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  /** The next event. */
  take(event: AuditedEvent): void {
    const { page } = this.#manifest;
    const last = this.#last;
    if (page === null && last && event.index !== last.index + 1)
      this.#gap ??= `Events ${last.index + 1} to ${event.index - 1} are not in the bundle.`;
    if (page !== null && event.stream !== pageStream(page))
      this.#gap ??= `Event ${event.index} is of ${event.stream}, which is not the page of the manifest.`;
    if (page !== null && last && event.stream === last.stream && event.revision !== last.revision + 1)
      this.#gap ??= `Between the events ${last.index} and ${event.index}, events of the page are missing: its revisions ${last.revision + 1} to ${event.revision - 1}.`;
    if (last && comparePositions(event.position, last.position) <= 0)
      this.#gap ??= `Event ${event.index} has the position ${event.position}, which is not behind that of the event before it.`;
    this.#first ??= event;
    this.#last = event;
    this.#count += 1;
    if (event.at > this.#newestAt) this.#newestAt = event.at;
  }

  /** To be called behind the last event; sentences, one for each difference. */
  faults(): string[] {
    const { events, first, last, as_of, tree_size, from, to, page } = this.#manifest;
    const wrong = (field: string, is: unknown, must: unknown): string =>
      `manifest.json was altered, or events are missing: its ${field} is ${JSON.stringify(is)}, and the events say ${JSON.stringify(must)}.`;
    const found: string[] = this.#gap === undefined ? [] : [this.#gap];
    const same = (field: string, is: unknown, must: unknown): void => {
      if (JSON.stringify(is) !== JSON.stringify(must)) found.push(wrong(field, is, must));
    };
    same('events', events, this.#count);
    same('first', first, placeOf(this.#first));
    same('last', last, placeOf(this.#last));
    same('as_of.requested', as_of.requested, to);
    if (as_of.index >= tree_size) found.push(wrong('as_of.index', as_of.index, `below ${tree_size}`));
    const end = this.#last;
    if (end && page === null) {
      const { requested: _requested, settled: _settled, ...place } = as_of;
      same('as_of', place, placeOf(end));
    } else if (end && as_of.index < end.index) found.push(wrong('as_of.index', as_of.index, `from ${end.index} on`));
    if (this.#first && end) {
      if (isBefore(this.#first, this.#newestAt, from, page === null ? 0 : SKEW_MS))
        found.push(wrong('from', from, `an event before it, at ${this.#first.at}`));
      if (isAfter(end, this.#newestAt, to)) found.push(wrong('to', to, `an event behind it, at ${this.#newestAt}`));
    }
    return found;
  }
}

const placeOf = (event: AuditedEvent | undefined): Manifest['first'] =>
  event ? { index: event.index, position: event.position, at: event.at } : null;

/** Whether the first event is before the beginning of the window. `skewMs`: how much earlier it may be. */
function isBefore(first: AuditedEvent, newestAt: string, from: string, skewMs: number): boolean {
  const number = from.slice(1);
  if (from.startsWith('@')) return comparePositions(first.position, number) < 0;
  if (from.startsWith('#')) return first.index < Number(number);
  const at = skewMs === 0 ? first.at : newestAt;
  return Date.parse(at) < Date.parse(from.toUpperCase()) - skewMs;
}

function isAfter(last: AuditedEvent, newestAt: string, to: string): boolean {
  const number = to.slice(1);
  if (to.startsWith('@')) return comparePositions(last.position, number) > 0;
  if (to.startsWith('#')) return last.index > Number(number);
  return Date.parse(newestAt) > Date.parse(to.toUpperCase());
}

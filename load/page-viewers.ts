/** The viewers of the same pages, who must get the same messages in the same order within each page. */
import { ReferenceStream } from './reference-stream.js';
import type { SendTimes } from './send-times.js';
import type { StatusChecker } from './status-checker.js';

export class PageViewers {
  readonly pages: readonly string[];
  readonly sendTimes: SendTimes;
  /** Is told each event once, in order; undefined: what becomes of alarms is not checked. */
  readonly statuses: StatusChecker | undefined;
  /** Alarm's id → its number in this run. */
  readonly #alarms: ReadonlyMap<string, number>;
  readonly #indexOf: ReadonlyMap<string, number>;
  #stream: ReferenceStream | undefined;

  /** `pages` may be empty: outsiders, who must receive nothing about any page. */
  constructor(
    pages: readonly string[],
    alarms: ReadonlyMap<string, number>,
    sendTimes: SendTimes,
    statuses?: StatusChecker,
  ) {
    this.pages = pages;
    this.sendTimes = sendTimes;
    this.statuses = statuses;
    this.#alarms = alarms;
    this.#indexOf = new Map(pages.map((id, index) => [id, index]));
  }

  /** The page's place in vectors; undefined for one that is not in the set. */
  indexOf(page: string): number | undefined {
    return this.#indexOf.get(page);
  }

  /** The alarm's number in this run; -1 for any other. */
  alarm(id: string | undefined): number {
    return (id === undefined ? undefined : this.#alarms.get(id)) ?? -1;
  }

  /** The stream that all sockets are compared with. The first caller sets where it begins. */
  stream(start: Float64Array): ReferenceStream {
    return (this.#stream ??= new ReferenceStream(start));
  }
}

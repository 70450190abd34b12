/** The alarms of each page as text: what every state of the page consists of, made for all who ask until the page changes. */
import type { LivePage } from '../domain/page.js';
import { alarmJson } from './views.js';

/** Since the start. */
export interface PageStateCounts {
  /** Pages' states that somebody was given. */
  sent: number;
  /** Times a page's text was put together. */
  built: number;
  /** Alarms that were made into text for it. */
  alarms: number;
}

interface Built {
  readonly seq: number;
  readonly json: string;
}

export class PageStates {
  readonly counts: Readonly<PageStateCounts>;
  readonly #counts: PageStateCounts = { sent: 0, built: 0, alarms: 0 };
  readonly #built = new WeakMap<LivePage, Built>();

  constructor() {
    this.counts = this.#counts;
  }

  /** The page's alarms as somebody is given them: JSON, comma separated. */
  alarmsJson(page: LivePage): string {
    this.#counts.sent++;
    return this.#textOf(page);
  }

  /** Length of that text, in characters, for one who decides whether to give it. */
  lengthOf(page: LivePage): number {
    return this.#textOf(page).length;
  }

  #textOf(page: LivePage): string {
    const built = this.#built.get(page);
    if (built?.seq === page.seq) return built.json;
    const json = Array.from(page.alarms.values(), alarmJson).join(',');
    this.#counts.built++;
    this.#counts.alarms += page.alarms.size;
    this.#built.set(page, { seq: page.seq, json });
    return json;
  }
}

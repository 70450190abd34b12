/**
 * How many alarms are open, acknowledged and snoozed. They are counted when they are asked for, and only on pages that have changed since:
 * an event costs nothing.
 */
import { isOpen } from '../domain/occurrence.js';
import type { LivePage } from '../domain/page.js';

export interface AlarmStates {
  readonly open: number;
  readonly acknowledged: number;
  readonly snoozed: number;
}

const NONE: AlarmStates = { open: 0, acknowledged: 0, snoozed: 0 };

export class AlarmCounts {
  readonly #pages: () => Iterable<LivePage>;
  readonly #counted = new WeakMap<LivePage, { readonly seq: number; readonly states: AlarmStates }>();

  constructor(pages: () => Iterable<LivePage>) {
    this.#pages = pages;
  }

  count(): AlarmStates {
    let { open, acknowledged, snoozed } = NONE;
    for (const page of this.#pages()) {
      const states = this.#statesOf(page);
      open += states.open;
      acknowledged += states.acknowledged;
      snoozed += states.snoozed;
    }
    return { open, acknowledged, snoozed };
  }

  #statesOf(page: LivePage): AlarmStates {
    const { seq } = page;
    const before = this.#counted.get(page);
    if (before?.seq === seq) return before.states;
    let { open, acknowledged, snoozed } = NONE;
    for (const { occurrence, snoozed: isSnoozed } of page.alarms.values()) {
      if (occurrence && isOpen(occurrence)) open += 1;
      else if (occurrence) acknowledged += 1;
      if (isSnoozed) snoozed += 1;
    }
    const states = { open, acknowledged, snoozed };
    this.#counted.set(page, { seq, states });
    return states;
  }
}

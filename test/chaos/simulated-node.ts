/** The gateway's own delivery without a server: a node that folds a given log, as far as it is told to, for sinks in memory. */

import { Delivery } from '../../src/delivery/delivery.js';
import { Hub, type Sink, type Viewer } from '../../src/delivery/hub.js';
import { RecentUpdates } from '../../src/delivery/recent-updates.js';
import { Recovery } from '../../src/delivery/recovery.js';
import { SlowConsumers } from '../../src/delivery/slow-consumers.js';
import type { RecordedEvent } from '../../src/log/event-log.js';
import { renderEvent } from '../../src/projections/event-rendering.js';
import { LiveState } from '../../src/projections/live-state.js';
import { PageStates } from '../../src/projections/page-states.js';
import { historyEntry } from '../../src/projections/read-model/alarm-events.js';
import type { Cursor } from './recorded.js';

export const LOG_ID = 'a log';

export class SimulatedNode {
  readonly live = new LiveState();
  readonly #log: readonly RecordedEvent[];
  readonly #hub = new Hub();
  readonly #delivery: Delivery;
  readonly #resuming: Recovery;
  #folded = 0;
  #iterations: (() => void)[] = [];
  #clock = 0;

  /**
   * `publish` gives the text to the sinks of this node that are subscribed to the topic. `isSliced`: every change of rights through
   * a group, and every page that is given, waits for an iteration of the event loop, which tells of one page.
   */
  constructor(log: readonly RecordedEvent[], publish: (topic: string, text: string) => void, isSliced = false) {
    this.#log = log;
    const { live } = this;
    const hub = this.#hub;
    // It has noted everything since the log began: nothing has to be read of the past.
    const recent = new RecentUpdates({ ofPage: () => [] });
    const state = { live, hub, recent, pageStates: new PageStates() };
    const parts = { ...state, logId: LOG_ID, slowConsumers: new SlowConsumers(state) };
    // Every other event or so is told in the middle of a long iteration.
    const isUrgent = (): boolean => this.#folded % 2 === 1;
    const fanOut = {
      sendsAtOnce: isSliced ? 0 : Infinity,
      budgetMs: 2,
      now: () => (this.#clock += 1),
      nextIteration: (then: () => void) => void this.#iterations.push(then),
    };
    this.#delivery = new Delivery({ ...parts, publish, isUrgent, fanOut });
    this.#resuming = new Recovery({ ...parts, delivery: this.#delivery });
  }

  /** Folds the first so many events of the log and tells of them; those that it has folded already not again. */
  reach(count: number): void {
    for (; this.#folded < count; this.#folded += 1) {
      const folded = this.live.fold(this.#log[this.#folded]!);
      const data = renderEvent(this.live, folded);
      this.#delivery.onFolded(folded, data, historyEntry(folded, data));
    }
  }

  /** An iteration of the event loop. False if nothing is left to be done. */
  iterate(): boolean {
    const due = this.#iterations.splice(0);
    for (const then of due) then();
    return due.length > 0;
  }

  join(user: string, sink: Sink): Viewer {
    this.#settle(user);
    return this.#delivery.join({ userId: user }, sink);
  }

  resume(user: string, sink: Sink, id: string, pages: Cursor): Viewer {
    this.#settle(user);
    return this.#resuming.resume({ userId: user }, sink, id, { log: LOG_ID, pages: { ...pages } });
  }

  sync(viewer: Viewer, sink: Sink, id: string, page_id: string, seq: number): void {
    this.#resuming.sync(viewer, sink, id, { page_id, seq });
  }

  leave(viewer: Viewer, sink: Sink): void {
    this.#hub.leave(viewer, sink);
  }

  /** A socket joins when the user's others have been told all. */
  #settle(user: string): void {
    while (this.#delivery.whenSettled({ userId: user })) this.iterate();
  }
}

/**
 * Random histories in which every change of a right through a group, and every page that is given, is told in a later iteration of the
 * event loop, one page in each. A page may come late, then as it is by then; what the log does not allow never comes.
 */
import fc from 'fast-check';
import t from 'tap';
import { move, replayable } from '../projections/random-history.js';
import type { Message } from './recorded.js';
import { deliver, type RecordedRun } from './recorded-delivery.js';
import { ReferenceModel } from './reference-model.js';
import { storeDiffers } from './viewer-model.js';

type Viewer = RecordedRun['viewers'][number];

/** What the viewer holds of each page, and what broke the order of one. */
class Held {
  readonly faults: string[] = [];
  readonly pages = new Map<string, { page: any; readonly alarms: Map<string, any> }>();

  hear({ type, payload }: Message): void {
    const page: string = payload.page_id ?? payload.page?.id;
    switch (type) {
      case 'initial_state':
        this.pages.clear();
        for (const one of payload.pages)
          this.#put(
            one,
            payload.alarms.filter(({ page_id }: { page_id: string }) => page_id === one.id),
          );
        return;
      case 'resumed':
        for (const id of payload.removed) this.pages.delete(id);
        for (const entry of payload.pages) this.#entry(entry);
        return;
      case 'page_added':
        if (this.pages.has(page)) this.faults.push(`page_added of ${page}, which is held`);
        return this.#put(payload.page, payload.alarms);
      case 'page_state':
        return this.#entry(payload);
      case 'page_removed':
        if (!this.pages.delete(page)) this.faults.push(`page_removed of ${page}, which is not held`);
        return;
      case 'page_rights': {
        const held = this.pages.get(page);
        if (held?.page.seq !== payload.page.seq)
          this.faults.push(`page_rights of ${page} at ${payload.page.seq}, held is ${held?.page.seq}`);
        else held!.page = payload.page;
        return;
      }
      case 'alarm_update':
      case 'page_update':
        this.#update(payload);
    }
  }

  #put(page: any, alarms: any[]): void {
    this.pages.set(page.id, { page, alarms: new Map(alarms.map((alarm) => [alarm.id, alarm])) });
  }

  #entry({ page, alarms, updates }: any): void {
    if (alarms) return this.#put(page, alarms);
    for (const { payload } of updates) this.#update(payload, true);
    this.pages.get(page.id)!.page = page;
  }

  /** A sync may bring again what is held. */
  #update({ page_id, seq, page, action, data, alarms = [] }: any, isCaughtUp = false): void {
    const held = this.pages.get(page_id);
    if (!held || (isCaughtUp ? seq > held.page.seq + 1 : seq !== held.page.seq + 1))
      this.faults.push(`${seq} of ${page_id} follows ${held?.page.seq}`);
    if (!held) return;
    held.page = page ?? { ...held.page, seq };
    for (const alarm of alarms) held.alarms.set(alarm.id, alarm);
    if (!data) return;
    const { price: _price, ...alarm } = data;
    if (action === 'deleted') held.alarms.delete(alarm.id);
    else held.alarms.set(alarm.id, alarm);
  }
}

function faultsOf(reference: ReferenceModel, { user, entries }: Viewer): string[] {
  const held = new Held();
  const secrets: string[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'heard') continue;
    const { type, payload } = entry.message;
    held.hear(entry.message);
    if (type !== 'alarm_update' && type !== 'page_update') continue;
    if (!reference.steps(user, payload.page_id).some(({ seq, right }) => seq === payload.seq && right !== 'none'))
      secrets.push(`${type} ${payload.seq} of ${payload.page_id}, on which ${user} had no right there`);
  }
  return [...held.faults, ...secrets, ...storeDiffers(reference, user, held.pages)];
}

t.test(
  'DLV-13 DLV-1 DLV-3 DLV-4 however late rights are told, numbers are contiguous, nothing is received without the right, and in the end each holds what the log gives',
  async (t) => {
    const run = fc.record({ moves: fc.array(move, { minLength: 60, maxLength: 250, size: 'max' }), seed: fc.nat() });
    for (const nodes of [1, 2]) {
      fc.assert(
        fc.property(run, ({ moves, seed }) => {
          const { events, viewers } = deliver(moves, seed, nodes, true);
          const reference = new ReferenceModel(
            events,
            viewers.map(({ user }) => user),
          );
          const faults = viewers.flatMap((viewer) => faultsOf(reference, viewer));
          if (faults.length > 0) throw new Error(faults.join('\n'));
        }),
        { ...replayable, numRuns: 150 },
      );
      t.pass(`on ${nodes} nodes`);
    }
  },
);

/** Checks what one socket received: the numbers of each page it was given (DLV-1), nothing of any other (DLV-3), and the resulting state. */
import { AlarmStore, type ServerMessage } from '@alarm-server/client';
import type { Desk } from './desk.js';
import type { Message } from './raw-socket.js';

/** Every place where the messages break the rules of delivery, in words. */
export function faultsIn(messages: readonly Message[]): string[] {
  const faults: string[] = [];
  const held = new Map<string, number>();
  for (const [at, { type, payload }] of messages.entries()) {
    const fault = (what: string): number => faults.push(`message ${at}, ${type}: ${what}`);
    switch (type) {
      case 'initial_state':
        for (const { id, seq } of payload.pages) held.set(id, seq);
        break;
      case 'page_added':
        if (held.has(payload.page.id)) fault('the page was held already');
        held.set(payload.page.id, payload.page.seq);
        break;
      case 'page_removed':
        if (!held.delete(payload.page_id)) fault('the page was not held');
        break;
      case 'page_rights':
        if (held.get(payload.page.id) !== payload.page.seq)
          fault(`it says ${payload.page.seq} where ${held.get(payload.page.id)} is held`);
        break;
      case 'page_update':
      case 'alarm_update': {
        const { page_id, seq } = payload;
        const before = held.get(page_id);
        if (before === undefined) fault('of a page that is not held');
        else if (seq !== before + 1) fault(`${seq} follows ${before}`);
        if (payload.page && payload.page.seq !== seq) fault(`its page says ${payload.page.seq}, it says ${seq}`);
        held.set(page_id, seq);
        break;
      }
    }
  }
  return faults;
}

/** Pages with their alarms, by page id, as a client's store has folded them from the messages. */
export function foldOf(messages: readonly Message[]): Record<string, unknown> {
  const store = new AlarmStore();
  for (const message of messages) store.apply(message as unknown as ServerMessage);
  return Object.fromEntries([...store.pages].map(([id, page]) => [id, { page, alarms: sorted(store.alarmsOf(id)) }]));
}

/** The same as the server answers it over HTTP. */
export async function readBy(desk: Desk): Promise<Record<string, unknown>> {
  const { json: pages } = await desk.http('GET', '/pages');
  const states = await Promise.all(
    pages.map(async ({ id }: { id: string }) => [id, (await desk.http('GET', `/pages/${id}`)).json]),
  );
  return Object.fromEntries(states.map(([id, { page, alarms }]) => [id, { page, alarms: sorted(alarms) }]));
}

const sorted = <T extends { readonly id: string }>(alarms: readonly T[]): T[] =>
  [...alarms].sort((a, b) => (a.id < b.id ? -1 : 1));

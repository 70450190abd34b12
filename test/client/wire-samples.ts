/** Messages as the server sends them, for tests to vary: a page `eur` of Alice's with one alarm `spot`, at revision 1. */
import type { Alarm, AlarmUpdate, InitialState, Page, PageUpdate } from '@alarm-server/client';

export const alice = { id: 'alice-id', username: 'alice' };
const envelope = { at: '2026-03-02T09:00:00.000Z', by: alice.id };

export function page(changes: Partial<Page> = {}): Page {
  return {
    id: 'eur',
    name: 'EUR/USD',
    owner_id: alice.id,
    is_owner: true,
    seq: 1,
    can_edit: true,
    can_share: true,
    ...changes,
  };
}

export function alarm(changes: Partial<Alarm> = {}): Alarm {
  const spot = { id: 'spot', page_id: 'eur', ticker: 'EUR/USD', option: 'spot', condition: 'above' };
  return { ...spot, active: true, last_triggered: null, ...changes };
}

export function initialState(changes: Partial<InitialState['payload']> = {}): InitialState {
  return {
    type: 'initial_state',
    payload: { user: alice, log: 'log-1', pages: [page()], alarms: [alarm()], ...changes },
  };
}

export function alarmUpdate(
  seq: number,
  action: AlarmUpdate['payload']['action'],
  data: AlarmUpdate['payload']['data'],
): AlarmUpdate {
  return {
    type: 'alarm_update',
    payload: { ...envelope, seq, action, data, alarm_id: data.id, page_id: data.page_id },
  };
}

export function pageUpdate(seq: number, action: PageUpdate['payload']['action'], changed: Page): PageUpdate {
  return { type: 'page_update', payload: { ...envelope, seq, action, page: changed, page_id: changed.id } };
}

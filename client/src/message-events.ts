/** Maps messages and changes to the events of the client. */
import type { ClientEvents } from './client-events.js';
import type { Listeners } from './listeners.js';
import type { MessageOf, ServerMessage } from './messages.js';
import type { Change } from './replica.js';

/** Emits a change. `broken` has no event. */
export function emitChange(listeners: Listeners<ClientEvents>, change: Change): void {
  switch (change.kind) {
    case 'applied':
      listeners.emit('change', change.message);
      listeners.emit(change.message.type as 'alarm_update', change.message as MessageOf<'alarm_update'>);
      return;
    case 'unexpected_message':
      return listeners.emit('unexpected_message', change.message);
    case 'page_dropped':
      return listeners.emit('page_dropped', { page_id: change.page_id });
    case 'gap':
      return listeners.emit('gap', change.gap);
    case 'gap_closed':
      return listeners.emit('gap_closed', change.gap);
    case 'skipped':
      return listeners.emit('skipped', change.skipped);
    case 'broken':
  }
}

/** Emits a message that does not change the store as an event of its type, if it has one. */
export function emitMessage(listeners: Listeners<ClientEvents>, message: ServerMessage): void {
  switch (message.type) {
    case 'resumed':
    case 'page_state':
    case 'token_expiring':
    case 'draining':
    case 'success':
      listeners.emit(message.type as 'success', message as MessageOf<'success'>);
  }
}

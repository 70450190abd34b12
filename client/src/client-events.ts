/** What an AlarmClient tells its listeners. */
import type { ConnectionClosedError, AlarmServerError, MalformedMessageError } from './errors.js';
import type { AlarmUpdate, InitialState, PageAdded, PageRemoved, PageRights, PageUpdate, ServerMessage, Success } from './messages.js';
import type { Gap } from './store.js';

export interface ClientEvents {
  /** Every message as it came, after the store has seen it: duplicates, answers and types unknown to this client too. */
  message: ServerMessage;

  // Each change of the store once, in order: these do not come for what the store did not apply.
  initial_state: InitialState;
  alarm_update: AlarmUpdate;
  page_update: PageUpdate;
  page_rights: PageRights;
  page_added: PageAdded;
  page_removed: PageRemoved;

  success: Success;
  /** A refusal that no waiting command is told of, or a frame that is no message. */
  error: AlarmServerError | MalformedMessageError;
  /** Updates of a page were missed. It stays as it was until a full state of it comes, as on opening again. */
  gap: Gap;
  /** A message of a page the user does not hold, which the server should never send. It is not applied. */
  stray: ServerMessage;
  /** The connection ended, or never came about. */
  closed: ConnectionClosedError;
}

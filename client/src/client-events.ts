/** What an AlarmClient tells its listeners. */
import type { ClientState } from './client-state.js';
import type { AlarmServerError, MalformedMessageError } from './errors.js';
import type {
  AlarmUpdate,
  Answer,
  Draining,
  InitialState,
  PageAdded,
  PageRemoved,
  PageRights,
  PageState,
  PageUpdate,
  Resumed,
  ServerMessage,
  Success,
  TokenExpiring,
} from './messages.js';
import type { Skipped } from './replica.js';
import type { Gap } from './store.js';

export interface ClientEvents {
  /** Connecting, live, offline, ended: each as it begins. */
  state: ClientState;
  /** Every message as it came, after the store has seen it: duplicates, answers and types unknown to this client too. */
  message: ServerMessage;
  /**
   * Each change of the store once, in order, whatever its type: one of the six below, which hear of it too. What `resumed` and `page_state`
   * bring is told as the messages that would have brought it live: missed updates; `page_added` where a whole page came; `page_removed`.
   */
  change: ServerMessage;

  initial_state: InitialState;
  alarm_update: AlarmUpdate;
  page_update: PageUpdate;
  page_rights: PageRights;
  page_added: PageAdded;
  page_removed: PageRemoved;

  // As they came.
  resumed: Resumed;
  page_state: PageState;
  token_expiring: TokenExpiring;
  draining: Draining;
  success: Success;

  /** A command is over, before its promise is: with its answer, or with the error that it rejects with. */
  settled: { readonly id: string; readonly type: string } & (
    | { readonly answer: Answer<unknown> }
    | { readonly error: Error }
  );
  /** A refusal that no waiting command is told of, a frame that is no message, or a token that could not be renewed. */
  error: AlarmServerError | MalformedMessageError | Error;
  /** Updates of a page were missed, and are asked for. It stays as it was until they come. */
  gap: Gap;
  /** The page of a `gap` is as the server has it again. */
  gap_closed: Gap;
  /**
   * A page that was held came as a whole (after a cut, where its state is smaller than what was missed or that is too old; on a slow link): the events after
   * `after_seq` and up to `seq` are told by no message. `GET /pages/{page_id}/events?after_seq=` has them, each trigger with its price.
   */
  skipped: Skipped;
  /** A page that was held and that `resumed` neither listed nor removed, which the server should never do. It is forgotten. */
  page_dropped: { readonly page_id: string };
  /** A message of a page the user does not hold, which the server should never send. It is not applied. */
  unexpected_message: ServerMessage;
}

/** The events of an AlarmClient. */
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
  /** Each change of the state: connecting, live, offline, ended. */
  state: ClientState;
  /** A socket has opened; what the user sees is on its way. `state` is still `connecting`. */
  opened: undefined;
  /** The server answered the request that the client sends when it has heard nothing for half of `silenceLimitMs`. In ms. */
  heartbeat: { readonly roundTripMs: number };
  /** Every message as received, after the store has processed it: also duplicates, answers and types unknown to this client. */
  message: ServerMessage;
  /**
   * Each change of the store once, in order, of any type: one of the six below, which are emitted too. The content of `resumed` and
   * `page_state` is emitted as the messages that a live connection would have received: missed updates; `page_added` for a whole
   * page; `page_removed`.
   */
  change: ServerMessage;

  initial_state: InitialState;
  alarm_update: AlarmUpdate;
  page_update: PageUpdate;
  page_rights: PageRights;
  page_added: PageAdded;
  page_removed: PageRemoved;

  // As received.
  resumed: Resumed;
  page_state: PageState;
  token_expiring: TokenExpiring;
  draining: Draining;
  success: Success;

  /** A command is settled: emitted before its promise settles, with its answer or with the error that it rejects with. */
  settled: { readonly id: string; readonly type: string } & (
    | { readonly answer: Answer<unknown> }
    | { readonly error: Error }
  );
  /** A refusal that belongs to no pending command, a frame that is not a message, or a token that could not be renewed. */
  error: AlarmServerError | MalformedMessageError | Error;
  /** Updates of a page were missed and are requested. The page stays unchanged until they arrive. */
  gap: Gap;
  /** The page of a `gap` equals the server's again. */
  gap_closed: Gap;
  /**
   * A page that was held was sent as a whole (after a disconnection, if its state is smaller than the missed events or these are
   * too old; or to a slow consumer): no message reports the events after `after_seq` up to `seq`. `GET
   * /pages/{page_id}/events?after_seq=` returns them, each trigger with its price.
   */
  skipped: Skipped;
  /** A page that was held and that `resumed` neither listed nor removed, which the server should never do. The page is dropped. */
  page_dropped: { readonly page_id: string };
  /** A message of a page that the user does not hold, which the server should never send. It is not applied. */
  unexpected_message: ServerMessage;
}

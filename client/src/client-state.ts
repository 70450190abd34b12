/** The states of a client. */
import { ConnectionClosedError } from './errors.js';

export type ClientState =
  /** Not opened yet. */
  | { readonly name: 'idle' }
  /**
   * A connection is being opened, or is open and its state has not arrived. `attempt` counts from 1, and again after a connection
   * was live for a while.
   */
  | { readonly name: 'connecting'; readonly attempt: number }
  /** The store follows the server. */
  | { readonly name: 'live' }
  /** The connection ended or failed to open; the next attempt is in `retryInMs`. The store is kept. */
  | { readonly name: 'offline'; readonly why: Error; readonly retryInMs: number }
  /** Final, unless the client is opened again. `why` is a ConnectionClosedError if a socket ended, an AlarmServerError if the token was refused. */
  | { readonly name: 'ended'; readonly why: Error };

/** The error of an action that needs a live connection, in a state without one. */
export function closedError(state: ClientState): ConnectionClosedError {
  if (state.name !== 'ended' && state.name !== 'offline')
    return new ConnectionClosedError(1006, state.name === 'idle' ? 'it was never opened' : 'it is not open yet');
  return state.why instanceof ConnectionClosedError ? state.why : new ConnectionClosedError(1006, state.why.message);
}

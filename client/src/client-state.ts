/** Where a client is between opening and its end. */
import { ConnectionClosedError } from './errors.js';

export type ClientState =
  /** Not opened yet. */
  | { readonly name: 'idle' }
  /** A connection is being made, or it is made and its state has not arrived. `attempt` counts from 1, anew once a connection was live for a while. */
  | { readonly name: 'connecting'; readonly attempt: number }
  /** The store follows the server. */
  | { readonly name: 'live' }
  /** The connection ended, or did not come about; the next attempt is `retryInMs` away. The store stays as it was. */
  | { readonly name: 'offline'; readonly why: Error; readonly retryInMs: number }
  /** For good, unless it is opened again. `why` is a ConnectionClosedError where a socket ended; an AlarmServerError where the token was refused. */
  | { readonly name: 'ended'; readonly why: Error };

/** The error of an action that needs a live connection, in a state that has none. */
export function closedError(state: ClientState): ConnectionClosedError {
  if (state.name !== 'ended' && state.name !== 'offline')
    return new ConnectionClosedError(1006, state.name === 'idle' ? 'it was never opened' : 'it is not open yet');
  return state.why instanceof ConnectionClosedError ? state.why : new ConnectionClosedError(1006, state.why.message);
}

/**
 * The port for operational state: what background work and programs' subscriptions keep (docs/decisions/0017 and 0027). It is no event:
 * a state replaces the one before it, and is in no subscription, history, export or feed. One contract test suite checks both adapters.
 */

/** The fence of a state that must not exist yet. */
export const NO_STATE = -1;

export interface State {
  /** JSON. */
  readonly value: unknown;
  /** Opaque: the next write has to name it. */
  readonly fence: number;
}

export type StateOutcome =
  /** Durable, on all nodes. `fence`: of what was written. */
  | { readonly fence: number }
  /** Another writer was first: nothing was written; read again. */
  | 'conflict'
  /** The disk is full; nothing was written. */
  | 'full'
  /** The store does not answer; it may have been written. */
  | 'unavailable';

export interface StateStore {
  /** `id`: a UUID. Undefined: there is none. Rejects with LogUnavailable. */
  readState(id: string): Promise<State | undefined>;
  /** Replaces the state if its fence is still this one. `value`: anything that JSON can hold. */
  writeState(id: string, value: unknown, fence: number): Promise<StateOutcome>;
}

/** Changes of operational states: those of one state that are asked for at the same time are one write, and each sees those before it. */
import { LogUnavailable } from '../log/event-log.js';
import { NO_STATE, type StateStore } from '../log/state-store.js';

/** How often a change is tried when other nodes write first. Each conflict means that another write succeeded, so there is always progress. */
const ATTEMPTS = 20;

/** What a change makes of a value. Without `value` nothing is written. */
export interface Changed<Value, Result> {
  readonly value?: Value;
  readonly result: Result;
}

/** Called once for each attempt, so it must not do anything else. `value`: undefined if there is none. */
export type Change<Value, Result> = (value: Value | undefined) => Changed<Value, Result>;

export type Updated<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  /** The disk is full: nothing was changed. */
  | { readonly kind: 'full' }
  /** The store does not answer; it may have been changed. */
  | { readonly kind: 'unavailable' };

interface Queued<Value> {
  /** Returns the value after it, or undefined where nothing changes, and what to answer. */
  readonly change: Change<Value, unknown>;
  readonly resolve: (updated: Updated<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

export class StateUpdates<Value> {
  readonly #states: StateStore;
  readonly #queues = new Map<string, Queued<Value>[]>();

  constructor(states: StateStore) {
    this.#states = states;
  }

  /** Undefined: there is none. Rejects with LogUnavailable. */
  async read(id: string): Promise<Value | undefined> {
    const state = await this.#states.readState(id);
    return (state?.value ?? undefined) as Value | undefined;
  }

  update<Result>(id: string, change: Change<Value, Result>): Promise<Updated<Result>> {
    return new Promise((resolve, reject) => {
      const queued = { change, resolve: resolve as Queued<Value>['resolve'], reject };
      const queue = this.#queues.get(id);
      if (queue) return void queue.push(queued);
      this.#queues.set(id, [queued]);
      void this.#run(id);
    });
  }

  async #run(id: string): Promise<void> {
    for (;;) {
      const queue = this.#queues.get(id);
      const batch = queue?.splice(0) ?? [];
      if (batch.length === 0) {
        this.#queues.delete(id);
        return;
      }
      try {
        await this.#write(id, batch);
      } catch (error) {
        for (const { resolve, reject } of batch)
          if (error instanceof LogUnavailable) resolve({ kind: 'unavailable' });
          else reject(error);
      }
    }
  }

  async #write(id: string, batch: readonly Queued<Value>[]): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const state = await this.#states.readState(id);
      let value = (state?.value ?? undefined) as Value | undefined;
      let isChanged = false;
      const results = batch.map(({ change }) => {
        const changed = change(value);
        if ('value' in changed) {
          isChanged = true;
          value = changed.value;
        }
        return changed.result;
      });
      const outcome = isChanged
        ? await this.#states.writeState(id, value ?? null, state?.fence ?? NO_STATE)
        : undefined;
      if (outcome === 'conflict') continue;
      batch.forEach(({ resolve }, at) =>
        resolve(typeof outcome === 'string' ? { kind: outcome } : { kind: 'done', result: results[at] }),
      );
      return;
    }
    for (const { resolve } of batch) resolve({ kind: 'unavailable' });
  }
}

/** The last tries of each webhook, for its owner: kept as a state, written at most once a second. */
import type { StateStore } from '../log/state-store.js';
import { stateIdOf } from './state-ids.js';
import { StateUpdates } from './state-updates.js';

/** Tries that are kept. */
const KEPT = 100;

const WRITE_MS = 1_000;

export interface Attempt {
  /** When it ended: RFC 3339. */
  readonly at: string;
  readonly partition: number;
  readonly webhook_id: string;
  readonly events: number;
  /** `refused`: the address is one that must not be connected to. `gone`: the webhook is paused by the answer. */
  readonly outcome: 'delivered' | 'failed' | 'refused' | 'gone';
  /** Of the answer; null: there was none. */
  readonly status: number | null;
  readonly error: string | null;
  readonly duration_ms: number;
}

export interface Attempts {
  /** Newest last. */
  readonly attempts: readonly Attempt[];
  /** Events that were left out because they were too old. */
  readonly skipped: number;
}

const stateOf = (subscriptionId: string): string => stateIdOf(`attempts of ${subscriptionId}`);

export class AttemptLog {
  readonly #states: StateUpdates<Attempts>;
  /** What is not written yet, by subscription. */
  readonly #unwritten = new Map<string, Attempts>();
  #timer: NodeJS.Timeout | undefined;

  constructor(states: StateStore) {
    this.#states = new StateUpdates(states);
  }

  /** Rejects with LogUnavailable. */
  async of(subscriptionId: string): Promise<Attempts> {
    const stored = await this.#states.read(stateOf(subscriptionId));
    return joined(stored, this.#unwritten.get(subscriptionId));
  }

  note(subscriptionId: string, attempts: readonly Attempt[], skipped = 0): void {
    this.#unwritten.set(subscriptionId, joined(this.#unwritten.get(subscriptionId), { attempts, skipped }));
    this.#timer ??= setTimeout(() => void this.flush(), WRITE_MS).unref();
  }

  /** Writes what is noted. What cannot be written is lost: nothing depends on it. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const noted = [...this.#unwritten];
    this.#unwritten.clear();
    await Promise.all(
      noted.map(([id, more]) =>
        this.#states.update(stateOf(id), (stored) => ({ value: joined(stored, more), result: true })),
      ),
    );
  }
}

const joined = (before: Attempts | undefined, more: Attempts | undefined): Attempts => ({
  attempts: [...(before?.attempts ?? []), ...(more?.attempts ?? [])].slice(-KEPT),
  skipped: (before?.skipped ?? 0) + (more?.skipped ?? 0),
});

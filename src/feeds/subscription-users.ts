/** Which users have subscriptions: an index of the states that are kept by user (subscriptions.ts), in parts so that none grows too large. */
import type { StateStore } from '../log/state-store.js';
import { stateIdOf } from './state-ids.js';
import { StateUpdates, type Updated } from './state-updates.js';

const PARTS = 16;

interface IndexPart {
  /** The log that the subscriptions of these users were last brought to. */
  readonly log: string;
  readonly users: readonly string[];
  /** Those of them who have webhooks, or had some. */
  readonly webhooks?: readonly string[];
}

const stateOf = (part: number): string => stateIdOf(`users with subscriptions ${part}`);
const partOf = (userId: string): number => Number.parseInt(stateIdOf(userId).slice(0, 2), 16) % PARTS;

export class SubscriptionUsers {
  readonly #index: StateUpdates<IndexPart>;
  readonly #log: string;

  /** `log`: the prefix of its cursors. */
  constructor(states: StateStore, log: string) {
    this.#index = new StateUpdates(states);
    this.#log = log;
  }

  /** Lists the user among those who have subscriptions, or webhooks. */
  add(userId: string, among: 'users' | 'webhooks'): Promise<Updated<boolean>> {
    return this.#index.update(stateOf(partOf(userId)), (part = { log: this.#log, users: [] }) =>
      part[among]?.includes(userId)
        ? { result: true }
        : { value: { ...part, [among]: [...(part[among] ?? []), userId] }, result: true },
    );
  }

  /** Ids of the users who have some, or had some. Rejects with LogUnavailable. */
  async ids(among: 'users' | 'webhooks'): Promise<string[]> {
    const parts = await Promise.all(Array.from({ length: PARTS }, (_, part) => this.#index.read(stateOf(part))));
    return parts.flatMap((part) => part?.[among] ?? []);
  }

  /** Calls `bring` for each user whose subscriptions were not brought to this log, and notes that they are. */
  async bringToLog(bring: (userId: string) => Promise<unknown>): Promise<void> {
    for (let part = 0; part < PARTS; part += 1) {
      const found = await this.#index.read(stateOf(part));
      if (!found || found.log === this.#log) continue;
      for (const userId of found.users) await bring(userId);
      await this.#index.update(stateOf(part), (now) =>
        now ? { value: { ...now, log: this.#log }, result: true } : { result: true },
      );
    }
  }
}

/** An EventStoreDB whose log can be copied and put back, as docs/operations.md says ("Restoring the store"); the stand-in for one, too. */
import { StandIn } from '../eventstoredb/stand-in.js';
import type { StoredEvent } from '../eventstoredb/stored-log.js';

export interface RestorableStore {
  /** The connection string. */
  readonly url: string;
  /** Copies it, while it runs, to what is named so. */
  save(name: string): Promise<void>;
  forget(name: string): void;
  stop(how: 'asked' | 'killed'): Promise<void>;
  /** To be called when it is stopped. What it held is removed. */
  putBack(name: string): void;
  /** To be called when it is stopped. */
  empty(): void;
  start(): Promise<void>;
}

/** It has no files: a copy is the list of its events, and nothing is known of the order in which files must be copied. */
export class RestorableStandIn implements RestorableStore {
  readonly #standIn: StandIn;
  readonly #saved = new Map<string, readonly StoredEvent[]>();

  private constructor(standIn: StandIn) {
    this.#standIn = standIn;
  }

  static async start(): Promise<RestorableStandIn> {
    return new RestorableStandIn(await StandIn.start());
  }

  get url(): string {
    return this.#standIn.url;
  }

  async save(name: string): Promise<void> {
    this.#saved.set(name, [...this.#standIn.log.events]);
  }

  forget(name: string): void {
    this.#saved.delete(name);
  }

  async stop(how: 'asked' | 'killed'): Promise<void> {
    await (how === 'asked' ? this.#standIn.stop() : this.#standIn.kill());
  }

  putBack(name: string): void {
    this.#standIn.log.putBack(this.#saved.get(name)!);
  }

  empty(): void {
    this.#standIn.log.putBack([]);
    this.#standIn.appendStats();
  }

  async start(): Promise<void> {
    await this.#standIn.start();
  }
}

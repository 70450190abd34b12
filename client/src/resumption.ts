/** What a connection begins with: a `resume` that says what the store holds, or the server's full state. */
import { resumeText } from './outgoing.js';
import { randomId } from './random-id.js';
import type { AlarmStore } from './store.js';

export class Resumption {
  readonly #store: AlarmStore;
  /** Of the connection under way. Undefined: it begins with the server's full state. */
  #request: { readonly id: string; readonly text: string } | undefined;
  #needsFullState = false;

  constructor(store: AlarmStore) {
    this.#store = store;
  }

  /** The first message to send on the connection under way, if it resumes. */
  get text(): string | undefined {
    return this.#request?.text;
  }

  /** Before each connection: what is added to its address. */
  opening(): Record<string, string> {
    this.#request = undefined;
    const cursor = this.#needsFullState ? undefined : this.#store.cursor();
    if (cursor === undefined) return {};
    const id = randomId();
    const text = resumeText(id, cursor);
    if (text === undefined) return {};
    this.#request = { id, text };
    return { resume: '1' };
  }

  /** Whether a message with this id answers the `resume` of the connection under way. */
  isAnsweredBy(id: string | undefined): boolean {
    return id !== undefined && id === this.#request?.id;
  }

  /** What came did not add up: the next connection begins with the server's full state. */
  startAnew(): void {
    this.#needsFullState = true;
  }

  /** The store holds the server's state. */
  succeeded(): void {
    this.#needsFullState = false;
  }
}

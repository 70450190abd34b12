/** How a connection begins: with a `resume` of what the store holds, or with the server's full state. */
import { resumeText } from './outgoing.js';
import { randomId } from './random-id.js';
import type { AlarmStore } from './store.js';

export class Resumption {
  readonly #store: AlarmStore;
  /** The resume of the current connection. Undefined: it begins with the server's full state. */
  #request: { readonly id: string; readonly text: string } | undefined;
  #needsFullState = false;

  constructor(store: AlarmStore) {
    this.#store = store;
  }

  /** The first message to send on the current connection, if it resumes. */
  get text(): string | undefined {
    return this.#request?.text;
  }

  /** Called before each connection; returns additions to its address. */
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

  /** Whether a message with this id answers the `resume` of the current connection. */
  isAnsweredBy(id: string | undefined): boolean {
    return id !== undefined && id === this.#request?.id;
  }

  /** The messages were inconsistent: the next connection begins with the server's full state. */
  requireFullState(): void {
    this.#needsFullState = true;
  }

  /** The store holds the server's state. */
  succeeded(): void {
    this.#needsFullState = false;
  }
}

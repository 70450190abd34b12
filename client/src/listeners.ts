/** Typed event listeners. */

export class Listeners<Events extends object> {
  readonly #byEvent = new Map<keyof Events, Set<{ readonly call: (value: never) => void }>>();

  /** Returns a function that removes the listener. A function that is added twice is called twice. */
  on<Name extends keyof Events>(event: Name, call: (value: Events[Name]) => void): () => void {
    const listener = { call };
    const listeners = this.#byEvent.get(event) ?? new Set();
    this.#byEvent.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Calls all current listeners. One added during the call gets the next event, one removed gets nothing. An exception of a
   * listener belongs to the application: it is reported as an uncaught error and does not affect the other listeners or the sender.
   */
  emit<Name extends keyof Events>(event: Name, value: Events[Name]): void {
    const listeners = this.#byEvent.get(event);
    if (!listeners?.size) return;
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      try {
        (listener.call as (value: Events[Name]) => void)(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

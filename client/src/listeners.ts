/** Typed listeners: who wants to hear of what. */

export class Listeners<Events extends object> {
  readonly #byEvent = new Map<keyof Events, Set<{ readonly hear: (value: never) => void }>>();

  /** Returns the function that ends the listening. The same function may listen twice and is then called twice. */
  on<Name extends keyof Events>(event: Name, hear: (value: Events[Name]) => void): () => void {
    const listener = { hear };
    const listeners = this.#byEvent.get(event) ?? new Set();
    this.#byEvent.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /**
   * Tells everyone who listens now. One who starts meanwhile hears from the next event on, one who stopped hears nothing.
   * What a listener throws is the application's: it is reported as an uncaught error, and neither the others nor the sender feel it.
   */
  emit<Name extends keyof Events>(event: Name, value: Events[Name]): void {
    const listeners = this.#byEvent.get(event);
    if (!listeners?.size) return;
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      try {
        (listener.hear as (value: Events[Name]) => void)(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

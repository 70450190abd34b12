/** Waiting for conditions. */
export class Conditions {
  readonly #waiting = new Set<() => void>();

  /** Resolves when it holds: now, or at a `look` to come. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  /** To be called whenever something may hold that did not. */
  look(): void {
    for (const look of [...this.#waiting]) look();
  }
}

/** What the stand-in for EventStoreDB does wrong when a test tells it to. Each order holds until it is used up or lifted. */

/** A wrong done to one append. */
export type AppendWrong =
  /** It is never answered. */
  | { readonly do: 'never answer'; readonly written: boolean }
  /** Somebody else has appended to the same stream just before. */
  | { readonly do: 'conflict' }
  | { readonly do: 'not leader'; readonly host: string; readonly port: number }
  /** All connections break, as in a kill, but the server is back at once: after the append has been written or before, and without its answer. */
  | { readonly do: 'die'; readonly written: boolean }
  /**
   * The stream that carries all appends ends gracefully, with this one unanswered. Client 6.2.1 does not notice: it goes on
   * writing into it, so no later append of this client arrives or is answered, and its `dispose` never resolves.
   */
  | { readonly do: 'end the stream'; readonly written: boolean };

export class Misbehaviour {
  readonly #wrongs: { readonly wrong: AppendWrong; readonly to: (stream: string) => boolean }[] = [];
  readonly #changed = new Set<() => void>();
  #feedHeld = false;
  #frozen = false;
  /** Milliseconds after its arrival that each append is decided; those of one connection keep their order. A kill meanwhile writes some. */
  appendDelay = 0;
  /** Milliseconds that each event is late in a subscription. */
  feedDelay = 0;
  /** Every call is answered like one to a server that is still starting. */
  notReady = false;

  /** The next append that `to` takes goes wrong; orders are used up in the order they were given in, one an append. */
  nextAppend(wrong: AppendWrong, to: (stream: string) => boolean = isOrdinary): void {
    this.#wrongs.push({ wrong, to });
  }

  /** Subscriptions stay open and silent while true, although appends go on; afterwards they bring what they have missed. */
  set holdFeed(held: boolean) {
    this.#feedHeld = held;
    this.#tell();
  }

  get holdFeed(): boolean {
    return this.#feedHeld;
  }

  /** Calls are accepted and not worked on while true; afterwards they are, like those of a process that SIGSTOP has held. */
  set freeze(frozen: boolean) {
    this.#frozen = frozen;
    this.#tell();
  }

  get freeze(): boolean {
    return this.#frozen;
  }

  /** Lifts every order. */
  behave(): void {
    this.#wrongs.length = 0;
    this.appendDelay = 0;
    this.feedDelay = 0;
    this.notReady = false;
    this.#feedHeld = false;
    this.#frozen = false;
    this.#tell();
  }

  /** The order for an append to this stream, used up by asking; the server's affair, not a test's. */
  takeWrong(stream: string): AppendWrong | undefined {
    const index = this.#wrongs.findIndex(({ to }) => to(stream));
    return index < 0 ? undefined : this.#wrongs.splice(index, 1)[0]!.wrong;
  }

  /** Calls the listener when subscriptions or calls that were held may go on; returns what ends that. */
  onChanged(listener: () => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  /** Resolves when the server is not frozen. */
  async thawed(): Promise<void> {
    while (this.#frozen)
      await new Promise<void>((resolve) => {
        const end = this.onChanged(() => {
          end();
          resolve();
        });
      });
  }

  #tell(): void {
    for (const listener of [...this.#changed]) listener();
  }
}

/** Streams of the system are left alone unless a test names them. */
function isOrdinary(stream: string): boolean {
  return !stream.startsWith('$');
}

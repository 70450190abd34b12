/** A TCP connection to the server on which the fuzzer writes bytes as it likes, in the segments it likes. */
import { connect, type Socket } from 'node:net';

export class Peer {
  /** Resolves when the connection has closed, from either side. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #look = new Set<() => void>();
  #received: Buffer[] = [];
  #isClosed = false;

  /** `keep`: how many bytes of what comes are kept at most; the rest is read and forgotten. */
  constructor(port: number, keep = 4 * 1024 * 1024) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    let kept = 0;
    this.#socket.on('data', (bytes) => {
      if (kept < keep) this.#received.push(bytes);
      kept += bytes.length;
      for (const look of this.#look) look();
    });
    // A reset is how many a mutation ends.
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      this.#socket.once('close', () => {
        this.#isClosed = true;
        resolve();
        for (const look of this.#look) look();
      }),
    );
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Everything received and not consumed yet. */
  get received(): Buffer {
    const all = Buffer.concat(this.#received);
    this.#received = [all];
    return all;
  }

  /** Consumes this many received bytes. */
  take(length: number): void {
    this.#received = [this.received.subarray(length)];
  }

  write(bytes: Buffer | string): void {
    if (!this.#isClosed) this.#socket.write(bytes);
  }

  /** Each segment in a write of its own, with an iteration of the event loop or a few milliseconds between. */
  async writeApart(segments: readonly Buffer[], pauseMs: number): Promise<void> {
    for (const segment of segments) {
      this.write(segment);
      await new Promise((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));
    }
  }

  /** Resolves true as soon as `holds`; false when the connection has closed without that, or after `timeoutMs`. `holds` is asked at each arrival. */
  until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (result: boolean): void => {
        clearTimeout(timer);
        this.#look.delete(look);
        resolve(result);
      };
      const look = (): void => {
        if (holds()) settle(true);
        else if (this.#isClosed) settle(false);
      };
      const timer = setTimeout(() => settle(false), timeoutMs);
      this.#look.add(look);
      look();
    });
  }

  end(): void {
    this.#socket.end();
  }

  /** Closes it at once: by a reset, or where our side has ended already, as Node does it then (a reset would never be told of as a close). */
  reset(): void {
    if (this.#socket.writableEnded) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }
}

/** A socket of an attacker: writes the given bytes, reads or does not read, and counts refusals. */
import { RawSocket } from '../raw-socket.js';
import type { Tally } from './tally.js';

/** The server's problems and errors contain their code as text. */
const CODE = /"code":"(\w+)"/g;

export class AttackSocket {
  readonly #raw: RawSocket;
  readonly #tally: Tally;
  #isOpen = false;
  #reader: ((text: string) => void) | undefined;

  /** Rejects where it is not opened; that is counted. `query` of /ws. */
  static async open(url: string, query: string, localAddress: string, tally: Tally): Promise<AttackSocket> {
    const socket = new AttackSocket(url, query, localAddress, tally);
    try {
      await socket.#raw.opened;
      socket.#isOpen = true;
      tally.add('socket opened');
      return socket;
    } catch (error) {
      tally.add(`socket: ${(error as Error).message}`);
      throw error;
    }
  }

  private constructor(url: string, query: string, localAddress: string, tally: Tally) {
    this.#tally = tally;
    const received = (bytes: Buffer, length: number): void => {
      const text = bytes.toString('latin1', 0, length);
      for (const [, code] of text.matchAll(CODE)) tally.add(`error: ${code}`);
      this.#reader?.(text);
    };
    this.#raw = new RawSocket(
      new URL(`${url.replace(/^http/, 'ws')}/ws?${query}`),
      { received, ended: () => this.#ended() },
      localAddress,
    );
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes written that the system has not accepted yet. */
  get unsent(): number {
    return this.#raw.unsent;
  }

  /** Frames as latin1 text. */
  write(frames: string): void {
    if (this.#isOpen) this.#raw.write(frames);
  }

  /** Resolves when this text has arrived in one read, or after `timeoutMs`. */
  heard(text: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#reader = undefined;
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#reader = (came) => came.includes(text) && done();
    });
  }

  stopReading(): void {
    this.#raw.stopReading();
  }

  cut(): void {
    this.#isOpen = false;
    this.#raw.cut();
  }

  #ended(): void {
    if (this.#isOpen) this.#tally.add('socket ended by the server');
    this.#isOpen = false;
    this.#reader?.('');
  }
}

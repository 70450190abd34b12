/** One user's socket: what it receives is checked by a checker, pings are answered, an end it did not ask for is a fault. */

import type { Faults } from './faults.js';
import { CLOSE, controlFrame, PONG } from './frames.js';
import { PageChecker, type PageCheckerEvents } from './page-checker.js';
import type { PageViewers } from './page-viewers.js';
import { RawSocket } from './raw-socket.js';

export interface ViewerSocketOptions {
  readonly name: string;
  /** The server's /ws, without a token. */
  readonly url: URL;
  readonly token: string;
  readonly pageSet: PageViewers;
  readonly faults: Faults;
  /** Opens the socket to resume, with these frames (frames.ts) as the first it sends. */
  readonly resume?: string;
}

export interface ViewerSocketEvents
  extends Partial<Pick<PageCheckerEvents, 'triggered' | 'answered' | 'state' | 'isExpected'>> {
  /** The socket ended after its upgrade, which was expected. Without it an end is a fault. */
  ended?(why: string): void;
}

export class ViewerSocket {
  readonly checker: PageChecker;
  /** Resolves when the initial state is there; rejects where the socket did not get so far. */
  readonly ready: Promise<void>;
  isOpen = true;
  readonly #socket: RawSocket;

  constructor({ name, url, token, pageSet, faults, resume }: ViewerSocketOptions, hears: ViewerSocketEvents) {
    let resolve = (): void => {};
    let reject = (_error: Error): void => {};
    this.ready = new Promise((...settle) => ([resolve, reject] = settle));
    this.checker = new PageChecker(name, pageSet, faults, {
      triggered: hears.triggered ?? (() => {}),
      answered: hears.answered ?? (() => {}),
      ...(hears.state && { state: hears.state }),
      ...(hears.isExpected && { isExpected: hears.isExpected }),
      ready: () => resolve(),
      ping: (payload) => this.#socket.write(controlFrame(PONG, payload)),
      closing: (code, reason) => {
        // 1005 stands for a frame without a code, and is never sent itself (RFC 6455, 7.4.1).
        this.#socket.write(controlFrame(CLOSE, code === 1005 ? '' : String.fromCharCode(code >> 8, code & 0xff)));
        end(`the server closed the socket, with code ${code}${reason && `: ${reason}`}`);
      },
    });
    const end = (why: string): void => {
      if (!this.isOpen) return;
      this.isOpen = false;
      this.#socket.destroy();
      const sentence = `${name}: ${why}`;
      reject(new Error(sentence));
      if (hears.ended) hears.ended(why);
      else faults.add('closed', 1, () => sentence);
    };
    const address = new URL(url);
    address.searchParams.set('token', token);
    if (resume !== undefined) address.searchParams.set('resume', '1');
    this.#socket = new RawSocket(address, {
      received: (bytes, length) => {
        try {
          this.checker.receive(bytes, length);
        } catch (error) {
          end((error as Error).message);
        }
      },
      ended: end,
    });
    if (resume !== undefined)
      this.#socket.opened.then(
        () => this.send(resume),
        () => {},
      );
    this.#socket.opened.catch((error: Error) => reject(new Error(`${name}: ${error.message}`)));
  }

  /** Frames as latin1 text (frames.ts). */
  send(frames: string): void {
    if (this.isOpen) this.#socket.write(frames);
  }

  close(): void {
    this.isOpen = false;
    this.#socket.destroy();
  }

  /** Cuts the connection by a reset. */
  cut(): void {
    this.isOpen = false;
    this.#socket.cut();
  }

  stopReading(): void {
    // Any message extends the server's wait for the answer to its ping, but here the limit must cut the socket.
    this.send(controlFrame(PONG, ''));
    this.#socket.stopReading();
  }

  readOn(): void {
    this.#socket.readOn();
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }
}

/** One user's socket: what it receives is checked by a follower, pings are answered, an end it did not ask for is a fault. */
import type { Audience } from './audience.js';
import type { Faults } from './faults.js';
import { Follower, type FollowerEvents } from './follower.js';
import { CLOSE, controlFrame, PONG } from './frames.js';
import { RawSocket } from './raw-socket.js';

export interface MemberOptions {
  readonly name: string;
  /** The server's /ws, without a token. */
  readonly url: URL;
  readonly token: string;
  readonly audience: Audience;
  readonly faults: Faults;
}

export class Member {
  readonly follower: Follower;
  /** Resolves when the initial state is there; rejects where the socket did not get so far. */
  readonly ready: Promise<void>;
  isOpen = true;
  readonly #socket: RawSocket;

  constructor({ name, url, token, audience, faults }: MemberOptions, hears: Partial<Pick<FollowerEvents, 'triggered' | 'answered'>>) {
    let resolve = (): void => {};
    let reject = (_error: Error): void => {};
    this.ready = new Promise((...settle) => ([resolve, reject] = settle));
    this.follower = new Follower(name, audience, faults, {
      triggered: hears.triggered ?? (() => {}),
      answered: hears.answered ?? (() => {}),
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
      faults.add('closed', 1, () => sentence);
    };
    const address = new URL(url);
    address.searchParams.set('token', token);
    this.#socket = new RawSocket(address, {
      received: (bytes, length) => {
        try {
          this.follower.receive(bytes, length);
        } catch (error) {
          end((error as Error).message);
        }
      },
      ended: end,
    });
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
}

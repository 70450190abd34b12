/**
 * A minimal WebSocket: TCP or TLS, the upgrade, then bytes. All TCP sockets of a process read into one buffer,
 * so that receiving allocates nothing; the receiver must have processed the bytes when it returns.
 */
import { createHash, randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** RFC 6455, 1.3: what the server appends to the key to prove that it supports WebSocket. */
const PROOF = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const UPGRADE_TIMEOUT_MS = 30_000;
/** Larger reads than a fan-out's batch gain nothing; 64 KiB is what libuv itself would ask for. */
const shared = Buffer.allocUnsafe(256 * 1024);

export interface RawSocketEvents {
  /** `bytes` up to `length`, valid during the call only. */
  received(bytes: Buffer, length: number): void;
  /** The connection has ended after the upgrade, from either side. Called once. */
  ended(why: string): void;
}

export class RawSocket {
  /** Rejects where the upgrade is refused, with the reason and without the URL's query. */
  readonly opened: Promise<void>;
  readonly #tcp: Socket;
  readonly #secure: boolean;
  /** Undefined when events are no longer reported. */
  #events: RawSocketEvents | undefined;

  /** Starts to open `url`, ws: or wss:; from `localAddress`, one of this machine's, if it is given. */
  constructor(url: URL, events: RawSocketEvents, localAddress?: string) {
    this.#events = events;
    const secure = (this.#secure = url.protocol === 'wss:');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = Number(url.port || (secure ? 443 : 80));
    let read: (bytes: Buffer, length: number) => void = () => {};
    const callback = (length: number, bytes: Uint8Array): boolean => {
      read(bytes as Buffer, length);
      return true;
    };
    this.#tcp = secure
      ? connectTls({ host, port, servername: host })
      : connectTcp({ host, port, ...(localAddress ? { localAddress } : {}), onread: { buffer: shared, callback } });
    if (secure) this.#tcp.on('data', (bytes) => read(bytes, bytes.length));
    this.#tcp.setNoDelay(true);
    const upgrade = new Upgrade(url);
    this.#tcp.once(secure ? 'secureConnect' : 'connect', () => this.write(upgrade.request));
    this.opened = new Promise((resolve, reject) => {
      let isOpen = false;
      const end = (why: string): void => {
        clearTimeout(timer);
        this.#tcp.destroy();
        if (isOpen) this.#tellEnd(why);
        else reject(new Error(why));
      };
      const timer = setTimeout(
        () => end(`the server did not answer the upgrade within ${UPGRADE_TIMEOUT_MS / 1_000} s`),
        UPGRADE_TIMEOUT_MS,
      );
      this.#tcp.on('error', (error) => end(error.message));
      this.#tcp.on('close', () => end('the connection ended'));
      read = (bytes, length) => {
        try {
          const rest = upgrade.take(bytes.subarray(0, length));
          if (!rest) return;
          clearTimeout(timer);
          isOpen = true;
          read = (more, size) => this.#events?.received(more, size);
          if (rest.length) this.#events?.received(rest, rest.length);
          resolve();
        } catch (error) {
          end((error as Error).message);
        }
      };
    });
  }

  /** Sends frames (see frames.ts), given as latin1 text. */
  write(frames: string): void {
    this.#tcp.write(frames, 'latin1');
  }

  /** Bytes that were written and have not left this process. */
  get unsent(): number {
    return this.#tcp.writableLength;
  }

  /** Ends the connection when pending bytes are written; nothing is reported. */
  destroy(): void {
    this.#events = undefined;
    this.#tcp.destroySoon();
  }

  /** Cuts the connection by a reset: pending bytes are lost, and no port stays in TIME_WAIT. Nothing is reported. */
  cut(): void {
    this.#events = undefined;
    // Node can reset a bare connection only.
    if (this.#secure) this.#tcp.destroy();
    else this.#tcp.resetAndDestroy();
  }

  /** Reads nothing until `readOn`: then the system's buffers fill, and the server's. */
  stopReading(): void {
    this.#tcp.pause();
  }

  readOn(): void {
    this.#tcp.resume();
  }

  /** Bytes read since it opened. */
  get bytesRead(): number {
    return this.#tcp.bytesRead;
  }

  #tellEnd(why: string): void {
    const events = this.#events;
    this.#events = undefined;
    events?.ended(why);
  }
}

/** The HTTP request that turns a connection into a WebSocket, and its answer. */
class Upgrade {
  readonly request: string;
  readonly #proof: string;
  #head = Buffer.alloc(0);

  constructor(url: URL) {
    const key = randomBytes(16).toString('base64');
    this.#proof = createHash('sha1')
      .update(key + PROOF)
      .digest('base64');
    this.request =
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
  }

  /** What follows the answer, once all of the answer is there. Throws where it is a refusal. */
  take(bytes: Buffer): Buffer | undefined {
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [status = '', ...lines] = this.#head.toString('latin1', 0, end).split('\r\n');
    if (!/^HTTP\/1\.1 101/.test(status)) throw new Error(`the server refused the upgrade: ${status}`);
    if (!lines.some((line) => /^sec-websocket-accept:/i.test(line) && line.endsWith(this.#proof))) {
      throw new Error('the server accepted the upgrade with a wrong Sec-WebSocket-Accept');
    }
    return this.#head.subarray(end + 4);
  }
}

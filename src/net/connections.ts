/**
 * Limits HTTP connections, per address and in total. Connections beyond a limit are closed as soon as they are accepted, so that
 * the process never runs out of file descriptors, which would block every client and make the accept loop spin.
 *
 * uWebSockets.js reports that a connection has closed, but not which one. So an address's count is exact for connections that break
 * before or during a request, become a socket or end with a response, and too high for those that were kept alive for another
 * request and closed then. When an address reaches half of its limit, its connections are no longer kept alive: every response to
 * it ends its connection.
 */
import type uWS from 'uWebSockets.js';

/** Maximum lifetime of a connection without a request or with an unanswered one, in milliseconds. Older ones have closed. */
const LONGEST_MS = 60_000;

/** File descriptors reserved for files and everything else that the process opens; of a low limit, a third. */
const SPARE = 128;

export interface ConnectionsOptions {
  /** Per address at a time; Infinity: no limit. */
  readonly connectionsPerAddress: number;
  /** Files that the system allows this process to open; Infinity: unknown. */
  readonly descriptors: number;
  /** Open WebSockets: their connections are not HTTP connections any more. */
  readonly sockets: () => number;
  /** What counts as one address; undefined for a trusted proxy, whose connections are of many clients. */
  readonly addressOf: (peer: string) => string | undefined;
  /** Called for each connection that is closed because a limit is reached. */
  readonly onRefused: (why: 'address' | 'descriptors', peer: string) => void;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

interface OfAddress {
  /** Opened connections, less those known to have ended. */
  open: number;
  /** Since when each response ends its connection. */
  crowdedSince: number | undefined;
  /** The same as `open`, counted from then on. */
  openSince: number;
  lastSeen: number;
}

type Connection = Pick<uWS.HttpResponse, 'pause' | 'resume' | 'onAborted' | 'close' | 'getRemoteAddressAsText'>;

/** A connection that can be left unread: uWebSockets.js's response object before there is a request. */
export interface Unread {
  pause(): void;
  resume(): void;
  /** `handler` is called if the connection breaks without a request. */
  onAborted(handler: () => void): unknown;
}

/** Calls back for each connection: with 1 when it is accepted, with -1 when it has closed. */
export interface ConnectionSource<C extends Unread = Unread> {
  filter(told: (connection: C, change: number) => void): unknown;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #limit: number;
  readonly #most: number;
  readonly #now: () => number;
  readonly #ofAddress = new Map<string, OfAddress>();
  #open = 0;
  #refused = 0;
  #sweptAt = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#limit = options.connectionsPerAddress;
    this.#most = options.descriptors - Math.min(SPARE, Math.floor(options.descriptors / 3));
    this.#now = options.now ?? (() => performance.now());
  }

  /** Open HTTP connections. */
  get open(): number {
    return this.#open;
  }

  /** Connections that were closed because a limit was reached. */
  get refused(): number {
    return this.#refused;
  }

  /** The app as the accept limiter uses it: it reports only connections within the limits. */
  guarding(app: ConnectionSource<Connection>): ConnectionSource {
    return {
      filter: (told) =>
        app.filter((connection, change) => (change === 1 ? this.arrived(connection, told) : this.#left())),
    };
  }

  arrived(connection: Connection, then: (connection: Unread, change: number) => void): void {
    this.#open += 1;
    const peer = Buffer.from(connection.getRemoteAddressAsText()).toString();
    if (this.#open + this.#options.sockets() > this.#most) return this.#refuse(connection, 'descriptors', peer);
    const address = this.#options.addressOf(peer);
    if (address === undefined || this.#limit === Infinity) return then(connection, 1);
    const counted = this.#counted(address);
    if (counted.open >= this.#limit) return this.#refuse(connection, 'address', peer);
    counted.open += 1;
    counted.openSince += 1;
    const gone = (): void => this.ended(peer);
    connection.onAborted(gone);
    // A request replaces this handler by its own, and so would the accept limiter.
    const onAborted = (handler: () => void): void => void connection.onAborted(() => (handler(), gone()));
    then({ pause: () => connection.pause(), resume: () => connection.resume(), onAborted }, 1);
  }

  /** Whether a response to this peer should end its connection. */
  isCrowded(peer: string): boolean {
    if (this.#limit === Infinity) return false;
    const address = this.#options.addressOf(peer);
    const counted = address === undefined ? undefined : this.#ofAddress.get(address);
    if (!counted) return false;
    counted.lastSeen = this.#now();
    this.#settle(counted);
    return counted.crowdedSince !== undefined;
  }

  /** A connection of this peer has broken, or ends with its response. */
  ended(peer: string): void {
    const address = this.#options.addressOf(peer);
    const counted = address === undefined ? undefined : this.#ofAddress.get(address);
    if (address === undefined || !counted) return;
    counted.open = Math.max(0, counted.open - 1);
    counted.openSince = Math.max(0, counted.openSince - 1);
    if (counted.open === 0) this.#ofAddress.delete(address);
  }

  /** A connection of this peer has become a WebSocket; uWebSockets.js reports nothing more about it. */
  upgraded(peer: string): void {
    this.#open -= 1;
    this.ended(peer);
  }

  #left(): void {
    this.#open -= 1;
  }

  #refuse(connection: Connection, why: 'address' | 'descriptors', peer: string): void {
    this.#refused += 1;
    this.#options.onRefused(why, peer);
    connection.close();
  }

  #counted(address: string): OfAddress {
    const now = this.#now();
    this.#sweep(now);
    let counted = this.#ofAddress.get(address);
    if (!counted)
      this.#ofAddress.set(address, (counted = { open: 0, crowdedSince: undefined, openSince: 0, lastSeen: now }));
    counted.lastSeen = now;
    this.#settle(counted);
    return counted;
  }

  /** Removes counted connections that have certainly closed. */
  #settle(counted: OfAddress): void {
    const now = this.#now();
    // An address cannot have more than the total.
    counted.open = Math.min(counted.open, this.#open);
    if (counted.crowdedSince !== undefined && now - counted.crowdedSince >= LONGEST_MS) {
      counted.open = Math.min(counted.open, counted.openSince);
      counted.crowdedSince = undefined;
    }
    // The count is never too low, so keep-alive is allowed again.
    if (counted.crowdedSince !== undefined && counted.open < this.#limit / 4) counted.crowdedSince = undefined;
    if (counted.crowdedSince === undefined && counted.open >= this.#limit / 2)
      [counted.crowdedSince, counted.openSince] = [now, 0];
  }

  /** Addresses that were not seen for this long have no open connection that counts. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < LONGEST_MS) return;
    this.#sweptAt = now;
    for (const [address, { lastSeen }] of this.#ofAddress)
      if (now - lastSeen >= 2 * LONGEST_MS) this.#ofAddress.delete(address);
  }
}

/**
 * How many HTTP connections there are, of one address and in all. Those beyond a limit are closed as soon as they are accepted: so the
 * process never runs out of file descriptors, which would leave everybody waiting and the accept loop spinning.
 *
 * uWebSockets.js tells that a connection has closed, but not whose it was. So the count of an address is exact for connections that
 * break before or during a request, become a socket or end with an answer, and too high for those that were kept for another request
 * and closed then. When half of its limit is reached an address is given no more of the latter: every answer to it ends its connection.
 */
import type uWS from 'uWebSockets.js';

/** How long a connection without a request, or with one that is not answered, can live, in milliseconds: what was there before is gone after that. */
const LONGEST_MS = 60_000;

/** Descriptors that are left for files and for what else the process opens; of a low limit a quarter. */
const SPARE = 128;

export interface ConnectionsOptions {
  /** Of an address at a time; Infinity: no limit. */
  readonly connectionsPerAddress: number;
  /** Open files that the system allows this process; Infinity: not known. */
  readonly descriptors: number;
  /** Sockets open now: connections that are no HTTP connections any more. */
  readonly sockets: () => number;
  /** What counts as one address; undefined: a proxy that is trusted, whose connections are of many. */
  readonly addressOf: (peer: string) => string | undefined;
  /** Told of each connection that is closed for want of room. */
  readonly onRefused: (why: 'address' | 'descriptors', peer: string) => void;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
}

interface OfAddress {
  /** Opened, less those that are known to have ended. */
  open: number;
  /** Since when each answer ends its connection. */
  crowdedSince: number | undefined;
  /** The same as `open`, from then on. */
  openSince: number;
  lastSeen: number;
}

type Connection = Pick<uWS.HttpResponse, 'pause' | 'resume' | 'onAborted' | 'close' | 'getRemoteAddressAsText'>;

/** A connection that can be left unread: uWebSockets.js's response before there is a request. */
export interface Unread {
  pause(): void;
  resume(): void;
  /** `handler` is called when it breaks without a request. */
  onAborted(handler: () => void): unknown;
}

/** What calls back for each connection: with 1 when it is accepted, with -1 when it has closed. */
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
    this.#most = options.descriptors - Math.min(SPARE, Math.floor(options.descriptors / 4));
    this.#now = options.now ?? (() => performance.now());
  }

  /** HTTP connections open now. */
  get open(): number {
    return this.#open;
  }

  /** Connections that were closed for want of room. */
  get refused(): number {
    return this.#refused;
  }

  /** The app as the accept limiter is to see it: it is told of those connections alone that there is room for. */
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

  /** Whether an answer to this peer is to end its connection. */
  isCrowded(peer: string): boolean {
    if (this.#limit === Infinity) return false;
    const address = this.#options.addressOf(peer);
    const counted = address === undefined ? undefined : this.#ofAddress.get(address);
    if (!counted) return false;
    counted.lastSeen = this.#now();
    this.#settle(counted);
    return counted.crowdedSince !== undefined;
  }

  /** A connection of this peer has broken, or ends with the answer that it is sent. */
  ended(peer: string): void {
    const address = this.#options.addressOf(peer);
    const counted = address === undefined ? undefined : this.#ofAddress.get(address);
    if (address === undefined || !counted) return;
    counted.open = Math.max(0, counted.open - 1);
    counted.openSince = Math.max(0, counted.openSince - 1);
    if (counted.open === 0) this.#ofAddress.delete(address);
  }

  /** A connection of this peer is a socket now; uWebSockets.js tells no more of it. */
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

  /** What is counted and long gone is taken off. */
  #settle(counted: OfAddress): void {
    const now = this.#now();
    // None can have more than there are in all.
    counted.open = Math.min(counted.open, this.#open);
    if (counted.crowdedSince !== undefined && now - counted.crowdedSince >= LONGEST_MS) {
      counted.open = Math.min(counted.open, counted.openSince);
      counted.crowdedSince = undefined;
    }
    // The count is never too low: so few may be kept again.
    if (counted.crowdedSince !== undefined && counted.open < this.#limit / 4) counted.crowdedSince = undefined;
    if (counted.crowdedSince === undefined && counted.open >= this.#limit / 2)
      [counted.crowdedSince, counted.openSince] = [now, 0];
  }

  /** Addresses of which nothing was seen for so long have no connection that counts. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < LONGEST_MS) return;
    this.#sweptAt = now;
    for (const [address, { lastSeen }] of this.#ofAddress)
      if (now - lastSeen >= 2 * LONGEST_MS) this.#ofAddress.delete(address);
  }
}

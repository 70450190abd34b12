/**
 * Limits on open sockets per user and per address, checked before the upgrade. `client` is an address as clientOf returns it: an
 * IPv6 /64 counts as one.
 */

export interface SocketLimits {
  /** Infinity, here and below: no limit. */
  readonly socketsPerUser: number;
  /** Per address (IPv6: per /64); loopback counts like any other. */
  readonly socketsPerAddress: number;
  /** Sockets that may wait for their state at a time. */
  readonly socketsJoining: number;
}

/** Counts by key, without zeros. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, difference: 1 | -1): void {
    const count = this.of(key) + difference;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

export class OpenSockets {
  readonly #limits: SocketLimits;
  readonly #ofUser = new Tally();
  readonly #ofAddress = new Tally();

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  /** Which limit another socket would exceed, as a sentence; undefined if none. */
  refusal(userId: string, client: string): string | undefined {
    const { socketsPerUser, socketsPerAddress } = this.#limits;
    if (this.#ofUser.of(userId) >= socketsPerUser)
      return `This user already has ${socketsPerUser} open sockets (LIMIT_SOCKETS_PER_USER): close one first`;
    if (this.#ofAddress.of(client) >= socketsPerAddress)
      return `Your address already has ${socketsPerAddress} open sockets (LIMIT_SOCKETS_PER_ADDRESS): close one first`;
    return undefined;
  }

  ofUser(userId: string): number {
    return this.#ofUser.of(userId);
  }

  opened(userId: string, client: string): void {
    this.#count(userId, client, 1);
  }

  closed(userId: string, client: string): void {
    this.#count(userId, client, -1);
  }

  #count(userId: string, client: string, difference: 1 | -1): void {
    this.#ofUser.add(userId, difference);
    this.#ofAddress.add(client, difference);
  }
}

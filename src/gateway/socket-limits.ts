/** How many sockets a user and an address may have open, told before the upgrade. `client` is an address as clientOf gives it: an IPv6 /64 is one. */

export interface SocketLimits {
  /** Infinity, here as below: no limit. */
  readonly socketsPerUser: number;
  /** Of an address (IPv6: its /64); loopback is one like any other. */
  readonly socketsPerAddress: number;
  /** Sockets that may wait for their state at a time. */
  readonly socketsJoining: number;
}

/** Numbers by key, without those that are 0. */
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

  /** Whose limit one more socket would break, if any: a sentence. */
  refusal(userId: string, client: string): string | undefined {
    const { socketsPerUser, socketsPerAddress } = this.#limits;
    if (this.#ofUser.of(userId) >= socketsPerUser)
      return `This user has ${socketsPerUser} sockets open already (LIMIT_SOCKETS_PER_USER): close one first`;
    if (this.#ofAddress.of(client) >= socketsPerAddress)
      return `Your address has ${socketsPerAddress} sockets open already (LIMIT_SOCKETS_PER_ADDRESS): close one first`;
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

/**
 * What one address may request without a session: logins and registrations together, and accounts created. It is checked before
 * anything else in a request. An address is an IPv4 address or an IPv6 /64.
 */
import { TokenBuckets } from '../net/token-bucket.js';
import { clientOf } from './client-address.js';
import { RecentMap } from './recent-map.js';

/** Addresses that are remembered in each of the two tables: about 2 MB together. */
const ADDRESSES = 20_000;

const HOUR_MS = 3_600_000;

/** Burst of requests without a session, in seconds of the rate. */
const BURST_S = 5;

export interface AddressLimits {
  /** Login and registration requests per second from one address. Infinity, here and below: no limit. */
  readonly loginsPerSecond: number;
  /** Accounts created from one address within an hour. */
  readonly registrationsPerHour: number;
}

export interface Slowed {
  readonly kind: 'slowed';
  readonly retryAfterMs: number;
}

export class AddressBudgets {
  readonly #requests: TokenBuckets;
  readonly #registrations: TokenBuckets;

  /** `now`: milliseconds of a monotonic clock. */
  constructor({ loginsPerSecond, registrationsPerHour }: AddressLimits, now: () => number = () => performance.now()) {
    const buckets = (capacity: number, refillMs: number): TokenBuckets =>
      new TokenBuckets({ capacity, refillMs, store: new RecentMap(ADDRESSES), now });
    this.#requests = buckets(BURST_S * loginsPerSecond, 1_000 / loginsPerSecond);
    this.#registrations = buckets(registrationsPerHour, HOUR_MS / registrationsPerHour);
  }

  /** Takes one request of the address, or returns how long it has to wait. */
  takeRequest(address: string): Slowed | undefined {
    return slowed(this.#requests.take(clientOf(address)));
  }

  /** How long the address has to wait before it may create another account; undefined: it may now. Takes nothing. */
  registrationWait(address: string): Slowed | undefined {
    return slowed(this.#registrations.wait(clientOf(address)));
  }

  /** Takes one account of the address, or returns how long it has to wait. */
  takeRegistration(address: string): Slowed | undefined {
    return slowed(this.#registrations.take(clientOf(address)));
  }

  /** Returns the account: none was created. */
  giveBackRegistration(address: string): void {
    this.#registrations.giveBack(clientOf(address));
  }
}

const slowed = (waitMs: number): Slowed | undefined =>
  waitMs > 0 ? { kind: 'slowed', retryAfterMs: waitMs } : undefined;

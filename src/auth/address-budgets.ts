/**
 * What one address may ask for without a session, told before anything else of a request is looked at: logins and registrations
 * together, and accounts made. An address is an IPv4 address or an IPv6 /64.
 */
import { Budget } from './budget.js';
import { clientOf } from './client-address.js';

/** Addresses that are remembered, in each of the two tables: some 2 MB together. */
const ADDRESSES = 20_000;

const HOUR_MS = 3_600_000;

/** A request without a session costs as many at once as that many seconds of the rate. */
const BURST_S = 5;

export interface AddressLimits {
  /** Requests for a login or an account of one address a second. Infinity, here as below: no limit. */
  readonly loginsPerSecond: number;
  /** Accounts made from one address within an hour. */
  readonly registrationsPerHour: number;
}

export interface Slowed {
  readonly kind: 'slowed';
  readonly retryAfterMs: number;
}

export class AddressBudgets {
  readonly #requests: Budget | undefined;
  readonly #registrations: Budget | undefined;
  readonly #now: () => number;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor({ loginsPerSecond, registrationsPerHour }: AddressLimits, now: () => number = () => performance.now()) {
    this.#requests =
      loginsPerSecond === Infinity
        ? undefined
        : new Budget({
            capacity: Math.max(1, BURST_S * loginsPerSecond),
            refillMs: 1_000 / loginsPerSecond,
            keys: ADDRESSES,
          });
    this.#registrations =
      registrationsPerHour === Infinity
        ? undefined
        : new Budget({ capacity: registrationsPerHour, refillMs: HOUR_MS / registrationsPerHour, keys: ADDRESSES });
    this.#now = now;
  }

  /** Takes one request of the address, or says how long it has to wait. */
  takeRequest(address: string): Slowed | undefined {
    return take(this.#requests, clientOf(address), this.#now());
  }

  /** How long the address has to wait before it may make another account; undefined: it may now. Takes nothing. */
  registrationWait(address: string): Slowed | undefined {
    return waitOf(this.#registrations, clientOf(address), this.#now());
  }

  /** Takes one account of the address, or says how long it has to wait. */
  takeRegistration(address: string): Slowed | undefined {
    return take(this.#registrations, clientOf(address), this.#now());
  }

  /** No account was made after all. */
  giveBackRegistration(address: string): void {
    this.#registrations?.giveBack(clientOf(address), this.#now());
  }
}

function waitOf(budget: Budget | undefined, key: string, now: number): Slowed | undefined {
  const wait = budget?.wait(key, now) ?? 0;
  return wait > 0 ? { kind: 'slowed', retryAfterMs: Math.ceil(wait) } : undefined;
}

function take(budget: Budget | undefined, key: string, now: number): Slowed | undefined {
  const slowed = waitOf(budget, key, now);
  if (!slowed) budget?.spend(key, now);
  return slowed;
}

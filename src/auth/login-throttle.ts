/**
 * Guessing passwords is slowed; the owner of a name is delayed by it at the most, and never locked out. Only failures are counted:
 *
 * - of a name from an address: five are free, then each next attempt waits 1, 2, 4 … at most 30 s; a success clears them;
 * - of an address over all names (a common password tried on many): 200, of which one comes back each second;
 * - of a name over all addresses (many machines guess at one person): after 20, of which one comes back each minute, addresses that
 *   never logged in as that name have one attempt each 30 s. Their first is always free, so the owner gets in from a new place too.
 *
 * An address that has logged in as a name before meets only the first of these for that name: what others do does not slow it.
 * The limits are this process's own and do not outlive it.
 */
import { createHash } from 'node:crypto';
import { TokenBuckets } from '../net/token-bucket.js';
import { clientOf } from './client-address.js';
import { FailedAttempts } from './failed-attempts.js';
import { RecentMap } from './recent-map.js';

/** Entries in each of the four tables; the oldest make room. Full, they take about 10 MB together. */
const ENTRIES = 20_000;

export type Attempt =
  /** Not to be tried: the password is not to be looked at. Asking again earlier costs nothing and gains nothing. */
  | { readonly kind: 'slowed'; readonly retryAfterMs: number }
  /** To be tried, and counted as failed until it is told how it went; the first telling counts. */
  | {
      readonly kind: 'go';
      /** Wrong name or password. */
      fail(): void;
      succeed(): void;
      /** The password was not looked at after all. */
      abandon(): void;
    };

export interface LoginThrottle {
  /** `key`: the name's (see `nameKey`), of any length; `address`: the client's IP address. */
  attempt(key: string, address: string): Attempt;
  /** Entries that are kept now, over all tables: at most 80,000. */
  readonly size: number;
}

/** `now`: milliseconds of a clock that never goes back. */
export function createLoginThrottle({
  now = () => performance.now(),
}: {
  readonly now?: () => number;
} = {}): LoginThrottle {
  const failures = new FailedAttempts(ENTRIES);
  const buckets = (capacity: number, refillMs: number): TokenBuckets =>
    new TokenBuckets({ capacity, refillMs, store: new RecentMap(ENTRIES), now });
  const ofAddress = buckets(200, 1_000);
  const ofName = buckets(20, 60_000);
  const proven = new RecentMap<true>(ENTRIES);

  return {
    get size() {
      return failures.size + ofAddress.size + ofName.size + proven.size;
    },

    attempt(key, address) {
      const at = now();
      const client = clientOf(address);
      const name = digest(key);
      const pair = digest(`${client}\n${key}`);
      const isProven = proven.get(pair) !== undefined;
      const nameAttacked = !isProven && ofName.wait(name) > 0;

      const wait = Math.max(failures.wait(pair, nameAttacked, at), isProven ? 0 : ofAddress.wait(client));
      if (wait > 0) return { kind: 'slowed', retryAfterMs: Math.ceil(wait) };

      const uncount = failures.count(pair, at);
      if (!isProven) ofAddress.spend(client);
      const countsForName = !isProven && !nameAttacked;
      if (countsForName) ofName.spend(name);

      const giveBack = (): void => {
        if (!isProven) ofAddress.giveBack(client);
        if (countsForName) ofName.giveBack(name);
      };
      return settledOnce({
        fail: () => failures.failed(pair, now()),
        succeed() {
          failures.forget(pair);
          proven.set(pair, true);
          giveBack();
        },
        abandon() {
          uncount();
          giveBack();
        },
      });
    },
  };
}

type Settling = Pick<Extract<Attempt, { kind: 'go' }>, 'fail' | 'succeed' | 'abandon'>;

function settledOnce({ fail, succeed, abandon }: Settling): Attempt {
  let settled = false;
  const once = (settle: () => void) => (): void => {
    if (settled) return;
    settled = true;
    settle();
  };
  return { kind: 'go', fail: once(fail), succeed: once(succeed), abandon: once(abandon) };
}

/** Names may be long, and need not be readable here: an entry has a fixed size. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

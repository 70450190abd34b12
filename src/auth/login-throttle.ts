/**
 * Slows down password guessing. The owner of a name is delayed at most, and never locked out. Only failures are counted:
 *
 * - of a name from an address: five are free, then each attempt waits 1, 2, 4 … at most 30 s; a success clears them;
 * - of an address over all names (one common password tried on many names): 200, and one more each second;
 * - of a name over all addresses (many machines guess one password): after 20, and one more each minute, each address that has
 *   never logged in as that name has one attempt every 30 s. Its first is always free, so the owner can log in from a new address.
 *
 * An address that has logged in as a name before has only the first of these limits for that name: others cannot slow it down.
 * The counts are in this process's memory only.
 */
import { createHash } from 'node:crypto';
import { TokenBuckets } from '../net/token-bucket.js';
import { clientOf } from './client-address.js';
import { FailedAttempts } from './failed-attempts.js';
import { RecentMap } from './recent-map.js';

/** Entries in each of the four tables; the oldest are dropped when a table is full. Full tables take about 10 MB together. */
const ENTRIES = 20_000;

export type Attempt =
  /** The attempt is refused, and the password must not be checked. Trying again earlier has no effect. */
  | { readonly kind: 'slowed'; readonly retryAfterMs: number }
  /** The attempt may proceed. It counts as failed until a result is reported; only the first report counts. */
  | {
      readonly kind: 'go';
      /** Wrong name or password. */
      fail(): void;
      succeed(): void;
      /** The password was not checked. */
      abandon(): void;
    };

export interface LoginThrottle {
  /** `key`: the name's (see `nameKey`), of any length; `address`: the client's IP address. */
  attempt(key: string, address: string): Attempt;
  /** Current number of entries in all tables: at most 80,000. */
  readonly size: number;
}

/** `now`: milliseconds of a monotonic clock. */
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

/** Names can be long; a digest gives each entry a fixed size. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

/** Attempts to prove who one is, by a password or by a code: throttled, and those of one name from one address one after the other where they have to be. */
import type { Attempt, LoginThrottle } from './login-throttle.js';

export class LoginAttempts {
  readonly #throttle: LoginThrottle;
  /** By name and address: the attempt that began last, until it is settled. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(throttle: LoginThrottle) {
    this.#throttle = throttle;
  }

  /** Runs the attempts of one name from one address side by side as far as they are free; the others wait for what becomes of those. */
  async of(key: string, address: string): Promise<Attempt> {
    const pair = `${address} ${key}`;
    for (;;) {
      const attempt = this.#throttle.attempt(key, address);
      const underWay = this.#underWay.get(pair);
      if (attempt.kind === 'go') return this.#settling(pair, attempt);
      if (!underWay) return attempt;
      await underWay;
    }
  }

  /** The same attempt, known to be under way until it is told how it went. */
  #settling(pair: string, { kind, fail, succeed, abandon }: Extract<Attempt, { kind: 'go' }>): Attempt {
    let settled: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => (settled = resolve));
    this.#underWay.set(pair, underWay);
    const telling = (tell: () => void) => (): void => {
      tell();
      if (this.#underWay.get(pair) === underWay) this.#underWay.delete(pair);
      settled();
    };
    return { kind, fail: telling(fail), succeed: telling(succeed), abandon: telling(abandon) };
  }
}

/** The pause before reconnecting: exponential and randomised, so that a thousand clients do not reconnect at the same time. */

export interface BackOff {
  /** Maximum of the first pause, in ms; it doubles with each consecutive failure. */
  readonly firstMs: number;
  /** Maximum of any pause, in ms. */
  readonly longestMs: number;
}

/** Unless the application gives another one. */
export const BACK_OFF: BackOff = { firstMs: 1_000, longestMs: 30_000 };

/**
 * Full jitter (AWS, "Exponential Backoff and Jitter"): anything between zero and the whole pause. `failures`: consecutive, from 1
 * on; `random`: from 0 to below 1. The server's `retryAfterMs` is waited for in any case, and the jitter is added to it.
 */
export function pauseMs(failures: number, { firstMs, longestMs }: BackOff, random: number, retryAfterMs = 0): number {
  const whole = Math.min(longestMs, firstMs * 2 ** (failures - 1));
  return Math.round(retryAfterMs + random * whole);
}

/** How long to wait before connecting again: growing, and by chance, so that a thousand clients do not come back as one. */

export interface BackOff {
  /** The longest first pause, in ms; it doubles with each failure in a row. */
  readonly firstMs: number;
  /** The longest pause of all, in ms. */
  readonly longestMs: number;
}

/**
 * Full jitter (AWS, "Exponential Backoff and Jitter"): anything between none and the whole pause. `failures` in a row, from 1
 * on; `random` from 0 to below 1. What the server asked for (`retryAfterMs`) is waited for in any case, and the jitter comes on top.
 */
export function pauseMs(failures: number, { firstMs, longestMs }: BackOff, random: number, retryAfterMs = 0): number {
  const whole = Math.min(longestMs, firstMs * 2 ** (failures - 1));
  return Math.round(retryAfterMs + random * whole);
}

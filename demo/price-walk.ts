/** A price that walks at random around a mean, the same for the same seed, and the alarms that a step of it meets. */
import type { Alarm } from '@alarm-server/client';

const MEAN = 1.085;

/** Largest step by chance, and the part of the way back to the mean that each step takes besides. */
const LARGEST_STEP = 0.0014;
const PULL = 0.25;

/** Prices without end, of four decimals, beginning at the mean. */
export function* priceWalk(seed: number): Generator<number, never> {
  const random = mulberry32(seed);
  let price = MEAN;
  for (;;) {
    yield round(price);
    price += (random() * 2 - 1) * LARGEST_STEP + (MEAN - price) * PULL;
  }
}

/** Whether the price has come to the alarm's side of its level with this step. The condition is the demo's own: `above 1.0860`. */
export function meets({ active, condition }: Alarm, before: number, now: number): boolean {
  const [, side, digits] = /^(above|below) (\d+\.\d+)$/.exec(condition) ?? [];
  if (!active || digits === undefined) return false;
  const level = Number(digits);
  return side === 'above' ? before <= level && now > level : before >= level && now < level;
}

const round = (price: number): number => Math.round(price * 10_000) / 10_000;

/** Tommy Ettinger's generator of 32 bits: small, and good enough for a market that does not exist. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers and times for people, through Intl, in the browser's language. */
import { zone } from './preferences.js';

const number = new Intl.NumberFormat();
export const count = (value: number): string => number.format(value);

const exactIn = (timeZone: string | undefined) =>
  new Intl.DateTimeFormat(undefined, {
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hourCycle: 'h23',
    ...(timeZone === undefined ? {} : { timeZone }),
  });
const exact = { utc: exactIn('UTC'), local: exactIn(undefined) };

/** The name of this computer's zone, like Europe/Paris. */
export const localZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
export const zoneName = (): string => (zone.value === 'utc' ? 'UTC' : localZone);

/** Date and time to the millisecond, in the zone that the person has chosen. */
export const exactTime = (at: string): string => exact[zone.value].format(new Date(at));

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' });
const STEPS = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 365],
] as const;

/** "12s ago", "in 5min": how far away, in one unit. */
export function relativeTime(at: string, nowMs: number): string {
  let distance = (Date.parse(at) - nowMs) / 1_000;
  // A clock that is a little behind the server's would make the future of what has just happened.
  if (Math.abs(distance) < 1) return 'now';
  for (const [unit, limit] of STEPS) {
    if (Math.abs(distance) < limit) return relative.format(Math.trunc(distance), unit);
    distance /= limit;
  }
  return relative.format(Math.trunc(distance), 'year');
}

/** A number of milliseconds, short: 4 ms, 2.1 s, 3 min. */
export function duration(ms: number): string {
  if (ms < 1_000 && ms > 0) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${ms % 1_000 === 0 ? ms / 1_000 : (ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min`;
}

export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** `value` as the server sent it: no rounding, no grouping. */
export const price = (value: number): string => String(value);

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

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A number of whole seconds, exactly: 90 → 1 min 30 s. */
export function span(seconds: number): string {
  const parts: string[] = [];
  let left = seconds;
  for (const [unit, size] of UNITS) {
    const times = Math.floor(left / size);
    if (times > 0) parts.push(`${count(times)} ${unit}`);
    left -= times * size;
  }
  return parts.join(' ') || '0 s';
}

const rounded = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const SIZES = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** A value with three digits and its unit: 0.271 ms, 235 MB. A KB has 1,000 bytes. */
export function measured(value: number, unit: string): string {
  if (unit !== 'bytes') return `${value < 1_000 ? rounded.format(value) : count(Math.round(value))} ${unit}`.trim();
  const size = value < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(value) / 3));
  return `${rounded.format(value / 1_000 ** size)} ${SIZES[size]}`;
}

export const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** `value` as the server sent it: no rounding, no grouping. */
export const price = (value: number): string => String(value);

/** `at` as a field of the type datetime-local holds it, to the second, in the zone that the person has chosen; empty for no moment. */
export function momentField(at: string): string {
  if (at === '') return '';
  const moment = new Date(at);
  const offsetMs = zone.value === 'utc' ? 0 : moment.getTimezoneOffset() * 60_000;
  return new Date(moment.getTime() - offsetMs).toISOString().slice(0, 19);
}

/** What such a field holds, as RFC 3339 in UTC; empty where it is no moment. */
export function momentOf(field: string): string {
  const moment = new Date(zone.value === 'utc' ? `${field}Z` : field);
  return field === '' || Number.isNaN(moment.getTime()) ? '' : moment.toISOString();
}

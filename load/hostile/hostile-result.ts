/** The effect of an attack on the others: the JSON that --json writes, and the same as text. */
import type { LatencySummary } from '../latency.js';
import type { Served } from './newcomer.js';

export interface AttackResult {
  readonly attack: string;
  readonly found: string;
  readonly calm: LatencySummary;
  readonly attacked: LatencySummary;
  /** The median under attack divided by the calm one. */
  readonly ratio: number;
  /** The probe's triggers that were refused, by code, and how often its sockets were cut. */
  readonly probe_refused: readonly [string, number][];
  readonly probe_cuts: number;
  readonly logins: Served;
  /** The server's largest memory, and its memory before. */
  readonly rss_mb: { readonly before: number; readonly max: number };
  /** By which its folder grew, preparation included. */
  readonly disk_mb: number;
  /** The answers to the attacker, the most frequent first. */
  readonly answers: readonly [string, number][];
  /** How the server ended, if it did. */
  readonly server_ended: string | undefined;
  /** The violated bounds, as sentences. */
  readonly faults: readonly string[];
}

export interface HostileOptions {
  readonly names: readonly string[];
  /** In s: before, for preparation at the most, and under attack. */
  readonly calm: number;
  readonly prepare: number;
  readonly duration: number;
  /** Bounds in MB: of the server's memory, and of what its folder may grow by. */
  readonly maxRssMb: number;
  readonly maxDiskMb: number;
  /** The server's main.js, if it is not the one beside this tool. */
  readonly server: string | undefined;
}

/** The median under attack may be this multiple of the calm one. */
const RATIO = 5;
/** Below this, in µs, a median is as good as calm whatever the ratio: a machine that does nothing answers in less than its scheduler's slice. */
const FLOOR_US = 5_000;
const LONGEST_US = 1_000_000;
/** Share of the honest logins that must be served. */
const SERVED = 0.9;

export function faultsOf(
  { calm, attacked, logins, rss_mb, disk_mb, server_ended, probe_refused }: Omit<AttackResult, 'faults'>,
  { maxRssMb, maxDiskMb }: HostileOptions,
): string[] {
  const faults: string[] = [];
  if (server_ended !== undefined) faults.push(`the server ended: ${server_ended}`);
  if (attacked.p50_us > Math.max(RATIO * calm.p50_us, FLOOR_US))
    faults.push(
      `the median is ${(attacked.p50_us / calm.p50_us).toFixed(1)} times that in calm; at most ${RATIO} is allowed`,
    );
  if (attacked.max_us > LONGEST_US)
    faults.push(`a trigger took ${(attacked.max_us / 1e6).toFixed(2)} s; at most ${LONGEST_US / 1e6} s is allowed`);
  if (probe_refused.length > 0) faults.push(`triggers of the probe were refused: ${listed(probe_refused)}`);
  if (rss_mb.max > maxRssMb)
    faults.push(`the server took ${rss_mb.max.toFixed(0)} MB of memory; at most ${maxRssMb} is allowed`);
  if (disk_mb > maxDiskMb) faults.push(`its folder grew by ${disk_mb.toFixed(0)} MB; at most ${maxDiskMb} is allowed`);
  if (logins.served < SERVED * logins.tried)
    faults.push(`${logins.served} of ${logins.tried} honest logins were served: ${listed(logins.why)}`);
  return faults;
}

const listed = (counts: readonly [string, number][]): string =>
  counts.map(([what, count]) => `${count} × ${what}`).join(', ');
const ms = (us: number): string => (us / 1_000).toFixed(us < 10_000 ? 2 : 0);

/** Of the answers to the attacker, the refusals that name a reached limit. */
const isRefusal = ([what]: readonly [string, number]): boolean => /error:|HTTP [45]|ended|refused|ECONN/.test(what);

export function hostileAsText(results: readonly AttackResult[]): string {
  const lines = results.map(
    ({ attack, found, calm, attacked, ratio, logins, rss_mb, disk_mb, answers, probe_cuts, faults }) =>
      [
        `${attack} (${found})`,
        `  trigger seen by another: calm median ${ms(calm.p50_us)} ms · attacked median ${ms(attacked.p50_us)} ms (${ratio.toFixed(1)} times), p99 ${ms(attacked.p99_us)} ms, max ${ms(attacked.max_us)} ms${probe_cuts > 0 ? `; its sockets were cut ${probe_cuts} times` : ''}`,
        `  server: RSS ${rss_mb.before.toFixed(0)} → at most ${rss_mb.max.toFixed(0)} MB · folder + ${disk_mb.toFixed(1)} MB · honest logins ${logins.served} of ${logins.tried}, slowest ${logins.slowest_ms} ms`,
        `  limits met: ${listed(answers.filter(isRefusal).slice(0, 6)) || 'none'}`,
        ...faults.map((fault) => `  FAULT: ${fault}`),
      ].join('\n'),
  );
  const faulty = results.filter(({ faults }) => faults.length > 0).map(({ attack }) => attack);
  return `${lines.join('\n\n')}\n\n${faulty.length === 0 ? `held: ${results.length} of ${results.length} attacks` : `NOT held: ${faulty.join(', ')}`}\n`;
}

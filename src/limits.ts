/**
 * Limits per user and per address: names, defaults, and which of them LIMITS=off removes. The defaults are explained in
 * docs/decisions/0015-limits-are-on-by-default.md.
 */
import type { z } from 'zod';

/** The defaults by limit. The environment variable is LIMIT_ plus the limit's name in capitals: LIMIT_COMMANDS_PER_SECOND. */
const defaults = {
  /** Commands per second of one user, over all their sockets and HTTP together. */
  commandsPerSecond: 200,
  /** Commands that a user who has sent none for a while can send at once. If only commandsPerSecond is set, five seconds of that. */
  commandsBurst: 1_000,
  /** Commands of one user that have not been answered yet. */
  commandsWaitingPerUser: 1_000,
  /** Reads per second of one user: HTTP reads, joins, resumes, syncs, refreshes and wrong messages together. */
  readsPerSecond: 50,
  /** Bytes per second of the replies to these reads of one user. */
  readBytesPerSecond: 20_000_000,
  /** Bytes per second that one user's commands write to the disk, log and read model together, estimated; the burst is ten seconds of it. */
  writtenBytesPerSecond: 500_000,
  /** The same within a day. */
  writtenMegabytesPerDay: 2_000,
  /** Alarms on the pages of one user that are told again, per second, by each node. */
  renotificationsPerSecond: 50,
  socketsPerUser: 100,
  /** An address is an IPv4 address or an IPv6 /64. Loopback is an address like any other. */
  socketsPerAddress: 1_000,
  /** HTTP connections of an address, without sockets. */
  connectionsPerAddress: 200,
  /** Streams of GET /events that one user has open: server-sent events and NDJSON. */
  eventStreamsPerUser: 100,
  /** Sockets that wait for their state. It protects the process, so LIMITS=off does not remove it. */
  socketsJoining: 20_000,
  /** Unsent bytes over all connections that do not read them. It protects the process too. */
  undeliveredBytes: 256 * 1024 * 1024,
  /** Pages that a user owns. */
  pagesPerUser: 500,
  /** Groups that a user owns. */
  groupsPerUser: 100,
  alarmsPerPage: 2_000,
  /** Alarms on all pages that a user owns. */
  alarmsPerUser: 20_000,
  membersPerGroup: 1_000,
  /** Bytes of state of all pages that others share with a user: 100,000 alarms of typical length. */
  sharedBytesPerUser: 32 * 1024 * 1024,
  /** Login and registration requests per second of one address, successful or not; the burst is five seconds of it. */
  loginsPerSecond: 20,
  /** Accounts created from one address within an hour. */
  registrationsPerHour: 10,
};

export type LimitName = keyof typeof defaults;

/** Infinity: no limit. */
export type Limits = { readonly [Name in LimitName]: number };

export const limitNames = Object.keys(defaults) as LimitName[];

/** The limit's environment variable. */
export const settingOf = (name: LimitName): string =>
  `LIMIT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Limits that LIMITS=off does not remove: they protect the process, not one user from another. */
const protectsTheProcess: ReadonlySet<LimitName> = new Set(['socketsJoining', 'undeliveredBytes']);

/** The burst of commands, in seconds of the rate, unless LIMIT_COMMANDS_BURST is set. */
const BURST_S = 5;

/** The environment's entry for each limit, read by `limit`. */
export const limitSettings = <T extends z.ZodType>(limit: T): Record<string, T> =>
  Object.fromEntries(limitNames.map((name) => [settingOf(name), limit]));

/** `given`: the parsed settings, undefined if unset; 0: no limit. `off`: LIMITS=off; a limit that is set explicitly still applies. */
export function limitsOf(given: Readonly<Record<string, unknown>>, off: boolean): Limits {
  const set = (name: LimitName): number | undefined => given[settingOf(name)] as number | undefined;
  const read = (name: LimitName, unset: number): number =>
    (set(name) ?? (off && !protectsTheProcess.has(name) ? 0 : unset)) || Infinity;
  const limits = Object.fromEntries(limitNames.map((name) => [name, read(name, defaults[name])])) as Record<
    LimitName,
    number
  >;
  return { ...limits, commandsBurst: read('commandsBurst', BURST_S * limits.commandsPerSecond) };
}

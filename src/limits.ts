/**
 * Limits of what one user or one address can make the server do: names, defaults, and what LIMITS=off takes away. The defaults are
 * argued in docs/decisions/0015-limits-are-on-by-default.md.
 */
import type { z } from 'zod';

/** The defaults by limit. The name in the environment is LIMIT_ and the limit's name in capitals: LIMIT_COMMANDS_PER_SECOND. */
const defaults = {
  /** Commands of one user a second, over all their sockets and HTTP together. */
  commandsPerSecond: 200,
  /** Commands that a user who has sent none for a while can send at once. Where only commandsPerSecond is set, five seconds of that. */
  commandsBurst: 1_000,
  /** Commands of one user that wait to be decided or for their answer. */
  commandsWaitingPerUser: 1_000,
  /** Reads of one user a second over HTTP, joins, resumes, syncs, refreshes and wrong messages, together. */
  readsPerSecond: 50,
  /** Bytes that one user is answered a second to these. */
  readBytesPerSecond: 20_000_000,
  /** Bytes that one user has written to the disk a second, log and read model together, estimated; ten seconds' worth at once. */
  writtenBytesPerSecond: 500_000,
  /** Likewise within a day. */
  writtenMegabytesPerDay: 2_000,
  socketsPerUser: 100,
  /** An address is an IPv4 address or an IPv6 /64. Loopback is an address like any other. */
  socketsPerAddress: 1_000,
  /** HTTP connections of an address, sockets not counted. */
  connectionsPerAddress: 200,
  /** Sockets that wait for their state. It protects the process: LIMITS=off leaves it. */
  socketsJoining: 20_000,
  /** Bytes that may wait for connections that do not take them, over all of them. It protects the process too. */
  undeliveredBytes: 256 * 1024 * 1024,
  /** Pages that a user owns. */
  pagesPerUser: 500,
  /** Groups that a user owns. */
  groupsPerUser: 100,
  alarmsPerPage: 2_000,
  /** Alarms on all pages that a user owns. */
  alarmsPerUser: 20_000,
  membersPerGroup: 1_000,
  /** Bytes of state of all pages that others share with a user: 100,000 alarms of the usual length. */
  sharedBytesPerUser: 32 * 1024 * 1024,
  /** Requests for a login or an account of one address a second, whatever becomes of them; five seconds' worth at once. */
  loginsPerSecond: 20,
  /** Accounts made from one address within an hour. */
  registrationsPerHour: 10,
};

export type LimitName = keyof typeof defaults;

/** Infinity: no limit. */
export type Limits = { readonly [Name in LimitName]: number };

export const limitNames = Object.keys(defaults) as LimitName[];

/** The name of the limit in the environment. */
export const settingOf = (name: LimitName): string =>
  `LIMIT_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** What LIMITS=off does not take away, because it protects the process and not one user from another. */
const protectsTheProcess: ReadonlySet<LimitName> = new Set(['socketsJoining', 'undeliveredBytes']);

/** How many seconds' worth of commands a user can send at once, unless LIMIT_COMMANDS_BURST says otherwise. */
const BURST_S = 5;

/** The environment's entry for each limit, read by `limit`. */
export const limitSettings = <T extends z.ZodType>(limit: T): Record<string, T> =>
  Object.fromEntries(limitNames.map((name) => [settingOf(name), limit]));

/** `given`: the settings as parsed, undefined where unset; 0 is no limit. `off`: LIMITS=off; a limit that is set all the same counts. */
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

/** The command line: its options, and a sentence for each error in them. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { attacks, attacksNamed, TOGETHER } from './hostile/attacks.js';
import type { HostileOptions } from './hostile/hostile-result.js';

export interface LoadOptions {
  readonly url: string;
  readonly viewers: number;
  /** Sockets that trigger. */
  readonly publishers: number;
  /** Closed loop: triggers in flight, in all. Not used where `rate` is set. */
  readonly inFlight: number;
  /** Open loop: triggers a second, in all. */
  readonly rate: number | undefined;
  /** Open loop: how many of them come at a time. */
  readonly burst: number;
  /** Measured time and the time before it, in s. */
  readonly duration: number;
  readonly warmUp: number;
  /** How long after the end late updates are waited for, in s. */
  readonly drain: number;
  readonly pages: number;
  readonly alarms: number;
  /** Accounts that the viewers' sockets share. */
  readonly users: number;
  /** Sockets per worker of a user who may see no page. */
  readonly outsiders: number;
  readonly workers: number;
  /** Streams of GET /events, half as NDJSON and half as server-sent events; and consumers of subscriptions. */
  readonly followers: number;
  readonly consumers: number;
  readonly ids: boolean;
  /** Share of the viewers that acknowledge, from 0 to 1. */
  readonly ack: number;
  readonly share: 'user' | 'group';
}

/** With it, all viewers but some are cut and reconnect at once. */
export interface StormOptions {
  /** Viewers that are not cut; `viewers` are. */
  readonly stay: number;
  /** Time over which the others reconnect, in s. */
  readonly spread: number;
  /** Share of them that requests the whole state, from 0 to 1; the rest resumes. */
  readonly fresh: number;
}

/** With it, some viewers stop reading. */
export interface StoppedReaderOptions {
  /** How many of the viewers, and for how long, in s. */
  readonly stopped: number;
  readonly stopFor: number;
  /** Time under load in all, in s. */
  readonly seconds: number;
}

export interface Invocation {
  readonly options: LoadOptions;
  readonly storm: StormOptions | undefined;
  readonly stoppedReader: StoppedReaderOptions | undefined;
  /** Attacks on a server of the tool's own, instead of load on another. */
  readonly hostile: HostileOptions | undefined;
  /** Where the JSON goes; '-' is stdout. */
  readonly json: string | undefined;
}

/** In the open loop this many triggers can be in flight at once if the command line does not say. */
const OPEN_LOOP_ALARMS = 1_000;

/** Partitions of one subscription. */
const CONSUMERS_PER_ACCOUNT = 64;

export const help = `npm run load -- [options]

Opens sockets to an alarm server, triggers alarms and checks what every viewer receives. It creates its own users, pages and alarms
through the HTTP API and the socket, and works with any server of the seed's contract.

  --url <address>      of the server (http://127.0.0.1:8080); https: too, with NODE_EXTRA_CA_CERTS for a certificate of your own
  --viewers <n>        sockets that watch (100)
  --publishers <n>     sockets that trigger (1)
  --in-flight <n>      closed loop: triggers in flight, in all (16)
  --rate <n>           open loop instead: triggers a second, in all; latency counts from when a trigger was due
  --burst <n>          open loop: triggers that are due at a time (1)
  --duration <s>       measured time (10)
  --warm-up <s>        time before it, not counted (2)
  --drain <s>          how long to wait for late updates at the end (5)
  --pages <n>          pages (1); each user sees a part of them
  --alarms <n>         alarms, in all (as many as in flight; open loop: ${OPEN_LOOP_ALARMS}); no more triggers than this are ever in flight
  --users <n>          accounts that the viewers share (4): a login costs a server more than a socket
  --share <how>        user: pages are granted to each account; group: to one group per set of pages (user)
  --ack <share>        share of the viewers that acknowledge what they see, 0 to 1 (0); what becomes of each alarm is then checked at each event
  --ids                send command ids; the answer, not the update, ends a trigger
  --outsiders <n>      sockets per worker that may see nothing and must receive nothing (2)
  --followers <n>      streams of /events from the start of the log on, half NDJSON, half server-sent events; checked as sockets are (0)
  --consumers <n>      consumers of subscriptions: one subscription an account, a partition a consumer; they read and acknowledge (0)
  --workers <n>        processes that hold the sockets (one less than there are processors)
  --storm              all viewers (5,000) are cut and reconnect at once; some others stay connected and measure. Open loop; see below
  --stay <n>           of a storm: viewers that stay connected (100)
  --spread <s>         of a storm: time over which the others reconnect (1)
  --fresh <share>      of a storm: share of them that requests the whole state, 0 to 1 (0.2); the rest resumes
  --stopped-reader     some of the viewers (1,000) stop reading; the others measure, and the server's memory is recorded. Open loop; see below
  --stopped <n>        how many of them (1)
  --stop-for <s>       for how long (60); the others are compared with an equal time before
  --seconds <s>        time under load in all (three times --stop-for)
  --hostile <name>     one ordinary user does their worst to a server of the tool's own, with default limits; see below
  --calm <s>           of --hostile: time before the attack, for comparison (5); --duration is that of the attack (15)
  --prepare <s>        of --hostile: at most this time for the attacker to prepare (20)
  --max-rss <MB>       of --hostile: memory that the server may use (1024)
  --max-disk <MB>      of --hostile: bytes that its folder may grow by (256)
  --server <file>      of --hostile: the server's main.js, if it is not the one beside this tool
  --json <file>        the result as JSON; - is stdout, and the text is left out
  --help               this

--storm and --stopped-reader change the defaults: --viewers as above, --rate 100 or 1000, --burst 1 or 100, --pages 10 or 1, --users 50 or 4, --warm-up 5.
In a storm, the viewers that stay connected and the publishers have a process of their own, so that the work for the others is not measured.

--hostile attacks a fresh server for each name, from an address and in a process of their own, while another user triggers an
alarm 50 times a second and sees it, and a third logs in, takes a ticket and opens a socket every half second. Names:
${attacks.map(({ name, found }) => `  ${name.padEnd(17)} ${found}`).join('\n')}
  ${'together'.padEnd(17)} all of them at the same time
  ${'all'.padEnd(17)} each of them, one after the other, and then together
It fails if the median is more than 5 times the calm one, a trigger takes over 1 s or is refused, fewer than 9 of 10 logins are
served, or the server ends or uses more memory or disk than allowed. It says which limits the attacker reached.

A load test reaches limits: start its server with LIMITS=off. Otherwise the tool says which limit it reached.

The exit code is 0; 1 if the server did something wrong (gaps, duplicates, leaks, errors …); 2 if the run was not possible.
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const flags = {
  url: { type: 'string' },
  viewers: { type: 'string' },
  publishers: { type: 'string' },
  'in-flight': { type: 'string' },
  rate: { type: 'string' },
  burst: { type: 'string' },
  duration: { type: 'string' },
  'warm-up': { type: 'string' },
  drain: { type: 'string' },
  pages: { type: 'string' },
  alarms: { type: 'string' },
  users: { type: 'string' },
  share: { type: 'string' },
  ids: { type: 'boolean' },
  ack: { type: 'string' },
  outsiders: { type: 'string' },
  followers: { type: 'string' },
  consumers: { type: 'string' },
  workers: { type: 'string' },
  storm: { type: 'boolean' },
  stay: { type: 'string' },
  spread: { type: 'string' },
  fresh: { type: 'string' },
  'stopped-reader': { type: 'boolean' },
  stopped: { type: 'string' },
  'stop-for': { type: 'string' },
  seconds: { type: 'string' },
  hostile: { type: 'string' },
  calm: { type: 'string' },
  prepare: { type: 'string' },
  'max-rss': { type: 'string' },
  'max-disk': { type: 'string' },
  server: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** `args` without the program's name; 'help' where that is asked for. Throws UsageError. */
export function readOptions(args: readonly string[]): Invocation | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const whole = (name: keyof typeof flags, unset: number, min: number): number =>
    number(name, values[name], unset, min, true);
  const seconds = (name: keyof typeof flags, unset: number, min: number): number =>
    number(name, values[name], unset, min, false);

  const hostile = hostileOf(values, seconds);
  const url = values.url ?? 'http://127.0.0.1:8080';
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError('--url must be the address of a server, like http://127.0.0.1:8080');
  if (values.rate !== undefined && values['in-flight'] !== undefined)
    throw new UsageError('--rate is an open loop and --in-flight a closed one: give one of them');
  const share = values.share ?? 'user';
  if (share !== 'user' && share !== 'group') throw new UsageError('--share must be user or group');

  const scene = sceneOf(values);
  if (values.burst !== undefined && values.rate === undefined && scene.rate === undefined)
    throw new UsageError('--burst needs --rate');
  const rate =
    values.rate === undefined && scene.rate === undefined
      ? undefined
      : number('rate', values.rate, scene.rate ?? 0, Number.MIN_VALUE, false);
  const publishers = whole('publishers', 1, 1);
  const inFlight = whole('in-flight', Math.max(16, publishers), 1);
  const pages = whole('pages', scene.pages, 1);
  const alarms = whole('alarms', Math.max(rate === undefined ? inFlight : OPEN_LOOP_ALARMS, pages, publishers), 1);
  if (rate === undefined && inFlight < publishers)
    throw new UsageError(
      `--in-flight ${inFlight} leaves some of the ${publishers} publishers nothing to do: it must be at least --publishers`,
    );
  // Alarms go round the publishers, and so do the triggers in flight: what holds in all holds for each.
  if (rate === undefined && alarms < inFlight)
    throw new UsageError(
      `--alarms ${alarms} is fewer than the ${inFlight} in flight, and an alarm is in flight once at a time`,
    );
  if (alarms < Math.max(pages, publishers))
    throw new UsageError(
      `--alarms ${alarms} leaves a page or a publisher without any: it must be at least --pages and --publishers`,
    );
  const ack = seconds('ack', 0, 0);
  if (ack > 1) throw new UsageError(`--ack must be a share from 0 to 1, not ${ack}`);
  const options: LoadOptions = {
    url,
    viewers: whole('viewers', scene.viewers, 0),
    publishers,
    inFlight,
    rate,
    burst: whole('burst', scene.burst, 1),
    duration: seconds('duration', 10, 0.1),
    warmUp: seconds('warm-up', scene.warmUp, 0),
    drain: seconds('drain', 5, 0),
    pages,
    alarms,
    users: whole('users', scene.users, 1),
    outsiders: whole('outsiders', 2, 0),
    followers: whole('followers', 0, 0),
    consumers: whole('consumers', 0, 0),
    workers: whole('workers', Math.max(1, availableParallelism() - 1), 1),
    ids: values.ids ?? false,
    ack,
    share,
  };
  if ((options.followers > 0 || options.consumers > 0) && (values.storm || values['stopped-reader']))
    throw new UsageError('--followers and --consumers go with a plain run, not with --storm or --stopped-reader');
  if (options.consumers > CONSUMERS_PER_ACCOUNT * options.users)
    throw new UsageError(
      `--consumers ${options.consumers} is more than ${CONSUMERS_PER_ACCOUNT} for each of the ${options.users} accounts, and a subscription has no more partitions`,
    );
  const fresh = seconds('fresh', 0.2, 0);
  if (fresh > 1) throw new UsageError(`--fresh must be a share from 0 to 1, not ${fresh}`);
  const stopFor = seconds('stop-for', 60, 0.1);
  const stoppedReader = {
    stopped: whole('stopped', 1, 1),
    stopFor,
    seconds: seconds('seconds', 3 * stopFor, 2 * stopFor),
  };
  if (values['stopped-reader'] && stoppedReader.stopped >= options.viewers)
    throw new UsageError(
      `--stopped ${stoppedReader.stopped} leaves none of the ${options.viewers} viewers to compare with`,
    );
  return {
    options,
    storm: values.storm ? { stay: whole('stay', 100, 1), spread: seconds('spread', 1, 0), fresh } : undefined,
    stoppedReader: values['stopped-reader'] ? stoppedReader : undefined,
    hostile,
    json: values.json,
  };
}

/** Of the flags that only it has; undefined without --hostile. */
function hostileOf(
  values: ReturnType<typeof parse>,
  seconds: (name: keyof typeof flags, unset: number, min: number) => number,
): HostileOptions | undefined {
  const { hostile } = values;
  if (hostile === undefined) {
    const [orphan] = (['calm', 'prepare', 'max-rss', 'max-disk', 'server'] as const).filter(
      (flag) => values[flag] !== undefined,
    );
    if (orphan) throw new UsageError(`--${orphan} needs --hostile`);
    return undefined;
  }
  for (const flag of ['url', 'storm', 'stopped-reader', 'rate', 'in-flight'] as const)
    if (values[flag] !== undefined)
      throw new UsageError(`--${flag} does not go with --hostile, which has a server and a rate of its own`);
  if (hostile !== 'all' && !attacksNamed(hostile))
    throw new UsageError(
      `--hostile must be one of ${attacks.map(({ name }) => name).join(', ')}, ${TOGETHER} and all, not '${hostile}'`,
    );
  return {
    names: hostile === 'all' ? [...attacks.map(({ name }) => name), TOGETHER] : [hostile],
    calm: seconds('calm', 5, 0.5),
    prepare: seconds('prepare', 20, 0.1),
    duration: seconds('duration', 15, 0.5),
    maxRssMb: seconds('max-rss', 1_024, 1),
    maxDiskMb: seconds('max-disk', 256, 1),
    server: values.server,
  };
}

interface Scene {
  readonly viewers: number;
  readonly rate: number | undefined;
  readonly burst: number;
  readonly pages: number;
  readonly users: number;
  readonly warmUp: number;
}

/** Defaults. */
function sceneOf(values: ReturnType<typeof parse>): Scene {
  if (values.storm && values['stopped-reader'])
    throw new UsageError('--storm and --stopped-reader are two runs: give one of them');
  const asked = values.storm ? 'storm' : values['stopped-reader'] ? 'stopped-reader' : undefined;
  if (asked && values['in-flight'] !== undefined)
    throw new UsageError(`--${asked} is an open loop: give it --rate, not --in-flight`);
  for (const [flag, mode] of [
    ['stay', 'storm'],
    ['spread', 'storm'],
    ['fresh', 'storm'],
    ['stopped', 'stopped-reader'],
    ['stop-for', 'stopped-reader'],
    ['seconds', 'stopped-reader'],
  ] as const) {
    if (values[flag] !== undefined && mode !== asked) throw new UsageError(`--${flag} needs --${mode}`);
  }
  if (asked === 'storm') return { viewers: 5_000, rate: 100, burst: 1, pages: 10, users: 50, warmUp: 5 };
  if (asked === 'stopped-reader') return { viewers: 1_000, rate: 1_000, burst: 100, pages: 1, users: 4, warmUp: 5 };
  return { viewers: 100, rate: undefined, burst: 1, pages: 1, users: 4, warmUp: 2 };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function number(name: string, text: string | boolean | undefined, unset: number, min: number, whole: boolean): number {
  if (text === undefined) return unset;
  const value = text === '' ? NaN : Number(text);
  if (Number.isFinite(value) && value >= min && (!whole || Number.isInteger(value))) return value;
  const bound = min === Number.MIN_VALUE ? 'above 0' : `of ${min} or more`;
  throw new UsageError(`--${name} must be a ${whole ? 'whole ' : ''}number ${bound}, not '${text}'`);
}

/**
 * Records what users are refused: events in a stream of this node and day, appended after the answer. At most 20 a user and minute; what is
 * more is counted, and told once a minute in one event. So nobody fills the disk by being refused, and an auditor still sees them.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Outcome, Request } from '../commands/handling/pending-command.js';
import { ruleOfRefusal } from '../commands/rules.js';
import { SYSTEM_ID } from '../domain/authorization.js';
import { type DenialEvent, eventVersions } from '../domain/events.js';
import { deniedStream } from '../domain/streams.js';
import { type EventLog, type NewEvent, NO_STREAM, type Position } from '../log/event-log.js';
import type { Projection } from '../projections/projection.js';
import type { Service } from '../service.js';

/** Refusals of one user within a minute that are recorded one by one. */
const EACH_LIMIT = 20;

/** Users that a summary names; those with the most refusals. */
const NAMED_LIMIT = 100;

/** Events that may wait to be appended; more are dropped and counted. */
const WAITING_LIMIT = 1_000;

/** Events of one append. */
const BATCH = 100;

const MINUTE_MS = 60_000;
const LOOK_MS = 1_000;

/** How long a stop waits for the log, in milliseconds. */
const DRAIN_MS = 1_000;

/** What a user was refused. */
export interface Denial {
  readonly userId: string;
  /** The command's type, or the read's operation in the API document. */
  readonly what: string;
  /** What it was about, as it was asked: `page_id`, `alarm_id`, `group_id` or `user_id` of it. */
  readonly about: unknown;
  readonly code: string;
  /** Of docs/spec.md. */
  readonly rule: string;
  /** Id of the access token, if a program asked. */
  readonly token?: string | undefined;
}

export interface DenialsOptions {
  readonly log: EventLog;
  readonly projection: Projection;
}

export class Denials implements Service {
  readonly name = 'denials';
  readonly #options: DenialsOptions;
  readonly #history: Pick<Projection['history'], 'pageOfAlarm' | 'positionOf'>;
  readonly #node = randomBytes(4).toString('hex');
  /** Refusals within the minute, by user. */
  readonly #counts = new Map<string, number>();
  #minute = 0;
  readonly #waiting: (() => NewEvent)[] = [];
  #stream = '';
  #expected = NO_STREAM;
  #appending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #dropped = 0;

  constructor(options: DenialsOptions) {
    this.#options = options;
    const { pageOfAlarm, positionOf } = options.projection.history;
    this.#history = { pageOfAlarm, positionOf };
  }

  /** Refusals that were neither recorded nor counted in a summary: the log was full or away. */
  get dropped(): number {
    return this.#dropped;
  }

  readonly note = (denial: Denial): void => {
    if (denial.userId === SYSTEM_ID) return;
    const at = this.#at();
    this.#turn(at);
    const count = (this.#counts.get(denial.userId) ?? 0) + 1;
    this.#counts.set(denial.userId, count);
    const judged = this.#options.projection.position ?? '0';
    // Looked up after the answer: how long that takes tells the asker nothing.
    if (count <= EACH_LIMIT) this.#push(denial.userId, at, () => this.#event(denial, judged), denial.token);
  };

  start(): void {
    this.#timer = setInterval(() => this.#turn(this.#at()), LOOK_MS).unref();
  }

  /** Records what is left, unless the log does not answer. */
  async drain(): Promise<void> {
    clearInterval(this.#timer);
    this.#summarise(this.#at());
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#appending, new Promise((resolve) => (timer = setTimeout(resolve, DRAIN_MS)))]);
    clearTimeout(timer);
  }

  #at(): string {
    return this.#options.projection.clock.at();
  }

  #turn(at: string): void {
    const minute = Math.floor(Date.parse(at) / MINUTE_MS);
    if (minute <= this.#minute) return;
    this.#summarise(at);
    this.#minute = minute;
  }

  #summarise(at: string): void {
    const over = Array.from(this.#counts, ([user_id, count]) => ({ user_id, count: count - EACH_LIMIT }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count);
    this.#counts.clear();
    if (over.length === 0) return;
    const from = new Date(this.#minute * MINUTE_MS).toISOString();
    const until = new Date(Math.min((this.#minute + 1) * MINUTE_MS, Date.parse(at))).toISOString();
    const others = over.slice(NAMED_LIMIT).reduce((sum, { count }) => sum + count, 0);
    const users = over.slice(0, NAMED_LIMIT);
    this.#push(SYSTEM_ID, at, () => ({ type: 'DenialsSummarised', data: { from, until, users, others } }));
  }

  #event({ what, about, code, rule }: Denial, judged: Position): DenialEvent {
    return { type: 'CommandDenied', data: { what, ...this.#targetOf(about), code, rule, judged } };
  }

  /** Only what is or was here: what somebody made up is not recorded. */
  #targetOf(about: unknown): { readonly target: string | null; readonly page_id: string | null } {
    const { page_id, alarm_id, group_id, user_id } = (about ?? {}) as Readonly<Record<string, unknown>>;
    const { live } = this.#options.projection;
    const { pageOfAlarm, positionOf } = this.#history;
    // The same look into the tables, whether it is there, was there, or never was.
    if (typeof alarm_id === 'string') {
      const page = pageOfAlarm(alarm_id) ?? live.pageOfAlarm(alarm_id)?.id;
      return page === undefined ? nothing : { target: alarm_id, page_id: page };
    }
    if (typeof page_id === 'string')
      return positionOf(page_id, 0) !== undefined || live.pages.has(page_id) ? { target: page_id, page_id } : nothing;
    if (typeof group_id === 'string' && live.groups.has(group_id)) return { target: group_id, page_id: null };
    if (typeof user_id === 'string' && live.users.has(user_id)) return { target: user_id, page_id: null };
    return nothing;
  }

  #push(by: string, at: string, told: () => DenialEvent, token?: string): void {
    if (this.#waiting.length >= WAITING_LIMIT) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(() => {
      const id = randomUUID();
      const event = told();
      // No command has this key: it is the event's own id.
      const metadata = { at, by, via: 'none', command: 'deny', key: id, v: eventVersions[event.type] };
      return { id, event, metadata: token === undefined ? metadata : { ...metadata, token } };
    });
    this.#appending ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#append())
      .finally(() => (this.#appending = undefined));
  }

  async #append(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#appendBatch(batch.map((event) => event()));
      } catch {
        // Nobody waits for it, and the next batch is tried all the same.
        this.#dropped += batch.length;
      }
    }
  }

  async #appendBatch(batch: readonly NewEvent[]): Promise<void> {
    const stream = deniedStream(this.#at().slice(0, 10), this.#node);
    if (stream !== this.#stream) this.#expected = NO_STREAM;
    this.#stream = stream;
    const appended = await this.#options.log.append(stream, this.#expected, batch);
    const outcome = appended.kind === 'unknown' ? await appended.resolved : appended;
    if (outcome.kind === 'appended') this.#expected = outcome.revision;
    else this.#dropped += batch.length;
    if (outcome.kind === 'conflict') this.#expected = outcome.actual;
  }
}

const nothing = { target: null, page_id: null };

/** Calls `settled` with the outcome of a command, and records it if it was refused for want of a right. */
export const notingRefusals =
  (denials: Denials, settled: (kind: string, outcome: Outcome) => void) =>
  (kind: string, outcome: Outcome, request: Request): void => {
    settled(kind, outcome);
    noteRefusal(denials, request, outcome);
  };

function noteRefusal(denials: Denials, { command, payload, actor }: Request, outcome: Outcome): void {
  if (outcome.kind !== 'refused') return;
  const rule = ruleOfRefusal(command, outcome.refusal);
  if (rule === undefined) return;
  const token = actor.kind === 'program' ? actor.token.id : undefined;
  denials.note({ userId: actor.id, what: command.kind, about: payload, code: outcome.refusal.code, rule, token });
}

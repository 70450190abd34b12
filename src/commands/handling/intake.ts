/**
 * Accepts commands: applies the limits of their user, and answers repeated ones. A command with an id is idempotent: while it is
 * pending, a repeat waits for its outcome; after that a repeat is answered from the idempotency record.
 */
import type { AccessToken } from '../../domain/access-tokens.js';
import { notFound, type Refusal, refuse } from '../../domain/refusals.js';
import type { EventLog } from '../../log/event-log.js';
import { TokenBuckets } from '../../net/token-bucket.js';
import type { Projection } from '../../projections/projection.js';
import { settleAlarmCommand } from '../alarms/settle-alarm.js';
import type { CommandLimits } from './command-limits.js';
import { FreeTextRequests, freeTextOf, hashedContent } from './free-text-requests.js';
import { notForPrograms, overloaded, reused, tooManyWaiting, unavailable } from './handler-refusals.js';
import { commandKey, contentHash, freshKey } from './ids.js';
import { doneBefore } from './outcomes.js';
import type { Outcome, PendingCommand, Request } from './pending-command.js';
import { PendingLimit } from './pending-limit.js';
import type { WriteQuota } from './write-quota.js';

/** Maximum number of pending commands; beyond it new ones are refused as `overloaded`. */
const WAITING_LIMIT = 50_000;

export interface IntakeOptions {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly limits: CommandLimits;
  readonly quota: WriteQuota | undefined;
  /** Called with each command that has to be decided. */
  readonly enqueue: (waiting: PendingCommand) => void;
  /** Called with every outcome, before it is answered. */
  readonly onSettled: (kind: string, outcome: Outcome, request: Request) => void;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #rate: TokenBuckets;
  readonly #pendingLimit: PendingLimit;
  readonly #freeTexts: FreeTextRequests;
  /** Pending commands with an id, by key. */
  readonly #identified = new Map<string, PendingCommand>();
  #arrivals = 0;
  #closed = false;

  constructor(options: IntakeOptions) {
    const { commandsPerSecond, commandsBurst, commandsWaitingPerUser } = options.limits;
    this.#options = options;
    this.#rate = new TokenBuckets({ refillMs: 1_000 / commandsPerSecond, capacity: commandsBurst });
    this.#pendingLimit = new PendingLimit(WAITING_LIMIT, commandsWaitingPerUser);
    this.#freeTexts = new FreeTextRequests({
      texts: options.projection.texts,
      take: (request) => this.#closed || this.#takeIn(request),
      refuse: (request, refusal) => this.#closed || this.#refuse(request, refusal),
      limit: commandsWaitingPerUser,
    });
  }

  /** Stops accepting commands. */
  close(): void {
    this.#closed = true;
  }

  submit(request: Request): void {
    if (this.#closed) return;
    const { limits, quota } = this.#options;
    const waitMs = this.#rate.take(request.actor.id);
    if (waitMs > 0)
      return this.#refuse(
        request,
        refuse(
          'rate_limited',
          `A user may send ${limits.commandsPerSecond} commands a second: send it again in ${waitMs} ms`,
          { retry_after_ms: waitMs },
        ),
      );
    const over = quota?.refusal(request.actor.id);
    if (over) return this.#refuse(request, over);
    this.#take(request);
  }

  /** A command of the server itself: no rate or quota of a user applies to it. */
  submitOwn(request: Request): void {
    if (!this.#closed) this.#takeIn(request);
  }

  /** The pending command with this key, if it has an id. */
  identified(key: string): PendingCommand | undefined {
    return this.#identified.get(key);
  }

  /** Answers a command that was passed to `enqueue`: once, with its final outcome. */
  settled(waiting: PendingCommand, outcome: Outcome): void {
    this.#pendingLimit.free(waiting.by);
    this.#answer(waiting.request, outcome);
    if (!waiting.identified) return;
    this.#identified.delete(waiting.key);
    const { repeats } = waiting;
    // By then an effect has its idempotency record; after a refusal each repeat is a new attempt.
    if (repeats.length > 0) setImmediate(() => repeats.forEach((request) => this.#takeAgain(request)));
  }

  #take(request: Request): void {
    if (!this.#freeTexts.holds(request)) this.#takeIn(request);
  }

  #takeIn(request: Request): void {
    const { log, projection, limits } = this.#options;
    const { command, payload, actor, clientId } = request;
    const by = actor.id;
    const token = actor.kind === 'program' ? actor.token.id : undefined;
    const outside = actor.kind === 'program' ? this.#outsideScope(actor.token, request) : undefined;
    if (outside) return this.#refuse(request, outside);
    const taken = this.#pendingLimit.refusal(by);
    if (taken)
      return this.#refuse(request, taken === 'all taken' ? overloaded : tooManyWaiting(limits.commandsWaitingPerUser));
    const text = freeTextOf(request);
    const seal = text === undefined ? undefined : projection.texts.sealer(by);
    const fingerprint = text === undefined ? undefined : projection.texts.fingerprint(by, text);
    // Their texts were erased since it was taken: the next attempt makes another key.
    if (text !== undefined && (!seal || fingerprint === undefined)) return this.#refuse(request, unavailable);
    if (clientId === undefined) {
      if (!log.isAvailable) return this.#refuse(request, unavailable);
      return this.#enqueue({
        no: ++this.#arrivals,
        request,
        command,
        payload,
        by,
        key: freshKey(),
        identified: undefined,
        seal,
        token,
        repeats: [],
        isSettled: false,
      });
    }
    const key = commandKey(by, clientId);
    const content = fingerprint === undefined ? payload : hashedContent(request, fingerprint);
    const hash = contentHash(command.kind, content);
    const before = projection.findCommand(key);
    if (before) {
      if (before.hash !== hash) return this.#refuse(request, reused);
      return this.#answer(request, doneBefore(before));
    }
    if (!log.isAvailable) return this.#refuse(request, unavailable);
    const same = this.#identified.get(key);
    if (same) {
      this.#pendingLimit.take(by);
      return void same.repeats.push(request);
    }
    const waiting: PendingCommand = {
      no: ++this.#arrivals,
      request,
      command,
      payload,
      by,
      key,
      identified: { id: clientId, hash },
      seal,
      token,
      repeats: [],
      isSettled: false,
    };
    this.#identified.set(key, waiting);
    this.#enqueue(waiting);
  }

  /** Why this access token may not be used for the command; undefined if it may. Outside its pages there is no alarm. */
  #outsideScope({ can, pages }: AccessToken, { command, payload }: Request): Refusal | undefined {
    if (command.kind !== 'trigger_alarm' || command.target !== 'page' || !can.has('trigger')) return notForPrograms;
    const pageId = pages && command.page(payload, this.#options.projection.live);
    return pageId === undefined || pages?.has(pageId) ? undefined : notFound(command.missing);
  }

  #takeAgain(request: Request): void {
    this.#pendingLimit.free(request.actor.id);
    if (!this.#closed) this.#take(request);
  }

  #enqueue(waiting: PendingCommand): void {
    this.#pendingLimit.take(waiting.by);
    this.#options.enqueue(waiting);
  }

  #refuse(request: Request, refusal: Refusal): void {
    this.#answer(request, { kind: 'refused', refusal });
  }

  #answer(request: Request, outcome: Outcome): void {
    if (request.command !== settleAlarmCommand) this.#options.onSettled(request.command.kind, outcome, request);
    request.settle(outcome);
  }
}

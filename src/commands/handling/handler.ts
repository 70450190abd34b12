/**
 * The one place where commands meet the log. They are decided in turns of a stream (turn-queue.ts), all events of a turn are
 * appended at once. They are durable when the log answers: a page's next turn may be decided on them. When the feed has brought
 * them back they are folded and handed to the sockets too, and their commands are answered.
 *
 * A change of a group that takes rights from a user is not decided beside commands of that user on pages: those under way end
 * first, and those that come wait until it is folded. So on one node a right that comes through a group is never used after it was
 * taken away (docs/decisions/0004-who-loses-a-right-waits.md).
 */

import { denied, includes } from '../../domain/authorization.js';
import type { DomainEvent } from '../../domain/events.js';
import { notFound, type Refusal, refuse } from '../../domain/refusals.js';
import { groupStream, idOf, pageStream } from '../../domain/streams.js';
import { type Appended, type EventLog, type NewEvent, NO_STREAM, type Resolved } from '../../log/event-log.js';
import type { Folded } from '../../projections/live-state.js';
import type { Projection } from '../../projections/projection.js';
import { actionOf } from '../commands.js';
import { Creations, countedAs } from '../creations.js';
import { leaveTheGroup } from '../pages/leave-page.js';
import { SharedLimit } from '../shared-limit.js';
import { BatchQueue } from './batch-queue.js';
import { type CommandLimits, noLimits } from './command-limits.js';
import { CommandRate } from './command-rate.js';
import { decider, revisionOf, usedLongAgo } from './decider.js';
import { full, overloaded, reused, tooManyWaiting, unavailable, unknown } from './handler-refusals.js';
import { HeapGuard } from './heap-guard.js';
import { commandKey, contentHash, entityId, freshKey } from './ids.js';
import { type InFlightEvent, InFlightEvents } from './in-flight-events.js';
import { LosingRights } from './losing-rights.js';
import {
  type Batch,
  type Behind,
  isCreation,
  loserBy,
  type Outcome,
  type PendingCommand,
  type Request,
} from './pending-command.js';
import { PendingLimit } from './pending-limit.js';
import { bytesOf, type WriteQuota } from './write-quota.js';

/** Commands decided in one turn of a page or group at most: of the largest (2.7 KB each) some 860 KB, which any engine takes in one append. */
const BATCH_LIMIT = 320;

/** Events of a page that the log may have and the feed has not brought, before the next turn waits for it: each turn is decided on all of them. */
const IN_FLIGHT_LIMIT = 4 * BATCH_LIMIT;

/** Commands that are worth an append of their own while others of the page are on their way back. */
const ENOUGH_FOR_A_BATCH = 16;

/** How long the feed may take to bring what a conflict has told of, in milliseconds. */
const CATCH_UP_MS = 10_000;

/** Commands decided in one iteration of the event loop at about the most: some 20 ms of it. */
const ITERATION_LIMIT = 2_000;

/** Commands that may wait in all before new ones are refused as `overloaded`. */
const WAITING_LIMIT = 50_000;

export interface CommandHandlerOptions {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly limits?: CommandLimits;
  readonly heapGuard?: HeapGuard;
  readonly quota?: WriteQuota;
  /** Told of every outcome, for the metrics. */
  readonly onSettled: (kind: string, outcome: Outcome) => void;
}

export class CommandHandler {
  readonly #log: EventLog;
  readonly #projection: Projection;
  readonly #onSettled: (kind: string, outcome: Outcome) => void;
  readonly #limits: CommandLimits;
  readonly #rate: CommandRate;
  readonly #heapGuard: HeapGuard;
  readonly #quota: WriteQuota | undefined;
  readonly #creations = new Creations<PendingCommand>();
  readonly #shared: SharedLimit;
  readonly #losing = new LosingRights<PendingCommand>();
  readonly #places: PendingLimit;
  readonly #queue: BatchQueue<PendingCommand>;
  readonly #batches = new Map<string, Batch>();
  readonly #inFlight = new InFlightEvents<PendingCommand>();
  /** By key, those with an id that wait to be decided or for what was decided. */
  readonly #identified = new Map<string, PendingCommand>();
  readonly #behind = new Map<string, Behind>();
  #arrivals = 0;
  #closed = false;

  constructor({
    log,
    projection,
    onSettled,
    limits = noLimits,
    heapGuard = new HeapGuard(),
    quota,
  }: CommandHandlerOptions) {
    this.#log = log;
    this.#projection = projection;
    this.#onSettled = onSettled;
    this.#limits = limits;
    this.#shared = new SharedLimit(limits.sharedBytesPerUser);
    this.#heapGuard = heapGuard;
    this.#quota = quota;
    this.#rate = new CommandRate(limits.commandsPerSecond, limits.commandsBurst);
    this.#places = new PendingLimit(WAITING_LIMIT, limits.commandsWaitingPerUser);
    const { writer } = projection;
    this.#queue = new BatchQueue({
      limit: BATCH_LIMIT,
      budget: ITERATION_LIMIT,
      userOf: ({ by }) => by,
      free: (commands) => this.#free(commands),
      begin: (stream, commands) => this.#takeBatch(stream, commands),
      paused: () => (writer.isBehind ? (then) => writer.whenDrained(then) : undefined),
    });
  }

  /** From now on nothing is taken in or decided. What still waits is not answered: whoever sent it sends it again to the next process. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#behind.values()) clearTimeout(timer);
  }

  /** Decides now what has come, not when this turn of the event loop is over. */
  decideNow(): void {
    this.#queue.beginNow();
  }

  submit(request: Request): void {
    if (this.#closed) return;
    const waitMs = this.#rate.take(request.by);
    if (waitMs > 0)
      return this.#refuse(
        request,
        refuse(
          'rate_limited',
          `A user may send ${this.#limits.commandsPerSecond} commands a second: send it again in ${waitMs} ms`,
          { retry_after_ms: waitMs },
        ),
      );
    const over = this.#quota?.refusal(request.by);
    if (over) return this.#refuse(request, over);
    this.#takeIn(request);
  }

  #takeIn(request: Request): void {
    const { command, payload, by, clientId } = request;
    const taken = this.#places.refusal(by);
    if (taken)
      return this.#refuse(
        request,
        taken === 'all taken' ? overloaded : tooManyWaiting(this.#limits.commandsWaitingPerUser),
      );
    if (clientId === undefined) {
      if (!this.#log.isAvailable) return this.#refuse(request, unavailable);
      return this.#enqueue({
        no: ++this.#arrivals,
        request,
        command,
        payload,
        by,
        key: freshKey(),
        identified: undefined,
        repeats: [],
        isSettled: false,
      });
    }
    const key = commandKey(by, clientId);
    const hash = contentHash(command.kind, payload);
    const before = this.#projection.findCommand(key);
    if (before && before.hash !== hash) return this.#refuse(request, reused);
    if (before)
      return this.#answer(request, {
        kind: 'done',
        command: before.command,
        action: actionOf(before.command),
        data: before.data,
        seq: before.revision,
        position: before.position,
      });
    if (!this.#log.isAvailable) return this.#refuse(request, unavailable);
    const same = this.#identified.get(key);
    if (same) {
      this.#places.take(by);
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
      repeats: [],
      isSettled: false,
    };
    this.#identified.set(key, waiting);
    this.#enqueue(waiting);
  }

  /** To be told of every folded event, after those who push it. */
  onFolded(folded: Folded, data: string): void {
    const { metadata, stream, revision } = folded.recorded;
    const batch = this.#batches.get(stream);
    if (batch) batch.fed = revision;
    const own = batch?.underWay.get(metadata.key)?.waiting ?? this.#inFlight.take(stream, metadata.key);
    // Another node may have had the same command, or this one when nobody waited for it any more; a void one leaves the id free.
    const same = this.#log.isShared && !folded.isVoid ? this.#identified.get(metadata.key) : undefined;
    const waiting = own && !own.isSettled ? own : same;
    if (batch?.underWay.delete(metadata.key)) this.#endBatch(stream, batch);
    if (waiting) this.#settle(waiting, this.#outcomeOf(folded, data, waiting));
    const behind = this.#behind.get(stream);
    if (behind && revision >= behind.revision) this.#decideAgain(stream, behind);
  }

  #outcomeOf(folded: Folded, data: string, waiting: PendingCommand): Outcome {
    const { metadata, revision, position } = folded.recorded;
    if (folded.isVoid) return { kind: 'refused', refusal: this.#whyVoid(folded, waiting) };
    if (metadata.hash !== waiting.identified?.hash) return { kind: 'refused', refusal: reused };
    return {
      kind: 'done',
      command: metadata.command,
      action: actionOf(metadata.command),
      data,
      seq: revision,
      position,
    };
  }

  /** What the actor is told of an event of his that the log's order has made void: what he could see at its place. */
  #whyVoid({ page }: Folded, { command, by, key }: PendingCommand): Refusal {
    if (command.target === 'page') {
      const right = page && !page.deleted ? this.#projection.live.heldOn(page, by).right : 'none';
      if (right === 'none') return notFound(command.missing);
      if (!includes(right, command.needs)) return denied(command.needs);
      if (command.kind === 'leave_page' && !this.#projection.findCommand(key)) return leaveTheGroup;
    }
    return this.#projection.findCommand(key) ? reused : notFound('alarm');
  }

  #enqueue(waiting: PendingCommand): void {
    this.#places.take(waiting.by);
    const { command, payload, key } = waiting;
    switch (command.target) {
      case 'page': {
        this.#losing.came(waiting.by);
        const page = command.page(payload, this.#projection.live);
        if (page === undefined) this.#settle(waiting, { kind: 'refused', refusal: notFound(command.missing) });
        else this.#lineUp(pageStream(page), waiting);
        return;
      }
      case 'new page': {
        const page = entityId(key);
        // An id older than what is remembered, whose page may be deleted by now: its stream is not to be had twice.
        if (waiting.identified && this.#projection.history.data(page, 0) !== undefined)
          this.#settle(waiting, { kind: 'refused', refusal: usedLongAgo });
        else this.#lineUp(pageStream(page), waiting);
        return;
      }
      case 'new group':
        return this.#lineUp(groupStream(entityId(key)), waiting);
      case 'group': {
        const loser = loserBy(waiting);
        if (loser !== undefined) this.#losing.add(waiting, loser, waiting.no);
        return this.#lineUp(groupStream(command.group(payload)), waiting);
      }
    }
  }

  #lineUp(stream: string, waiting: PendingCommand): void {
    const batch = this.#batches.get(stream);
    if (batch?.isFrozen)
      this.#settle(waiting, { kind: 'refused', refusal: batch.underWay.has(waiting.key) ? unknown : unavailable });
    else this.#queue.add(stream, waiting);
    if (batch) this.#endBatch(stream, batch);
  }

  /** Those that need not wait for a user's loss of rights. Of a page all others go on; of a group those before the first that has to. */
  #free(commands: readonly PendingCommand[]): readonly PendingCommand[] {
    if (this.#losing.isEmpty) return commands;
    if (commands[0]!.command.target === 'page') return commands.filter(({ by, no }) => !this.#losing.holds(by, no));
    const first = commands.findIndex((waiting) => this.#losing.isWaiting(waiting));
    return first === -1 ? commands : commands.slice(0, first);
  }

  /** Decides the commands and appends their events. False if there is nothing to append. */
  #takeBatch(stream: string, commands: readonly PendingCommand[]): boolean {
    if (this.#closed) return false;
    const unsettled = commands.filter((waiting) => !waiting.isSettled);
    if (!this.#log.isAvailable) {
      for (const waiting of unsettled) this.#settle(waiting, { kind: 'refused', refusal: unavailable });
      return false;
    }
    const { live } = this.#projection;
    const inFlight = this.#inFlight.of(stream);
    const underWay = new Map<string, InFlightEvent<PendingCommand>>();
    const events: NewEvent[] = [];
    const refused: [PendingCommand, Refusal][] = [];
    const decide = decider(
      stream,
      live,
      this.#projection.clock.at(),
      { several: unsettled.length > 1, inFlight },
      {
        limits: this.#limits,
        underWay: (key) => this.#creations.count(key),
        mayGrow: () => this.#heapGuard.allows(),
        shared: this.#shared,
      },
    );
    const owner = live.pages.get(idOf(stream))?.owner_id;
    for (const waiting of unsettled) {
      this.#creations.remove(waiting);
      const decided = decide(waiting);
      if ('code' in decided) refused.push([waiting, decided]);
      else {
        events.push(decided);
        this.#quota?.spend(waiting.by, bytesOf(decided.event as DomainEvent));
        underWay.set(waiting.key, { event: decided, waiting });
        const counted = countedAs(waiting.command, waiting.by, owner);
        if (counted !== undefined) this.#creations.add(waiting, counted);
      }
    }
    const batch: Batch = { underWay, refused, isAppended: false, isFrozen: false, fed: NO_STREAM };
    if (events.length === 0) {
      this.#settleRefused(batch);
      return false;
    }
    this.#batches.set(stream, batch);
    void this.#log
      .append(stream, revisionOf(stream, live) + inFlight.length, events)
      .then((appended) => this.#onAppended(stream, batch, appended));
    return true;
  }

  #onAppended(stream: string, batch: Batch, appended: Appended): void {
    if (appended.kind === 'unknown') return this.#freeze(stream, batch, appended.resolved);
    if (appended.kind === 'appended') {
      this.#settleRefused(batch);
      batch.isAppended = true;
      return this.#endBatch(stream, batch);
    }
    this.#batches.delete(stream);
    // What is under way no more was brought by the feed all the same: another writer had had the same command.
    const unanswered = [
      ...Array.from(batch.underWay.values(), ({ waiting }) => waiting),
      ...batch.refused.map(([waiting]) => waiting),
    ].filter((waiting) => !waiting.isSettled);
    if (appended.kind === 'full')
      for (const waiting of unanswered) this.#settle(waiting, { kind: 'refused', refusal: full });
    if (appended.kind === 'full' || unanswered.length === 0) return this.#queue.end(stream);
    this.#afterConflict(
      stream,
      appended.actual,
      Math.max(batch.fed, revisionOf(stream, this.#projection.live)),
      unanswered,
    );
  }

  /** The turn stays as it is until its outcome is known, and nothing joins it; but nobody has to wait for that. */
  #freeze(stream: string, batch: Batch, resolved: Promise<Resolved>): void {
    batch.isFrozen = true;
    for (const { waiting } of batch.underWay.values()) this.#settle(waiting, { kind: 'refused', refusal: unknown });
    for (const [waiting] of batch.refused) this.#settle(waiting, { kind: 'refused', refusal: unavailable });
    for (const waiting of this.#queue.takeAll()) this.#settle(waiting, { kind: 'refused', refusal: unavailable });
    void resolved.then((appended) => this.#onAppended(stream, batch, appended));
  }

  /** Another writer was first. What it wrote has to be folded before anything is decided again. */
  #afterConflict(stream: string, actual: number, fed: number, commands: readonly PendingCommand[]): void {
    if (fed >= actual) return this.#queue.putBack(stream, commands);
    const timer = setTimeout(() => {
      this.#behind.delete(stream);
      // A stream made by a key of old, of which nothing is known any more, is not brought again.
      for (const waiting of commands)
        this.#settle(waiting, { kind: 'refused', refusal: isCreation(waiting) ? usedLongAgo : unavailable });
      this.#queue.end(stream);
    }, CATCH_UP_MS);
    this.#behind.set(stream, { revision: actual, commands, timer });
  }

  #decideAgain(stream: string, { commands, timer }: Behind): void {
    clearTimeout(timer);
    this.#behind.delete(stream);
    // Those that another node has had meanwhile are answered already.
    const unanswered = commands.filter((waiting) => !waiting.isSettled);
    if (unanswered.length > 0) this.#queue.putBack(stream, unanswered);
    else this.#queue.end(stream);
  }

  #settleRefused({ refused }: Batch): void {
    for (const [waiting, refusal] of refused) this.#settle(waiting, { kind: 'refused', refusal });
  }

  #endBatch(stream: string, { underWay, isAppended }: Batch): void {
    if (!isAppended) return;
    if (underWay.size > 0) {
      if (!this.#maySkipFeed(stream, underWay.size)) return;
      this.#inFlight.add(stream, underWay.values());
    }
    this.#batches.delete(stream);
    this.#queue.end(stream);
  }

  /** An append costs the store as much as some six events: so enough commands have to wait, or as many as are on their way back. */
  #maySkipFeed(stream: string, underWay: number): boolean {
    const isPage = this.#projection.live.pages.has(idOf(stream));
    return (
      isPage &&
      this.#queue.waiting(stream) >= Math.min(underWay, ENOUGH_FOR_A_BATCH) &&
      this.#inFlight.size(stream) + underWay <= IN_FLIGHT_LIMIT
    );
  }

  #settle(waiting: PendingCommand, outcome: Outcome): void {
    if (waiting.isSettled) return;
    waiting.isSettled = true;
    this.#places.free(waiting.by);
    this.#creations.remove(waiting);
    this.#shared.settled(waiting.key);
    if (waiting.command.target === 'page') this.#losing.settled(waiting.by, waiting.no);
    if (!this.#losing.isEmpty) {
      this.#losing.remove(waiting);
      this.#queue.wake();
    }
    this.#answer(waiting.request, outcome);
    if (!waiting.identified) return;
    this.#identified.delete(waiting.key);
    const { repeats } = waiting;
    // By then an effect is on record; after a refusal each repeat is an attempt of its own.
    if (repeats.length > 0) setImmediate(() => repeats.forEach((request) => this.#takeAgain(request)));
  }

  #takeAgain(request: Request): void {
    this.#places.free(request.by);
    if (!this.#closed) this.#takeIn(request);
  }

  #refuse(request: Request, refusal: Refusal): void {
    this.#answer(request, { kind: 'refused', refusal });
  }

  #answer(request: Request, outcome: Outcome): void {
    this.#onSettled(request.command.kind, outcome);
    request.settle(outcome);
  }
}

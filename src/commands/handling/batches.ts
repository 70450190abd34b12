/**
 * Takes the commands queued for a stream as one batch, decides them and appends their events at once. A stream has one batch at a
 * time. The batch ends when the log has answered and the subscription has delivered all of its events. On an existing page it also
 * ends when the log has answered and enough commands wait for the next batch, which is then decided on the events in flight.
 */
import type { Refusal } from '../../domain/refusals.js';
import { idOf } from '../../domain/streams.js';
import { type Appended, type EventLog, NO_STREAM, type Resolved } from '../../log/event-log.js';
import type { Projection } from '../../projections/projection.js';
import type { BatchDecisions } from './batch-decisions.js';
import { BatchQueue } from './batch-queue.js';
import { Conflicts } from './conflicts.js';
import { revisionOf, usedLongAgo } from './decider.js';
import { full, unavailable, unknown } from './handler-refusals.js';
import { type InFlightEvent, InFlightEvents } from './in-flight-events.js';
import { isCreation, type Outcome, type PendingCommand } from './pending-command.js';

/** Maximum number of commands in a batch: about 860 KB of the largest commands (2.7 KB each), which every engine accepts in one append. */
const BATCH_LIMIT = 320;

/** Events of a page that may be in flight before its next batch waits for the subscription. Each batch is decided on all of them. */
const IN_FLIGHT_LIMIT = 4 * BATCH_LIMIT;

/** Queued commands that justify another append while events of the page are in flight. */
const ENOUGH_FOR_A_BATCH = 16;

/** Approximate maximum of commands decided in one iteration of the event loop: about 20 ms. */
const ITERATION_LIMIT = 2_000;

/** Commands of a batch whose events the subscription has not delivered, by key, in stream order. */
type UnderWay = Map<string, InFlightEvent<PendingCommand>>;

/** The log has not answered yet. */
interface Appending {
  readonly state: 'appending';
  readonly underWay: UnderWay;
  readonly refused: readonly (readonly [PendingCommand, Refusal])[];
  /** Revision of the stream's last event that was delivered since the batch began. */
  delivered: number;
}

/** The log does not respond. All commands of the batch were answered `store_unavailable`, and commands for the stream are refused. */
interface Frozen {
  readonly state: 'frozen';
  readonly underWay: UnderWay;
  delivered: number;
}

/** Durable, with events still to be delivered. `resolved`: it was frozen before, and commands for the stream are still refused. */
interface Durable {
  readonly state: 'appended' | 'resolved';
  readonly underWay: UnderWay;
}

type Batch = Appending | Frozen | Durable;

export interface BatchesOptions {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly decisions: BatchDecisions;
  /** Given the commands queued for a stream, in order: those that may be decided now. Call `wake` when the answer may have changed. */
  readonly free: (commands: readonly PendingCommand[]) => readonly PendingCommand[];
  /** How many updates of a page are sent at once to those who see it, where that is worth a smaller commit; Infinity where it is not. */
  readonly updatesAtOnce: (pageId: string) => number;
  /** Answers a command unless it was answered before. */
  readonly settle: (waiting: PendingCommand, outcome: Outcome) => void;
}

export class Batches {
  readonly #log: EventLog;
  readonly #projection: Projection;
  readonly #decisions: BatchDecisions;
  readonly #settle: (waiting: PendingCommand, outcome: Outcome) => void;
  readonly #queue: BatchQueue<PendingCommand>;
  /** By stream. */
  readonly #batches = new Map<string, Batch>();
  readonly #inFlight = new InFlightEvents<PendingCommand>();
  readonly #conflicts: Conflicts;
  #closed = false;

  constructor({ log, projection, decisions, free, updatesAtOnce, settle }: BatchesOptions) {
    this.#log = log;
    this.#projection = projection;
    this.#decisions = decisions;
    this.#settle = settle;
    const { writer } = projection;
    this.#queue = new BatchQueue({
      limit: BATCH_LIMIT,
      budget: ITERATION_LIMIT,
      // A store that is shared delivers events in its own time, however they were appended.
      atOnce: (stream) => (log.isShared ? Infinity : updatesAtOnce(idOf(stream))),
      userOf: ({ by }) => by,
      free,
      begin: (stream, commands) => this.#begin(stream, commands),
      paused: () => (writer.isBehind ? (then) => writer.whenDrained(then) : undefined),
    });
    this.#conflicts = new Conflicts({
      onCaughtUp: (stream, commands) => this.#decideAgain(stream, commands),
      onGivenUp: (stream, commands) => this.#giveUp(stream, commands),
    });
  }

  /** Stops deciding. */
  close(): void {
    this.#closed = true;
    this.#conflicts.close();
  }

  /** Begins the scheduled batches now instead of at the end of this iteration of the event loop. */
  decideNow(): void {
    this.#queue.beginNow();
  }

  /** Checks the queues again, because commands that had to wait may be free now. */
  wake(): void {
    this.#queue.wake();
  }

  /** Queues the command for the stream's next batch. While the store does not respond, the command is refused. */
  add(stream: string, waiting: PendingCommand): void {
    const batch = this.#batches.get(stream);
    switch (batch?.state) {
      case 'frozen':
      case 'resolved':
        return this.#refuse(waiting, batch.underWay.has(waiting.key) ? unknown : unavailable);
      case 'appended':
        this.#queue.add(stream, waiting);
        return this.#endIfEnough(stream, batch.underWay);
      default:
        return this.#queue.add(stream, waiting);
    }
  }

  /** An event with this key was delivered and folded. Returns the command of this node that waits for it, if there is one. */
  delivered(stream: string, key: string, revision: number): PendingCommand | undefined {
    const batch = this.#batches.get(stream);
    if (!batch) return this.#inFlight.take(stream, key);
    if (batch.state === 'appending' || batch.state === 'frozen') batch.delivered = revision;
    const { underWay } = batch;
    const own = underWay.get(key);
    if (!own) return this.#inFlight.take(stream, key);
    underWay.delete(key);
    if (batch.state === 'appended' || batch.state === 'resolved') this.#endIfEnough(stream, underWay);
    return own.waiting;
  }

  /** The event at this revision was folded and its command answered. */
  folded(stream: string, revision: number): void {
    this.#conflicts.folded(stream, revision);
  }

  /** Decides the commands and appends their events. False if there is nothing to append. */
  #begin(stream: string, commands: readonly PendingCommand[]): boolean {
    if (this.#closed) return false;
    const unsettled = commands.filter((waiting) => !waiting.isSettled);
    if (!this.#log.isAvailable) {
      for (const waiting of unsettled) this.#refuse(waiting, unavailable);
      return false;
    }
    const inFlight = this.#inFlight.of(stream);
    const { events, underWay, refused, left } = this.#decisions.decide(stream, unsettled, inFlight);
    if (events.length === 0) {
      for (const [waiting, refusal] of refused) this.#refuse(waiting, refusal);
      return false;
    }
    if (left.length > 0) this.#queue.putFirst(stream, left);
    const batch: Appending = { state: 'appending', underWay, refused, delivered: NO_STREAM };
    this.#batches.set(stream, batch);
    void this.#log
      .append(stream, revisionOf(stream, this.#projection.live) + inFlight.length, events)
      .then((appended) => this.#onAppended(stream, batch, appended));
    return true;
  }

  #onAppended(stream: string, { underWay, refused, delivered }: Appending, appended: Appended): void {
    switch (appended.kind) {
      case 'appended':
        for (const [waiting, refusal] of refused) this.#refuse(waiting, refusal);
        if (underWay.size > 0) this.#batches.set(stream, { state: 'appended', underWay });
        return this.#endIfEnough(stream, underWay);
      case 'unknown': {
        const frozen: Frozen = { state: 'frozen', underWay, delivered };
        this.#batches.set(stream, frozen);
        for (const { waiting } of underWay.values()) if (waiting) this.#refuse(waiting, unknown);
        for (const [waiting] of refused) this.#refuse(waiting, unavailable);
        for (const waiting of this.#queue.takeAll()) this.#refuse(waiting, unavailable);
        return void appended.resolved.then((resolved) => this.#onResolved(stream, frozen, resolved));
      }
      default: {
        // Commands that are no longer under way were delivered all the same: another writer had appended the same command.
        const commands = [
          ...Array.from(underWay.values(), ({ waiting }) => waiting).filter((waiting) => waiting !== undefined),
          ...refused.map(([waiting]) => waiting),
        ];
        return this.#notAppended(stream, appended, commands, delivered);
      }
    }
  }

  /** The log has answered a frozen append. All commands of the batch were answered before. */
  #onResolved(stream: string, { underWay, delivered }: Frozen, resolved: Resolved): void {
    if (resolved.kind !== 'appended') return this.#notAppended(stream, resolved, [], delivered);
    if (underWay.size > 0) this.#batches.set(stream, { state: 'resolved', underWay });
    this.#endIfEnough(stream, underWay);
  }

  /** Nothing was written: the disk is full or another writer was first. That writer's events have to be folded before anything is decided again. */
  #notAppended(
    stream: string,
    answer: Exclude<Resolved, { kind: 'appended' }>,
    commands: readonly PendingCommand[],
    delivered: number,
  ): void {
    this.#batches.delete(stream);
    const unanswered = commands.filter((waiting) => !waiting.isSettled);
    if (answer.kind === 'full') for (const waiting of unanswered) this.#refuse(waiting, full);
    if (answer.kind === 'full' || unanswered.length === 0) return this.#queue.end(stream);
    if (Math.max(delivered, revisionOf(stream, this.#projection.live)) >= answer.actual)
      return this.#queue.putBack(stream, unanswered);
    this.#conflicts.add(stream, answer.actual, unanswered);
  }

  #decideAgain(stream: string, commands: readonly PendingCommand[]): void {
    // Commands that another node has appended meanwhile are already answered.
    const unanswered = commands.filter((waiting) => !waiting.isSettled);
    if (unanswered.length > 0) this.#queue.putBack(stream, unanswered);
    else this.#queue.end(stream);
  }

  /** A stream that was created with an old key and is not in the live state any more is not delivered again. */
  #giveUp(stream: string, commands: readonly PendingCommand[]): void {
    for (const waiting of commands) this.#refuse(waiting, isCreation(waiting) ? usedLongAgo : unavailable);
    this.#queue.end(stream);
  }

  /** Called when the log has answered. Ends the batch if all its events were delivered or if enough commands wait for the next one. */
  #endIfEnough(stream: string, underWay: UnderWay): void {
    if (underWay.size > 0) {
      if (!this.#mayDecideAhead(stream, underWay.size)) return;
      this.#inFlight.add(stream, underWay.values());
    }
    this.#batches.delete(stream);
    this.#queue.end(stream);
  }

  /** An append costs the store as much as about six events, so the next batch needs enough commands, or as many as are under way. */
  #mayDecideAhead(stream: string, underWay: number): boolean {
    const isPage = this.#projection.live.pages.has(idOf(stream));
    return (
      isPage &&
      this.#queue.waiting(stream) >= Math.min(underWay, ENOUGH_FOR_A_BATCH) &&
      this.#inFlight.size(stream) + underWay <= IN_FLIGHT_LIMIT
    );
  }

  #refuse(waiting: PendingCommand, refusal: Refusal): void {
    this.#settle(waiting, { kind: 'refused', refusal });
  }
}

/**
 * Decides the commands of a batch, each on the state that those before it left, within the limits of what may be made and shared. What
 * is decided counts towards these limits until its command is settled.
 */
import type { DomainEvent } from '../../domain/events.js';
import type { Refusal } from '../../domain/refusals.js';
import { idOf } from '../../domain/streams.js';
import type { NewEvent } from '../../log/event-log.js';
import type { Projection } from '../../projections/projection.js';
import { Creations, countedAs } from '../creations.js';
import { SharedLimit } from '../shared-limit.js';
import type { CommandLimits } from './command-limits.js';
import { decider } from './decider.js';
import type { HeapGuard } from './heap-guard.js';
import type { InFlightEvent } from './in-flight-events.js';
import type { PendingCommand } from './pending-command.js';
import { bytesOf, type WriteQuota } from './write-quota.js';

export interface DecidedBatch {
  /** To be appended, in the order of the stream. */
  readonly events: readonly NewEvent[];
  /** Commands that have one of these events, by key, in the same order. */
  readonly underWay: Map<string, InFlightEvent<PendingCommand>>;
  /** Refused on the state that the batch's own events leave: not to be answered before those are durable. */
  readonly refused: readonly (readonly [PendingCommand, Refusal])[];
}

export interface BatchDecisionsOptions {
  readonly projection: Projection;
  readonly limits: CommandLimits;
  readonly heapGuard: HeapGuard;
  readonly quota: WriteQuota | undefined;
}

export class BatchDecisions {
  readonly #options: BatchDecisionsOptions;
  readonly #creations = new Creations<PendingCommand>();
  readonly #shared: SharedLimit;

  constructor(options: BatchDecisionsOptions) {
    this.#options = options;
    this.#shared = new SharedLimit(options.limits.sharedBytesPerUser);
  }

  /** `inFlight`: events of the stream that are appended and not in the live state yet. */
  decide(stream: string, commands: readonly PendingCommand[], inFlight: readonly NewEvent[]): DecidedBatch {
    const { projection, limits, heapGuard, quota } = this.#options;
    const { live } = projection;
    const underWay = new Map<string, InFlightEvent<PendingCommand>>();
    const events: NewEvent[] = [];
    const refused: [PendingCommand, Refusal][] = [];
    const decide = decider(
      stream,
      live,
      projection.clock.at(),
      { several: commands.length > 1, inFlight },
      {
        limits,
        underWay: (key) => this.#creations.count(key),
        mayGrow: () => heapGuard.allows(),
        shared: this.#shared,
      },
    );
    const owner = live.pages.get(idOf(stream))?.owner_id;
    for (const waiting of commands) {
      this.#creations.remove(waiting);
      const decided = decide(waiting);
      if ('code' in decided) refused.push([waiting, decided]);
      else {
        events.push(decided);
        quota?.spend(waiting.by, bytesOf(decided.event as DomainEvent));
        underWay.set(waiting.key, { event: decided, waiting });
        const counted = countedAs(waiting.command, waiting.by, owner);
        if (counted !== undefined) this.#creations.add(waiting, counted);
      }
    }
    return { events, underWay, refused };
  }

  /** The command is settled: what it made is in the live state, or will never be. */
  settled(waiting: PendingCommand): void {
    this.#creations.remove(waiting);
    this.#shared.settled(waiting.key);
  }
}

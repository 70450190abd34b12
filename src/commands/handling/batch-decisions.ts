/**
 * Decides the commands of a batch, each on the state left by those before it, within the limits on creating and sharing. A decision
 * counts towards these limits until its command is settled.
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
  /** The events to append, in stream order. */
  readonly events: readonly NewEvent[];
  /** Commands that have one of these events, by key, in the same order. */
  readonly underWay: Map<string, InFlightEvent<PendingCommand>>;
  /** Commands that were not decided, because the batch is large enough without them: they are the first of the next one. */
  readonly left: readonly PendingCommand[];
  /** Refused on the state after earlier events of the batch: answer them only when those events are durable. */
  readonly refused: readonly (readonly [PendingCommand, Refusal])[];
}

export interface BatchDecisionsOptions {
  readonly projection: Projection;
  readonly limits: CommandLimits;
  readonly heapGuard: HeapGuard;
  readonly quota: WriteQuota | undefined;
}

/** Size of a batch's events beyond which no more commands are decided for it, in bytes as the quota counts them: every engine accepts that in one append. */
const BATCH_BYTES = 700_000;

const NONE: readonly PendingCommand[] = [];

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
    let bytes = 0;
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
        open: ({ sealed }) => projection.texts.text(sealed),
        settle: (event) => {
          events.push(event);
          const written = bytesOf(event.event as DomainEvent);
          bytes += written;
          // What a timer does counts as written by whose page it is on.
          if (owner !== undefined) quota?.spend(owner, written);
          underWay.set(event.id, { event, waiting: undefined });
        },
      },
    );
    let owner = live.pages.get(idOf(stream))?.owner_id;
    for (const { event } of inFlight) owner = ownerAfter(event as DomainEvent, owner);
    for (const [place, waiting] of commands.entries()) {
      if (bytes > BATCH_BYTES) return { events, underWay, refused, left: commands.slice(place) };
      this.#creations.remove(waiting);
      const decided = decide(waiting);
      if ('code' in decided) refused.push([waiting, decided]);
      else {
        events.push(decided);
        const written = bytesOf(decided.event as DomainEvent);
        bytes += written;
        quota?.spend(waiting.by, written);
        underWay.set(waiting.key, { event: decided, waiting });
        const counted = countedAs(waiting.command, waiting.by, owner);
        if (counted !== undefined) this.#creations.add(waiting, counted);
        owner = ownerAfter(decided.event as DomainEvent, owner);
      }
    }
    return { events, underWay, refused, left: NONE };
  }

  /** The command is settled: its effect is in the live state or will never be. */
  settled(waiting: PendingCommand): void {
    this.#creations.remove(waiting);
    this.#shared.settled(waiting.key);
  }
}

/** Who owns the page after the event. */
const ownerAfter = (event: DomainEvent, owner: string | undefined): string | undefined =>
  event.type === 'PageTransferred' ? event.data.owner_id : owner;

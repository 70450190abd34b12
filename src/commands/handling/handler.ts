/**
 * Coordinates commands and the log. Commands are accepted (intake.ts), queued for a batch of their stream, and decided and appended
 * together (batches.ts). They are durable when the log answers. When the subscription has delivered their events, the events are
 * folded and pushed to the sockets, and the commands are answered (outcomes.ts).
 *
 * A group change that takes rights from a user is not decided concurrently with that user's commands on pages: pending ones end
 * first, and later ones wait until the change is folded. So on one node a right that a group gave is never used after its removal
 * (docs/decisions/0004-who-loses-a-right-waits.md).
 */
import { heldAsAdministrator, SYSTEM_ID } from '../../domain/authorization.js';
import { notFound, type Refusal, type RefusalCode } from '../../domain/refusals.js';
import { groupStream, pageStream } from '../../domain/streams.js';
import type { EventLog } from '../../log/event-log.js';
import type { Folded } from '../../projections/live-state.js';
import type { Projection } from '../../projections/projection.js';
import { settleAlarmCommand } from '../alarms/settle-alarm.js';
import type { GroupCommand } from '../command.js';
import { BatchDecisions } from './batch-decisions.js';
import { Batches } from './batches.js';
import { type CommandLimits, noLimits } from './command-limits.js';
import { usedLongAgo } from './decider.js';
import { notCaughtUp } from './handler-refusals.js';
import { HeapGuard } from './heap-guard.js';
import { entityId } from './ids.js';
import { Intake } from './intake.js';
import { LosingRights } from './losing-rights.js';
import { outcomeOf } from './outcomes.js';
import type { Outcome, PendingCommand, Request } from './pending-command.js';
import type { WriteQuota } from './write-quota.js';

/** How long a command may wait for what its user has seen on another node, in milliseconds. */
const CATCH_UP_MS = 2_000;

export interface CommandHandlerOptions {
  readonly log: EventLog;
  readonly projection: Projection;
  readonly limits?: CommandLimits;
  readonly heapGuard?: HeapGuard;
  readonly quota?: WriteQuota;
  /** How many updates of a page are sent at once to its sockets; Infinity, or absent: as many as there are. */
  readonly updatesAtOnce?: (pageId: string) => number;
  /** Called with every outcome, before it is answered. */
  readonly onSettled: (kind: string, outcome: Outcome, request: Request) => void;
}

export class CommandHandler {
  readonly #log: EventLog;
  readonly #projection: Projection;
  readonly #intake: Intake;
  readonly #decisions: BatchDecisions;
  readonly #batches: Batches;
  readonly #losing = new LosingRights<PendingCommand>();

  constructor({
    log,
    projection,
    onSettled,
    limits = noLimits,
    heapGuard = new HeapGuard(),
    quota,
    updatesAtOnce = () => Infinity,
  }: CommandHandlerOptions) {
    this.#log = log;
    this.#projection = projection;
    this.#intake = new Intake({
      log,
      projection,
      limits,
      quota,
      enqueue: (waiting) => this.#enqueue(waiting),
      onSettled,
    });
    this.#decisions = new BatchDecisions({ projection, limits, heapGuard, quota });
    this.#batches = new Batches({
      log,
      projection,
      decisions: this.#decisions,
      free: (commands) => this.#free(commands),
      updatesAtOnce,
      settle: (waiting, outcome) => this.#settle(waiting, outcome),
    });
  }

  /** Stops accepting and deciding commands. Pending ones are not answered: their clients send them again to the next process. */
  close(): void {
    this.#intake.close();
    this.#batches.close();
  }

  /** Decides the queued commands now instead of at the end of this iteration of the event loop. */
  decideNow(): void {
    this.#batches.decideNow();
  }

  submit(request: Request): void {
    this.#intake.submit(request);
  }

  /** Settles what is overdue on the alarm. `done` is called once, with why there is nothing to settle (any more), or why it was not done. */
  settleAlarm(alarm_id: string, done: (refusal: RefusalCode) => void): void {
    this.#intake.submitOwn({
      command: settleAlarmCommand,
      payload: { alarm_id },
      actor: { kind: 'system', id: SYSTEM_ID },
      clientId: undefined,
      settle: (outcome) => done(outcome.kind === 'refused' ? outcome.refusal.code : 'nothing_to_do'),
    });
  }

  /** Called with every folded event, after it was pushed to the sockets. */
  onFolded(folded: Folded, data: string): void {
    const { metadata, stream, revision } = folded.recorded;
    // Another node may have appended the same command, or this node did and no longer waits for it. A void event leaves the id
    // free.
    const same = this.#log.isShared && !folded.isVoid ? this.#intake.identified(metadata.key) : undefined;
    const own = this.#batches.delivered(stream, metadata.key, revision);
    const waiting = own && !own.isSettled ? own : same;
    if (waiting) this.#settle(waiting, outcomeOf(folded, data, waiting, this.#projection));
    this.#batches.folded(stream, revision);
  }

  /** Finds the stream of the command and queues it for a batch of that stream. */
  #enqueue(waiting: PendingCommand): void {
    const { command, payload, key } = waiting;
    switch (command.target) {
      case 'page': {
        for (const key of heldBy(waiting)) this.#losing.came(key);
        const page = command.page(payload, this.#projection.live);
        if (page === undefined) return this.#refuse(waiting, notFound(command.missing));
        const known = this.#projection.live.pages.get(page);
        if (!known || !this.#isAhead(known.seq, command.seen?.(payload)))
          return this.#batches.add(pageStream(page), waiting);
        // Whoever may not view the page is refused at once, as where there is none: by its decision they may, and be ahead of it.
        if (this.#projection.live.heldOn(known, waiting.by).right === 'none')
          return this.#refuse(waiting, notFound(command.missing));
        // Another node may have sent this seq to the client before this node has read it.
        return void this.#projection.atPresent(CATCH_UP_MS).then((isReached) => {
          if (isReached) this.#batches.add(pageStream(page), waiting);
          else this.#refuse(waiting, notCaughtUp);
        });
      }
      case 'new page': {
        const page = entityId(key);
        // The id is older than the idempotency records, and its page may be deleted: its stream cannot be used twice.
        if (waiting.identified && this.#projection.history.data(page, 0) !== undefined)
          this.#refuse(waiting, usedLongAgo);
        else this.#batches.add(pageStream(page), waiting);
        return;
      }
      case 'new group':
        return this.#batches.add(groupStream(entityId(key)), waiting);
      case 'group': {
        const group = command.group(payload);
        const holding = this.#holding(command, waiting, group);
        if (holding.length > 0) this.#losing.add(waiting, holding, waiting.no);
        const winner = command.givesRightsTo?.(payload);
        if (winner !== undefined) this.#losing.comes(waiting, winner, group);
        return this.#batches.add(groupStream(group), waiting);
      }
    }
  }

  /** Whether the user has seen, on another node, what this one has not read. */
  #isAhead(seq: number, seen: number | undefined): boolean {
    return seen !== undefined && this.#log.isShared && seen > seq;
  }

  /** What it makes wait of the commands on pages, as `heldBy` names it. Only the group's owner and administrators can make others wait. */
  #holding(command: GroupCommand, { payload, by }: PendingCommand, groupId: string): string[] {
    if (!command.takesRightsOf) return [];
    const coming = [...this.#losing.comingInto(groupId)];
    const group = this.#projection.live.groups.get(groupId);
    const losers = [...command.takesRightsOf(payload, () => [...(group?.members.keys() ?? []), ...coming])];
    const mayHold = command.administrative
      ? heldAsAdministrator(by, this.#projection.live.roles.of(by)).right === 'own'
      : group?.owner_id === by || coming.includes(by);
    if (!mayHold) return losers.filter((userId) => userId === by);
    return command.endsGroup ? [...losers, groupStream(groupId)] : losers;
  }

  /**
   * Commands that need not wait for a user's loss of rights. On a page all others continue; in a group only those before the first
   * that has to wait.
   */
  #free(commands: readonly PendingCommand[]): readonly PendingCommand[] {
    if (this.#losing.isEmpty) return commands;
    if (commands[0]?.command.target === 'page')
      return commands.filter((waiting) => !heldBy(waiting).some((key) => this.#losing.holds(key, waiting.no)));
    const first = commands.findIndex((waiting) => this.#losing.isWaiting(waiting));
    return first === -1 ? commands : commands.slice(0, first);
  }

  #settle(waiting: PendingCommand, outcome: Outcome): void {
    if (waiting.isSettled) return;
    waiting.isSettled = true;
    this.#decisions.settled(waiting);
    const { command } = waiting;
    if (command.target === 'page') for (const key of heldBy(waiting)) this.#losing.settled(key, waiting.no);
    else if (command.target === 'group') this.#losing.hasCome(waiting, command.group(waiting.payload));
    if (!this.#losing.isEmpty) {
      this.#losing.remove(waiting);
      this.#batches.wake();
    }
    this.#intake.settled(waiting, outcome);
  }

  #refuse(waiting: PendingCommand, refusal: Refusal): void {
    this.#settle(waiting, { kind: 'refused', refusal });
  }
}

/** Names that a change of a group holds a command on a page by: its user, and the stream of the group that it shares the page with. */
function heldBy({ command, payload, by }: PendingCommand): readonly string[] {
  const group = command.target === 'page' ? command.needsGroup?.(payload) : undefined;
  return group === undefined ? [by] : [by, groupStream(group)];
}

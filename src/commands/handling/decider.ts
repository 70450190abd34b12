/** Decides a command: returns its event, or the refusal. Pure: state, time and ids are passed in. */

import { heldAsAdministrator, refusalOnPage, roleIn } from '../../domain/authorization.js';
import {
  type DomainEvent,
  eventVersions,
  type GroupEvent,
  type Metadata,
  type PageEvent,
} from '../../domain/events.js';
import type { Sealed } from '../../domain/free-text.js';
import { draftOfGroup, evolveGroup } from '../../domain/group.js';
import { draftOf, evolve, type Page } from '../../domain/page.js';
import { notFound, type Refusal, refuse } from '../../domain/refusals.js';
import { idOf } from '../../domain/streams.js';
import { type NewEvent, NO_STREAM } from '../../log/event-log.js';
import type { LiveState } from '../../projections/live-state.js';
import type { Command, PageCommand } from '../command.js';
import { type CountLimits, noCountLimits } from '../count-limits.js';
import { countedAs } from '../creations.js';
import { SharedLimit } from '../shared-limit.js';
import { deactivated } from './handler-refusals.js';
import { heapFull, makesMore } from './heap-guard.js';
import { entityId } from './ids.js';
import { hasOverdue, overdueAlarms, settleAlarm, settledAtOnce, stillSettling } from './settling.js';

/** A validated command with everything that its event will hold. */
export interface Asked {
  readonly command: Command;
  readonly payload: unknown;
  readonly by: string;
  readonly key: string;
  /** The id given by the client and the hash of the command's content; undefined if it gave none. */
  readonly identified: { readonly id: string; readonly hash: string } | undefined;
  /** Seals its free text; undefined if it has none. */
  readonly seal?: ((text: string) => Sealed) | undefined;
  /** Id of the access token with which a program sent it. */
  readonly token?: string | undefined;
}

/** Limits on what may be created, and what is already in flight. */
export interface Bounds {
  readonly limits: CountLimits;
  /** Creations with this key (creations.ts) that are decided and not in the live state yet. */
  readonly underWay: (key: string) => number;
  /** Whether there is memory for more. */
  readonly mayGrow: () => boolean;
  /** Limit on what may be shared with one user. */
  readonly shared: SharedLimit;
  /** Opens free text. */
  readonly open: (text: Sealed) => string | null;
  /** Called with each event of a deadline that is settled before the decision; it has to be appended before the decision's. */
  readonly settle: (event: NewEvent) => void;
}

export interface BatchStart {
  /** Whether several commands are decided; a single one needs no draft. */
  readonly several: boolean;
  /** Events of the stream that are not in the live state yet, oldest first. */
  readonly inFlight: readonly NewEvent[];
}

const unbounded: Bounds = {
  limits: noCountLimits,
  underWay: () => 0,
  mayGrow: () => true,
  shared: new SharedLimit(Infinity),
  settle: () => undefined,
  open: () => null,
};

const notSealed = (): never => {
  throw new Error('The command does not say that its payload has free text');
};

/** For a command whose id created an entity before the oldest idempotency record. */
export const usedLongAgo: Refusal = refuse('id_reused', 'This command id was used long ago: use a new one');

/** Revision of the stream's last event in the live state, or NO_STREAM. */
export function revisionOf(stream: string, live: LiveState): number {
  const id = idOf(stream);
  return live.pages.get(id)?.seq ?? live.groups.get(id)?.revision ?? NO_STREAM;
}

/** Returns a function that decides the commands of one batch of `stream` in order, each on the state left by those before it. */
export function decider(
  stream: string,
  live: LiveState,
  at: string,
  { several, inFlight }: BatchStart,
  { limits, underWay, mayGrow, shared, settle, open }: Bounds = unbounded,
): (asked: Asked) => NewEvent | Refusal {
  const found = live.pages.get(idOf(stream));
  let page: Page | undefined = found && (several || inFlight.length > 0) ? draftOf(found) : found;
  const foundGroup = live.groups.get(idOf(stream));
  const group = foundGroup && several ? draftOfGroup(foundGroup) : foundGroup;
  if (page) for (const { event, metadata } of inFlight) evolve(page, event as PageEvent, metadata);

  /** Settles what is overdue on the alarms that the command is decided on. A refusal if that is more than one command settles. */
  function settleFirst(command: PageCommand, payload: unknown, before: Page): Refusal | undefined {
    if (command.missing === 'alarm') {
      const { alarm_id } = payload as { readonly alarm_id: string };
      if (hasOverdue(before, alarm_id, at)) settleAll([alarm_id]);
      return undefined;
    }
    if (!command.ofAllAlarms) return undefined;
    const overdue = overdueAlarms(before, at);
    const now = settledAtOnce(overdue);
    if (now.length > 0) settleAll(now);
    return now.length < overdue.length ? stillSettling : undefined;
  }

  function settleAll(alarmIds: readonly string[]): void {
    // The live state changes only by what the log holds.
    if (page === found) page = found && draftOf(found);
    if (page) for (const id of alarmIds) for (const event of settleAlarm(page, id, at)) settle(event);
  }

  function decide(asked: Asked): { event: DomainEvent; via: string } | Refusal {
    const { command, payload, by, key, seal = notSealed } = asked;
    if (!live.accounts.isActive(by)) return deactivated;
    const counted = countedAs(command, by, page?.owner_id);
    const circumstances = {
      by,
      at,
      newId: () => entityId(key),
      live,
      seal,
      open,
      limits,
      underWay: counted === undefined ? 0 : underWay(counted),
    };
    if (command.target === 'page') {
      if (!page || page.deleted) return notFound(command.missing);
      const { right, via } = command.administrative
        ? heldAsAdministrator(by, live.roles.of(by))
        : live.heldOn(page, by);
      const refusal = refusalOnPage(right, command.needs, command.missing) ?? settleFirst(command, payload, page);
      if (refusal) return refusal;
      const event = command.decide(payload, page, circumstances);
      return 'code' in event ? event : { event, via };
    }
    if (command.target === 'group') {
      if (!group || group.deleted) return notFound('group');
      const via = command.administrative ? heldAsAdministrator(by, live.roles.of(by)).via : roleIn(group, by);
      if (!via || via === 'none') return notFound('group');
      const event = command.decide(payload, group, circumstances);
      return 'code' in event ? event : { event, via };
    }
    if (revisionOf(stream, live) !== NO_STREAM) return usedLongAgo;
    const event = command.decide(payload, circumstances);
    return 'code' in event ? event : { event, via: 'self' };
  }

  return (asked) => {
    const decided = decide(asked);
    if ('code' in decided) return decided;
    const { event, via } = decided;
    if (makesMore(event) && !mayGrow()) return heapFull;
    const target = page ?? group;
    const tooMuch = target && shared.refusal(asked.key, event, target, live);
    if (tooMuch) return tooMuch;
    if (several && page) evolve(page, event as PageEvent, { at, by: asked.by });
    if (several && group) evolveGroup(group, event as GroupEvent, at);
    const { by, key, command, identified, token } = asked;
    const v = eventVersions[event.type];
    // Both written out: spreading costs several times as much, and this is done for each command.
    const metadata: Metadata = identified
      ? { at, by, via, command: command.kind, key, id: identified.id, hash: identified.hash, v }
      : { at, by, via, command: command.kind, key, v };
    const whole = token === undefined ? metadata : { ...metadata, token };
    // A command has one event, so the command's key is also the event's id.
    return { id: key, event, metadata: whole };
  };
}

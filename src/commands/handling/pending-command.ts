/** A command on its way: asked for, waiting in the turn of its stream, and answered. */
import type { Refusal } from '../../domain/refusals.js';
import type { Command } from '../command.js';
import type { Asked } from './decider.js';
import type { InFlightEvent } from './in-flight-events.js';

/** A command that has had its effect, now or when the same id was sent before. */
export interface Done {
  readonly kind: 'done';
  readonly command: string;
  readonly action: string;
  /** The alarm, page, grant or group, as JSON. */
  readonly data: string;
  /** Revision of its event in its stream: the seq, for a page's. */
  readonly seq: number;
  readonly position: string;
}

export type Outcome = Done | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A command with its validated payload, on its way. */
export interface Request {
  readonly command: Command;
  readonly payload: unknown;
  /** Id of the user who asks. */
  readonly by: string;
  /** The id that their client gave the command, if any: it makes it idempotent. */
  readonly clientId: string | undefined;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
}

export interface PendingCommand extends Asked {
  /** In the order of arrival. */
  readonly no: number;
  readonly request: Request;
  /** The same id sent again, waiting to see what becomes of this one. */
  readonly repeats: Request[];
  isSettled: boolean;
}

/**
 * The turn of a stream: over when the log has answered and the feed has brought back every event of it; on a page that is there
 * already also when the log has answered, and enough commands wait for the next one.
 */
export interface Batch {
  /** Commands that have an event under way, by key, in the order of the stream. */
  readonly underWay: Map<string, InFlightEvent<PendingCommand>>;
  /** Refused on the state that the turn's own events leave: not to be answered before those are durable. */
  readonly refused: readonly (readonly [PendingCommand, Refusal])[];
  isAppended: boolean;
  /** Its append is without an answer: nothing waits for the stream meanwhile. */
  isFrozen: boolean;
  /** Revision of the stream's last event that the feed has brought since the turn began. */
  fed: number;
}

/** After a conflict: these have to be decided again when the feed has brought the stream's event `revision`. */
export interface Behind {
  readonly revision: number;
  readonly commands: readonly PendingCommand[];
  readonly timer: NodeJS.Timeout;
}

/** It makes a page or a group. */
export const isCreation = ({ command }: PendingCommand): boolean =>
  command.target === 'new page' || command.target === 'new group';

/** Id of the user whom the command takes a group's rights from, if it does. */
export const loserBy = ({ command, payload }: Asked): string | undefined =>
  command.target === 'group' ? command.takesRightsOf?.(payload) : undefined;

/** A command on its way: requested, waiting for a batch of its stream, and answered. */
import type { Actor } from '../../domain/authorization.js';
import type { Refusal } from '../../domain/refusals.js';
import type { Command } from '../command.js';
import type { Asked } from './decider.js';

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
  /** Who asks: their id is the event's `by`. */
  readonly actor: Actor;
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

/** It makes a page or a group. */
export const isCreation = ({ command }: PendingCommand): boolean =>
  command.target === 'new page' || command.target === 'new group';

/** Id of the user whom the command takes a group's rights from, if it does. */
export const loserBy = ({ command, payload }: Asked): string | undefined =>
  command.target === 'group' ? command.takesRightsOf?.(payload) : undefined;

/** A pending command: requested, queued for a batch of its stream, and finally answered. */
import type { Actor } from '../../domain/authorization.js';
import type { Refusal } from '../../domain/refusals.js';
import type { Command } from '../command.js';
import type { Asked } from './decider.js';

/** A command that took effect, now or when the same id was sent before. */
export interface Done {
  readonly kind: 'done';
  readonly command: string;
  readonly action: string;
  /** The alarm, page, grant or group, as JSON. */
  readonly data: string;
  /** Revision of its event in its stream; for a page this is the seq. */
  readonly seq: number;
  readonly position: string;
}

export type Outcome = Done | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A command with its validated payload. */
export interface Request {
  readonly command: Command;
  readonly payload: unknown;
  /** The actor; their id is the event's `by`. */
  readonly actor: Actor;
  /** The id that the client gave the command, which makes it idempotent; undefined if none. */
  readonly clientId: string | undefined;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
}

export interface PendingCommand extends Asked {
  /** Sequence number of its arrival. */
  readonly no: number;
  readonly request: Request;
  /** Repeats with the same id, which wait for this one's outcome. */
  readonly repeats: Request[];
  isSettled: boolean;
}

/** Whether it creates a page or a group. */
export const isCreation = ({ command }: PendingCommand): boolean =>
  command.target === 'new page' || command.target === 'new group';

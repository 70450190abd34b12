/** The limits on commands: how many entities, how fast, and how many pending. */
import { type CountLimits, noCountLimits } from '../count-limits.js';

export interface CommandLimits extends CountLimits {
  /** Per user, over all their sockets and HTTP together. Infinity: no limit. */
  readonly commandsPerSecond: number;
  /** Commands that a user can send at once. */
  readonly commandsBurst: number;
  /** Pending commands of one user. */
  readonly commandsWaitingPerUser: number;
}

export const noLimits: CommandLimits = {
  ...noCountLimits,
  commandsPerSecond: Infinity,
  commandsBurst: Infinity,
  commandsWaitingPerUser: Infinity,
};

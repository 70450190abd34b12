/** The limits of commands: how many, how fast, and how many waiting. */
import { type CountLimits, noCountLimits } from '../count-limits.js';

export interface CommandLimits extends CountLimits {
  /** Of one user, over all their sockets and HTTP together. Infinity: no limit. */
  readonly commandsPerSecond: number;
  /** How many of them a user can send at once. */
  readonly commandsBurst: number;
  /** Commands of one user that wait for their answer. */
  readonly commandsWaitingPerUser: number;
}

export const noLimits: CommandLimits = {
  ...noCountLimits,
  commandsPerSecond: Infinity,
  commandsBurst: Infinity,
  commandsWaitingPerUser: Infinity,
};

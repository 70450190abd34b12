/** Refusals of commands that were not decided, or whose outcome is not known. */
import { type Refusal, refuse } from '../../domain/refusals.js';

const RETRY_AFTER_MS = 1_000;
export const unavailable = refuse(
  'store_unavailable',
  "The log's store does not respond: nothing was changed, and reads still work. Send the command again with the same id in a moment",
  { retry_after_ms: RETRY_AFTER_MS },
);
export const unknown = refuse(
  'store_unavailable',
  "The log's store stopped responding: whether this command took effect is not known yet. Send it again with the same id in a moment",
  { retry_after_ms: RETRY_AFTER_MS },
);
export const reused = refuse(
  'id_reused',
  'This id was used for a command with other content: give every command its own id',
);
export const overloaded = refuse('overloaded', 'The server has too many pending commands: send it again in a moment', {
  retry_after_ms: RETRY_AFTER_MS,
});
export const tooManyWaiting = (limit: number): Refusal =>
  refuse(
    'overloaded',
    `This user already has ${limit} pending commands (LIMIT_COMMANDS_WAITING_PER_USER): wait for answers before sending more`,
    { retry_after_ms: RETRY_AFTER_MS, limit },
  );
export const full = refuse(
  'store_full',
  "The disk of the server's log is full: nothing was changed, and reads still work. Send it again when there is space",
  { retry_after_ms: 5_000 },
);

/** To a command that was sent before its user was deactivated, and is decided or folded afterwards. */
export const deactivated: Refusal = refuse('permission_denied', 'Permission denied: this account was deactivated');

export const notCaughtUp: Refusal = refuse('not_caught_up', 'This node has not read what you have seen: try again', {
  retry_after_ms: 1_000,
});

/** For a command of a program, except a trigger with a token that may. */
export const notForPrograms: Refusal = refuse(
  'token_scope',
  'An access token may trigger alarms only, if it was made with "can": ["trigger"]: no other command takes one',
);

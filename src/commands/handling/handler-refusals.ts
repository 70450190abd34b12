/** What is answered to a command that was not decided, or whose outcome is not known. */
import { type Refusal, refuse } from '../../domain/refusals.js';

const RETRY_AFTER_MS = 1_000;
export const unavailable = refuse(
  'store_unavailable',
  'The store of the log does not answer: nothing was changed, reading goes on; send it again with the same id in a moment',
  { retry_after_ms: RETRY_AFTER_MS },
);
export const unknown = refuse(
  'store_unavailable',
  'The store of the log has stopped answering: whether this has had its effect is not known yet; send it again with the same id in a moment',
  { retry_after_ms: RETRY_AFTER_MS },
);
export const reused = refuse(
  'id_reused',
  'This id was used for a command with other content: give every command an id of its own',
);
export const overloaded = refuse('overloaded', 'The server has too many commands waiting: send it again in a moment', {
  retry_after_ms: RETRY_AFTER_MS,
});
export const tooManyWaiting = (limit: number): Refusal =>
  refuse(
    'overloaded',
    `This user has ${limit} commands waiting for their answer already (LIMIT_COMMANDS_WAITING_PER_USER): wait for answers before sending more`,
    { retry_after_ms: RETRY_AFTER_MS, limit },
  );
export const full = refuse(
  'store_full',
  "The disk of the server's log is full: nothing was changed, reading goes on; send it again when there is room",
  { retry_after_ms: 5_000 },
);

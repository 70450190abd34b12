/** One example of each problem, for the OpenAPI document: a `detail` as the server writes it. */
import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import { type ProblemCode, statusOf } from './problem-codes.js';
import type { Problem } from './problems.js';

/** A problem of every code. A code without one does not compile. */
const details: Readonly<Record<ProblemCode, string>> = {
  invalid_json: 'The body is not JSON: Unexpected end of JSON input',
  invalid_request: 'Idempotency-Key must have 1 to 64 ASCII characters',
  unauthorized: 'The token is not valid or has expired: log in again',
  wrong_password: 'The old password is not the right one: nothing was changed',
  registration_closed: 'Registration is closed on this server: ask an operator for an account',
  wrong_code: 'There is no such code for this username: ask an operator for another one',
  account_deactivated: 'This account was deactivated: ask an operator of the server',
  permission_denied: 'Permission denied: cannot edit this page',
  origin_not_allowed: 'Web pages of https://example.com may not use this server',
  token_scope: 'This access token may read only: make one with "can": ["trigger"]',
  not_found: 'Page not found',
  method_not_allowed: 'This path takes GET, HEAD, OPTIONS',
  request_timeout: 'The request did not arrive whole in time',
  name_taken: 'Username already registered: choose another one',
  none_free: 'Every partition of this subscription is held: the next lease ends in 12 s',
  not_holder: 'Partition 1 is not held with epoch 3: claim it again',
  partitions_fixed: 'The subscription has 2 partitions, which cannot change: delete it, or leave partitions out',
  log_changed: 'The cursor is of another log: begin again, from start or from a moment',
  nothing_to_do: 'This user owns the page already: name another one',
  alarm_inactive: 'The alarm is inactive: activate it first',
  nothing_open: 'This alarm has no open occurrence: there is nothing to acknowledge',
  already_acknowledged: 'These triggers were acknowledged before, up to seq 13',
  invalid_message: 'upto: must be a seq of this page, which is at 15',
  id_reused: 'This id was used for another command: choose a new one',
  limit_reached: 'At most 1000 pages may be owned by one user; delete one first',
  too_large: 'The body is longer than 65536 bytes: send less',
  unsupported_media_type: 'The body is text/plain: send application/json',
  validation_failed: 'name: must have at most 200 characters',
  upgrade_required: 'This path takes WebSocket handshakes only',
  too_many_attempts: 'Too many failed attempts: wait before the next one',
  too_many_requests: 'Too many logins or registrations from your address: wait before the next one',
  too_many_sockets: 'Too many sockets of this user are open: close one first',
  too_many_streams: 'This user already has 100 event streams open (LIMIT_EVENT_STREAMS_PER_USER): end one first',
  rate_limited: 'Too many reads: try again in 2 s',
  headers_too_large: 'The head of the request is too large',
  internal_error: 'The server made an error; it has been logged',
  busy: 'Too many passwords are being checked: try again in a moment',
  not_caught_up: 'This node has not yet seen that position: ask again',
  store_full: "The disk of the server's log is full: nothing was changed; try again when there is room",
  store_unavailable: 'The store of the log does not answer: try again in a moment',
  overloaded: 'Too many commands wait: try again in a moment',
};

export function problemExample(code: ProblemCode): z.infer<typeof Problem> {
  const status = statusOf(code);
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? '',
    status,
    code,
    detail: details[code],
    ...(code === 'validation_failed'
      ? { errors: [{ field: 'name', message: 'must have at most 200 characters' }] }
      : {}),
    ...(code === 'already_acknowledged'
      ? {
          details: {
            by: '0d6f0a64-9c0e-4b8b-8f53-4c3a8f1e2b10',
            at: '2026-01-15T10:30:00.000Z',
            upto: 13,
            comment: null,
          },
        }
      : {}),
    request_id: '216e80d3-000001n',
  };
}

/** The codes of problems over HTTP, each with its status. */
import type { RefusalCode } from '../domain/refusals.js';

/** Codes that only HTTP knows, with their status; all others are refusals. */
export const httpCodes = {
  invalid_json: 400,
  invalid_request: 400,
  unauthorized: 401,
  wrong_password: 403,
  wrong_code: 403,
  registration_closed: 403,
  account_deactivated: 403,
  origin_not_allowed: 403,
  method_not_allowed: 405,
  request_timeout: 408,
  name_taken: 409,
  none_free: 409,
  not_holder: 409,
  partitions_fixed: 409,
  log_changed: 410,
  too_large: 413,
  unsupported_media_type: 415,
  validation_failed: 422,
  upgrade_required: 426,
  too_many_attempts: 429,
  too_many_requests: 429,
  too_many_sockets: 429,
  too_many_streams: 429,
  headers_too_large: 431,
  internal_error: 500,
  busy: 503,
} as const;

/** The status of each refusal of a command. */
export const refusalStatus: Readonly<Record<RefusalCode, number>> = {
  not_found: 404,
  permission_denied: 403,
  token_scope: 403,
  nothing_to_do: 409,
  alarm_inactive: 409,
  nothing_open: 409,
  already_acknowledged: 409,
  id_reused: 409,
  limit_reached: 409,
  rate_limited: 429,
  store_full: 503,
  store_unavailable: 503,
  not_caught_up: 503,
  invalid_message: 422,
  overloaded: 503,
};

export type ProblemCode = keyof typeof httpCodes | RefusalCode;

/** The status that a problem of this code is answered with. */
export const statusOf = (code: ProblemCode): number =>
  code in refusalStatus ? refusalStatus[code as RefusalCode] : httpCodes[code as keyof typeof httpCodes];

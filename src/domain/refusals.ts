/** Why a command or a read is refused. A refusal is a value that is returned to the caller; an exception is a bug. */

export const refusalCodes = {
  not_found: 'Nothing with this id exists, or you may not see it.',
  permission_denied: 'You may see it, but you lack the right for this.',
  token_scope: 'The access token of a program may not be used for this.',
  nothing_to_do: 'The state is already what the command asks for.',
  alarm_inactive: 'The alarm is inactive; only an active alarm can be triggered.',
  nothing_open: 'The alarm has no open occurrence that the acknowledgement could be for.',
  already_acknowledged: 'Somebody has acknowledged this occurrence that far already; details say who and when.',
  id_reused: 'The command id was used before for a command with other content.',
  limit_reached: 'The limit is reached; delete one first.',
  rate_limited: 'The rate limit of commands or reads is exceeded; try again later with the same id.',
  store_full: 'The disk of the log is full; nothing was changed. Reads still work.',
  store_unavailable: 'The log does not respond; try again later with the same id.',
  not_caught_up: 'This node has not read what the request refers to; try again.',
  invalid_message:
    'The message does not match a known schema, or a field has a value that is not possible here; details name the fields.',
  overloaded: 'Too many commands are pending; try again later with the same id.',
} as const;

export type RefusalCode = keyof typeof refusalCodes;

export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for people. */
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export const refuse = (code: RefusalCode, message: string, details?: Refusal['details']): Refusal =>
  details ? { code, message, details } : { code, message };

/** The one refusal for what does not exist and for what the user may not see, so that they cannot be told apart. */
export const notFound = (what: 'page' | 'alarm' | 'group' | 'user' | 'access token' | 'subscription'): Refusal =>
  refuse('not_found', `${what[0]!.toUpperCase()}${what.slice(1)} not found`);

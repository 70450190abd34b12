/** Why a command is refused. A refusal is a value that travels back to whoever asked; exceptions are bugs. */

export const refusalCodes = {
  not_found: 'There is nothing with that id that you may see.',
  permission_denied: 'You see it, but may not do this with it.',
  alarm_inactive: 'The alarm is switched off; it must be active to be triggered.',
  id_reused: 'The command id was used before, for a command with other content.',
  limit_reached: 'As many are there as may be; remove one first.',
  rate_limited: 'You send more commands, or read more, than a user may; try again later with the same id.',
  store_full: 'The disk of the log is full; nothing was changed. Reading goes on.',
  store_unavailable: 'The log does not answer; try again later with the same id.',
  overloaded: 'Too much is waiting already; try again later with the same id.',
} as const;

export type RefusalCode = keyof typeof refusalCodes;

export interface Refusal {
  readonly code: RefusalCode;
  /** A sentence for a person. */
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export const refuse = (code: RefusalCode, message: string, details?: Refusal['details']): Refusal =>
  details ? { code, message, details } : { code, message };

/** What is not there and what one may not see are answered by this one refusal, so that nobody can tell them apart. */
export const notFound = (what: 'page' | 'alarm' | 'group' | 'user'): Refusal =>
  refuse('not_found', `${what[0]!.toUpperCase()}${what.slice(1)} not found`);

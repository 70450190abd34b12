/** The moment from which on an alarm is off, as a command gives it. */
import { momentText } from '../../domain/fields.js';
import type { Refusal } from '../../domain/refusals.js';
import { notValid } from '../payload-errors.js';

/** The settings as an event holds them: the moment in UTC. A refusal if the moment is not in the future. */
export function withExpiryInUtc<Settings extends { readonly expires_at?: string | null | undefined }>(
  kind: string,
  settings: Settings,
  at: string,
): Settings | Refusal {
  const { expires_at } = settings;
  if (expires_at === undefined || expires_at === null) return settings;
  const moment = momentText(expires_at);
  return moment > at
    ? { ...settings, expires_at: moment }
    : notValid(kind, 'expires_at', `must be in the future: now is ${at}. null removes it`);
}

/** What went wrong, as a sentence for the person and with what they can do. */
import { AlarmServerError, ConnectionClosedError, NotSentError, OutcomeUnknownError } from '@alarm-server/client';

export function sentence(error: unknown): string {
  if (error instanceof AlarmServerError) return withEnd(error.detail);
  if (error instanceof OutcomeUnknownError)
    return 'The connection ended before the answer came: it may have been done or not. Trying again is safe, it is done once.';
  if (error instanceof NotSentError) return withEnd(error.message);
  if (error instanceof ConnectionClosedError)
    return 'There is no connection to the server. Nothing was sent; try again.';
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return 'The server did not answer in time. Try again.';
  if (error instanceof TypeError) return 'The server cannot be reached. Try again.';
  return withEnd(error instanceof Error ? error.message : String(error));
}

const withEnd = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

export const isForbidden = (error: unknown): boolean =>
  error instanceof AlarmServerError && (error.status === 403 || error.code === 'permission_denied');

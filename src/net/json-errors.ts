/** What JSON.parse says of text that is not JSON. */

/** The message of its error, without the piece of the text that V8 quotes: it may be part of a password. */
export const jsonError = (error: unknown): string =>
  (error as Error).message.replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, '');

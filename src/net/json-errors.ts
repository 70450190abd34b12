/** The message of a JSON.parse error. */

/** The message without the excerpt of the text that V8 quotes, which may contain part of a password. */
export const jsonError = (error: unknown): string =>
  (error as Error).message.replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, '');

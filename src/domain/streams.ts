/** How streams are named. */

export const LOG_STREAM = 'log';
export const pageStream = (id: string): string => `page-${id}`;
export const groupStream = (id: string): string => `group-${id}`;
/** What a user did with his sessions and his password; never a hash. */
export const userStream = (id: string): string => `user-${id}`;
/** Password hashes. These streams are in no feed, history or export. */
export const credentialStream = (userId: string): string => `credential-${userId}`;
export const isPrivate = (stream: string): boolean => stream.startsWith('credential-');

/** The id in a stream's name: `page-6b1f…` → `6b1f…`. */
export const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

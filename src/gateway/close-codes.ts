/** Why the server closes a socket, in code and words. 4000–4499: stop; 4500–4999 and 1001: reconnect. */

export const closeCodes = {
  going_away: { code: 1001, reason: 'The server is going down or restarting: reconnect' },
  protocol_misuse: { code: 4003, reason: 'Text frames of the documented form only, and not one error after the other' },
} as const;

export type CloseReason = keyof typeof closeCodes;

/** Why the server closes a socket, in code and words. 4000–4499: stop; 4500–4999 and 1001: reconnect. */

export const closeCodes = {
  going_away: { code: 1001, reason: 'The server is going down or restarting: reconnect' },
  token_ended: { code: 4001, reason: 'The token has ended: get another one, or log in again' },
  session_revoked: {
    code: 4002,
    reason: 'The session was ended by a logout, a change of the password or an operator: log in again',
  },
  protocol_misuse: { code: 4003, reason: 'Text frames of the documented form only, and not one error after the other' },
  origin_not_allowed: {
    code: 4004,
    reason: 'Sockets are not open to pages of this origin: the operator can name it in ALLOWED_ORIGINS',
  },
  sent_too_much: { code: 4501, reason: 'Too much was sent before the state came: reconnect, and wait for the state' },
  closed_by_operator: { code: 4502, reason: 'An operator has closed this socket: reconnect' },
  too_slow: { code: 4500, reason: 'Too far behind: reconnect and resume' },
} as const;

export type CloseReason = keyof typeof closeCodes;

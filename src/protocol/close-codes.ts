/** Why the server closes a socket: code and reason. 4000–4499: do not reconnect; 4500–4999 and 1001: reconnect. */

export const closeCodes = {
  going_away: { code: 1001, reason: 'The server is stopping or restarting: reconnect' },
  token_ended: { code: 4001, reason: 'The token has expired: get another one, or log in again' },
  session_revoked: {
    code: 4002,
    reason: 'The session was ended by a logout, a change of the password or an operator: log in again',
  },
  protocol_misuse: {
    code: 4003,
    reason: 'Send valid text frames only: see the list of error codes in the documentation',
  },
  origin_not_allowed: {
    code: 4004,
    reason: 'Pages of this origin may not open sockets: the operator can add it to ALLOWED_ORIGINS',
  },
  sent_too_much: { code: 4501, reason: 'Too much was sent before the state arrived: reconnect and wait for the state' },
  closed_by_operator: { code: 4502, reason: 'An operator has closed this socket: reconnect' },
  too_slow: { code: 4500, reason: 'The client reads too slowly: reconnect and resume' },
} as const;

export type CloseReason = keyof typeof closeCodes;

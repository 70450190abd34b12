/** What the client does after a close code, by its range, so that codes of later versions need no table. */

/** False for 4000 to 4499: the token expired, the session was revoked, or this client misused the protocol. */
export function mayReconnect(code: number): boolean {
  return code < 4000 || code > 4499;
}

/** What a close code asks of the client: its range says it, so that codes of another day need no table. */

/** No for 4000 to 4499: the token ended, the session was revoked, or this client does what it should not. */
export function mayReconnect(code: number): boolean {
  return code < 4000 || code > 4499;
}

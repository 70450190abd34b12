/** The token in an Authorization header (RFC 6750, section 2.1); undefined if there is none. `authorization`: '' if it was not sent. */
export const bearerToken = (authorization: string): string | undefined => /^Bearer +(\S+) *$/i.exec(authorization)?.[1];

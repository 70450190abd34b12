/** Access tokens for programs: made and ended by whoever is logged in. */
import { request } from './http.js';

export interface AccessToken {
  readonly id: string;
  readonly name: string;
  readonly can: readonly ('read' | 'trigger')[];
  /** Ids of the pages it is limited to; null: all that its owner may see. */
  readonly pages: readonly string[] | null;
  /** Types of the events it is limited to; null: all. */
  readonly types: readonly string[] | null;
  /** RFC 3339, UTC, with milliseconds, here as below. */
  readonly created_at: string;
  readonly expires_at: string;
}

export interface NewAccessToken extends AccessToken {
  /** The token itself, as `token` of a client, `events` or `request`. It is shown here only. */
  readonly token: string;
}

export interface ListedAccessToken extends AccessToken {
  /** The hour of its last use; null: never. */
  readonly last_used_at: string | null;
}

export interface AccessTokenWish {
  readonly name: string;
  readonly can: readonly ('read' | 'trigger')[];
  readonly pages?: readonly string[];
  readonly types?: readonly string[];
  /** 1 to 365. Default: 90. */
  readonly expiresInDays?: number;
}

/**
 * `token`: of a login; no access token makes another one. Rejects with AlarmServerError: 422 if the wish is invalid or names a page that
 * the user may not see, 409 if they have 100 of them.
 */
export async function createAccessToken(
  baseUrl: string,
  token: string,
  { name, can, pages, types, expiresInDays: expires_in_days }: AccessTokenWish,
): Promise<NewAccessToken> {
  const body = { name, can, pages, types, expires_in_days };
  return (await request<NewAccessToken>(baseUrl, 'POST', '/access-tokens', { token, body })).data;
}

/** The user's access tokens that have not expired, oldest first. */
export const listAccessTokens = async (baseUrl: string, token: string): Promise<readonly ListedAccessToken[]> =>
  (await request<readonly ListedAccessToken[]>(baseUrl, 'GET', '/access-tokens', { token })).data;

/** Ends it at once, on every node. Rejects with AlarmServerError: 404 if the user has no such token. */
export async function deleteAccessToken(baseUrl: string, token: string, id: string): Promise<void> {
  await request(baseUrl, 'DELETE', `/access-tokens/${encodeURIComponent(id)}`, { token });
}

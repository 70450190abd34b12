/** Registers users and gets the tokens that a client connects with. */
import { request } from './http.js';
import type { User } from './messages.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * `code`: of an invitation, where the server requires one. Rejects with AlarmServerError: 409 if the name is taken, 422 if name or
 * password is invalid, 403 if registration is closed or the code is not valid.
 */
export async function register(
  baseUrl: string,
  credentials: Credentials & { readonly code?: string },
): Promise<User & { readonly created_at: string }> {
  const { username, password, code } = credentials;
  const { data } = await request<User & { created_at: string }>(baseUrl, 'POST', '/register', {
    body: { username, password, ...(code === undefined ? {} : { code }) },
  });
  return data;
}

/** Returns the token. Rejects with AlarmServerError: 401 if name and password do not match, 429 after too many attempts. */
export async function login(baseUrl: string, { username, password }: Credentials): Promise<string> {
  const body = new URLSearchParams({ username, password });
  const { data } = await request<{ access_token: string }>(baseUrl, 'POST', '/login', { body });
  return data.access_token;
}

/** A new token of the same session, in exchange for a valid one. Rejects with AlarmServerError: 401 if it is not valid. */
export async function renewToken(baseUrl: string, token: string): Promise<string> {
  const { data } = await request<{ access_token: string }>(baseUrl, 'POST', '/token', { token });
  return data.access_token;
}

/** A ticket that opens one socket, once. Rejects with AlarmServerError: 401 if the token is not valid. */
export async function requestTicket(baseUrl: string, token: string): Promise<string> {
  const { data } = await request<{ ticket: string }>(baseUrl, 'POST', '/ws-ticket', { token });
  return data.ticket;
}

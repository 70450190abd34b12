/** Becoming a user, and getting the token that a client connects with. */
import { request } from './http.js';
import type { User } from './messages.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Rejects with AlarmServerError: 409 where the name is taken, 422 where name or password will not do. */
export async function register(
  baseUrl: string,
  credentials: Credentials,
): Promise<User & { readonly created_at: string }> {
  const { username, password } = credentials;
  const { data } = await request<User & { created_at: string }>(baseUrl, 'POST', '/register', {
    body: { username, password },
  });
  return data;
}

/** Gives the token. Rejects with AlarmServerError: 401 where name and password do not match, 429 after too many attempts. */
export async function login(baseUrl: string, { username, password }: Credentials): Promise<string> {
  const body = new URLSearchParams({ username, password });
  const { data } = await request<{ access_token: string }>(baseUrl, 'POST', '/login', { body });
  return data.access_token;
}

/** A new token of the same session, for one that is still good. Rejects with AlarmServerError: 401 where it is not. */
export async function renewToken(baseUrl: string, token: string): Promise<string> {
  const { data } = await request<{ access_token: string }>(baseUrl, 'POST', '/token', { token });
  return data.access_token;
}

/** A ticket that opens one socket, once. Rejects with AlarmServerError: 401 where the token is not good. */
export async function requestTicket(baseUrl: string, token: string): Promise<string> {
  const { data } = await request<{ ticket: string }>(baseUrl, 'POST', '/ws-ticket', { token });
  return data.ticket;
}

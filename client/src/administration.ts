/** What operators do, over HTTP: users, their sessions, and the sockets of a node. Each function rejects as `request` does: 403 for anybody else. */
import { request } from './http.js';

/** A user as operators see them. */
export interface AdminUser {
  readonly id: string;
  readonly username: string;
  readonly created_at: string;
  /** False while the account is deactivated. */
  readonly active: boolean;
  readonly roles: readonly string[];
  /** Null where no login was recorded. */
  readonly last_login_at: string | null;
  /** Open sockets, at the node that was asked. */
  readonly sockets: number;
}

/** A socket that is open at the node that was asked. */
export interface AdminSocket {
  readonly id: string;
  readonly user: { readonly id: string; readonly username: string };
  readonly address: string;
  readonly since: string;
  readonly node: string;
  /** Sent to it and not read yet. */
  readonly backlog_bytes: number;
  /** Its User-Agent; empty if it sent none. */
  readonly client: string;
}

/** For POST /password/reset, once. It is shown here only. */
export interface OneTimeCode {
  readonly code: string;
  readonly expires_at: string;
}

export interface UserListOptions {
  /** A username: start behind it. */
  readonly after?: string;
  /** 1 to 1,000. Default: 100. */
  readonly limit?: number;
  /** Only names with this in them. */
  readonly q?: string;
}

const userPath = (id: string, rest: string): string => `/admin/users/${encodeURIComponent(id)}/${rest}`;

/** Users in the order of their names; `next` is the value for the next `after`, or null at the end. */
export async function listUsers(
  baseUrl: string,
  token: string,
  { after, limit, q }: UserListOptions = {},
): Promise<{ readonly users: readonly AdminUser[]; readonly next: string | null }> {
  const query = new URLSearchParams();
  if (after !== undefined) query.set('after', after);
  if (limit !== undefined) query.set('limit', String(limit));
  if (q !== undefined) query.set('q', q);
  const path = `/admin/users?${query}`;
  return (await request<{ users: AdminUser[]; next: string | null }>(baseUrl, 'GET', path, { token })).data;
}

/** Its sessions, sockets and tickets are refused from then on; nothing is deleted. */
export async function deactivateUser(baseUrl: string, token: string, userId: string): Promise<void> {
  await request(baseUrl, 'POST', userPath(userId, 'deactivate'), { token });
}

export async function reactivateUser(baseUrl: string, token: string, userId: string): Promise<void> {
  await request(baseUrl, 'POST', userPath(userId, 'reactivate'), { token });
}

/** A code with which the user sets another password: once, within 24 hours. */
export async function issueResetCode(baseUrl: string, token: string, userId: string): Promise<OneTimeCode> {
  return (await request<OneTimeCode>(baseUrl, 'POST', userPath(userId, 'reset'), { token })).data;
}

/** Ends all sessions of a user. */
export async function endSessions(baseUrl: string, token: string, userId: string): Promise<void> {
  await request(baseUrl, 'DELETE', userPath(userId, 'sessions'), { token });
}

/** A sample of a metric, as /metrics has it. */
export interface Figure {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What the node that was asked is doing. */
export interface Figures {
  readonly node: string;
  readonly at: string;
  readonly resident_bytes: number;
  /** How late its event loop was within the last seconds, in ms; null: not measured yet. */
  readonly event_loop: { readonly p50_ms: number; readonly p99_ms: number; readonly max_ms: number } | null;
  readonly figures: readonly Figure[];
}

export const getFigures = async (baseUrl: string, token: string): Promise<Figures> =>
  (await request<Figures>(baseUrl, 'GET', '/admin/figures', { token })).data;

export async function listSockets(baseUrl: string, token: string): Promise<AdminSocket[]> {
  return (await request<{ sockets: AdminSocket[] }>(baseUrl, 'GET', '/admin/sockets', { token })).data.sockets;
}

/** Its session goes on: a client connects again. */
export async function closeSocket(baseUrl: string, token: string, socketId: string): Promise<void> {
  await request(baseUrl, 'DELETE', `/admin/sockets/${encodeURIComponent(socketId)}`, { token });
}

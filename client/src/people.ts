/** Users over HTTP: oneself, others by name or id, and who may see a page. Each function rejects as `request` does. */
import { request } from './http.js';
import type { Grant, User } from './messages.js';

/** The user of the token. */
export interface Me extends User {
  readonly created_at: string;
  /** What the user may do on this server beside their pages: `operator`, `auditor`. */
  readonly roles?: readonly string[];
  /** When an operator last issued a code for another password, if one did. */
  readonly password_reset_at?: string;
}

/** A user found by name. */
export interface FoundUser extends User {
  /** Present if other users have names that look like this one: which names, and what to do. */
  readonly warning?: string;
}

/** One who may see a page, and why. */
export interface Viewer {
  readonly user_id: string;
  readonly username: string;
  readonly right: 'own' | 'edit' | 'view';
  /** `via` is `owner`, `direct` or `group:<id>`. */
  readonly paths: readonly { readonly via: string; readonly group_name?: string; readonly member_since?: string }[];
}

const read = async <Data>(baseUrl: string, token: string, path: string): Promise<Data> =>
  (await request<Data>(baseUrl, 'GET', path, { token })).data;

export const me = (baseUrl: string, token: string): Promise<Me> => read(baseUrl, token, '/me');

/** The user with exactly this name, in whatever case and Unicode form; undefined if there is none. */
export async function findUser(baseUrl: string, token: string, username: string): Promise<FoundUser | undefined> {
  const [user] = await read<FoundUser[]>(baseUrl, token, `/users?${new URLSearchParams({ username })}`);
  return user;
}

/** A user who shares a page or a group with the token's user. Rejects with 404 for anybody else. */
export const getUser = (baseUrl: string, token: string, id: string): Promise<User> =>
  read(baseUrl, token, `/users/${encodeURIComponent(id)}`);

/** The same, undefined for anybody else: nothing is refused, so nothing is recorded as denied. */
export async function findUserById(baseUrl: string, token: string, id: string): Promise<User | undefined> {
  const [user] = await read<User[]>(baseUrl, token, `/users?${new URLSearchParams({ id })}`);
  return user;
}

/** Who may see a page, its owner first. For the page's owner only. */
export const listViewers = (baseUrl: string, token: string, pageId: string): Promise<Viewer[]> =>
  read(baseUrl, token, `/pages/${encodeURIComponent(pageId)}/viewers`);

/** What was granted on a page. For the page's owner only. */
export const listShares = (baseUrl: string, token: string, pageId: string): Promise<Grant[]> =>
  read(baseUrl, token, `/pages/${encodeURIComponent(pageId)}/shares`);

/** Ends the session of the token, on every server. */
export async function logout(baseUrl: string, token: string): Promise<void> {
  await request(baseUrl, 'POST', '/logout', { token });
}

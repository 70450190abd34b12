/**
 * Groups over HTTP: they are no messages of the socket. Each function takes the server's address and a token, and rejects as `request`
 * does: 403 where only the owner may, 404 where the group does not exist for the user.
 */
import { type RequestOptions, request } from './http.js';
import type { Group, Membership } from './messages.js';

/** Of a command; a read takes `timeoutMs` alone. */
export type GroupOptions = Pick<RequestOptions, 'idempotencyKey' | 'timeoutMs'>;

const pathOf = (id: string, rest = ''): string => `/groups/${encodeURIComponent(id)}${rest}`;

async function ask<Data>(
  baseUrl: string,
  method: string,
  path: string,
  token: string,
  options: GroupOptions,
  body?: unknown,
): Promise<Data> {
  const { data } = await request<Data>(baseUrl, method, path, {
    ...options,
    token,
    ...(body === undefined ? {} : { body }),
  });
  return data;
}

/** The groups that the user owns or is a member of. */
export const listGroups = (
  baseUrl: string,
  token: string,
  options: Pick<GroupOptions, 'timeoutMs'> = {},
): Promise<Group[]> => ask(baseUrl, 'GET', '/groups', token, options);

export const createGroup = (
  baseUrl: string,
  token: string,
  { name }: { readonly name: string },
  options: GroupOptions = {},
): Promise<Group> => ask(baseUrl, 'POST', '/groups', token, options, { name });

export const renameGroup = (
  baseUrl: string,
  token: string,
  { group_id, name }: { readonly group_id: string; readonly name: string },
  options: GroupOptions = {},
): Promise<Group> => ask(baseUrl, 'PATCH', pathOf(group_id), token, options, { name });

/** Every right through the group ends with it. */
export const deleteGroup = (
  baseUrl: string,
  token: string,
  { group_id }: { readonly group_id: string },
  options: GroupOptions = {},
): Promise<void> => ask(baseUrl, 'DELETE', pathOf(group_id), token, options);

/** `to`: id of the new owner, who becomes a member. */
export const transferGroup = (
  baseUrl: string,
  token: string,
  { group_id, to }: { readonly group_id: string; readonly to: string },
  options: GroupOptions = {},
): Promise<Group> => ask(baseUrl, 'POST', pathOf(group_id, '/transfer'), token, options, { to });

interface Member {
  readonly group_id: string;
  readonly user_id: string;
}

export const addGroupMember = (
  baseUrl: string,
  token: string,
  { group_id, user_id }: Member,
  options: GroupOptions = {},
): Promise<Membership> =>
  ask(baseUrl, 'POST', pathOf(group_id, `/members/${encodeURIComponent(user_id)}`), token, options);

/** By the group's owner, or by the member themselves. */
export const removeGroupMember = (
  baseUrl: string,
  token: string,
  { group_id, user_id }: Member,
  options: GroupOptions = {},
): Promise<void> => ask(baseUrl, 'DELETE', pathOf(group_id, `/members/${encodeURIComponent(user_id)}`), token, options);

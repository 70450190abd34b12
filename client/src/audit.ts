/**
 * What auditors read, over HTTP. `at`: as for `pageAt`; without it, as of now. Each function rejects with AlarmServerError: 404 for whoever
 * is no auditor, and for what did not exist then.
 */
import type { AsOf, PageThen } from './as-of.js';
import type { HistoryOptions, HistoryPart } from './history.js';
import { request } from './http.js';

/** A page as of a moment. */
export interface AuditedPage {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  /** The owner's username. */
  readonly owner: string;
  /** Of its last event by then. */
  readonly seq: number;
  /** Of a page that was deleted by then. */
  readonly deleted_at?: string;
}

/** One way in which a user had a right. */
export interface AuditedPath {
  /** `owner`, `direct` or `group:<id>`. */
  readonly via: string;
  /** What this path alone gave. */
  readonly right: 'own' | 'edit' | 'view';
  /** Id of a user, or `system`. */
  readonly granted_by: string;
  readonly granted_at: string;
  /** Of the event that gave it. */
  readonly position: string;
  /** Through a group: when the user joined it, and who added them. */
  readonly member_since?: string;
  readonly member_added_by?: string;
}

interface Access {
  readonly right: 'own' | 'edit' | 'view';
  /** Every path, not only the best. */
  readonly paths: readonly AuditedPath[];
}

export interface PageAccess {
  readonly as_of: AsOf;
  readonly page: AuditedPage;
  /** `active` false: the account was deactivated, and the right had no effect. */
  readonly subjects: readonly (Access & {
    readonly user_id: string;
    readonly username: string;
    readonly active?: false;
  })[];
}

export interface UserAccess {
  readonly as_of: AsOf;
  readonly user: {
    readonly id: string;
    readonly username: string;
    readonly active?: false;
    readonly roles?: readonly string[];
  };
  readonly pages: readonly (Access & { readonly page_id: string; readonly name: string })[];
}

type Query = Readonly<Record<string, string | number | undefined>>;

function withQuery(path: string, query: Query): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? path : `${path}?${given}`;
}

const read = async <Data>(baseUrl: string, token: string, path: string, query: Query = {}): Promise<Data> =>
  (await request<Data>(baseUrl, 'GET', withQuery(`/audit${path}`, query), { token })).data;

/** Where a list goes on, and how long a part of it is. */
export interface AuditListOptions {
  /** A cursor or a position: behind it. */
  readonly after?: string;
  readonly limit?: number;
}

export interface AuditedPages {
  readonly pages: readonly AuditedPage[];
  /** For the next `after`; null at the end. */
  readonly next: string | null;
  readonly as_of: AsOf;
}

/** Every page of a moment, in the order of their creation, deleted ones too. */
export const auditedPages = (
  baseUrl: string,
  token: string,
  options: AuditListOptions & { readonly at?: string } = {},
): Promise<AuditedPages> => read(baseUrl, token, '/pages', { ...options });

/** A page with its alarms, also a deleted one. */
export const auditedPage = (baseUrl: string, token: string, pageId: string, at?: string): Promise<PageThen> =>
  read(baseUrl, token, `/pages/${encodeURIComponent(pageId)}`, { at });

/** Its whole history, grants included. */
export const auditedHistory = (
  baseUrl: string,
  token: string,
  pageId: string,
  { afterSeq, limit }: HistoryOptions = {},
): Promise<HistoryPart> =>
  read(baseUrl, token, `/pages/${encodeURIComponent(pageId)}/events`, { after_seq: afterSeq, limit });

/** Who could see the page, over which paths, and who let them; the owner first. */
export const pageAccess = (baseUrl: string, token: string, pageId: string, at?: string): Promise<PageAccess> =>
  read(baseUrl, token, `/pages/${encodeURIComponent(pageId)}/access`, { at });

/** Which pages a user could see. */
export const userAccess = (baseUrl: string, token: string, userId: string, at?: string): Promise<UserAccess> =>
  read(baseUrl, token, `/users/${encodeURIComponent(userId)}/access`, { at });

/** The newest signed checkpoint of the log, as text: a C2SP signed note. Kept elsewhere, it proves what the log was. */
export const newestCheckpoint = async (baseUrl: string, token: string): Promise<string> =>
  (await request<string>(baseUrl, 'GET', '/audit/checkpoint', { token, isText: true })).data;

/** The key that checkpoints are verified with, as text. */
export const verifierKey = async (baseUrl: string, token: string): Promise<string> =>
  (await request<string>(baseUrl, 'GET', '/audit/key', { token, isText: true })).data;

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

/** A group as of a moment, with its members as they joined. */
export interface AuditedGroup {
  readonly as_of: AsOf;
  readonly group: {
    readonly id: string;
    readonly name: string;
    readonly owner_id: string;
    /** The owner's username. */
    readonly owner: string;
    /** Of a group that was deleted by then. */
    readonly deleted_at?: string;
  };
  readonly members: readonly {
    readonly user_id: string;
    readonly username: string;
    readonly member_since: string;
    /** Id of a user, or `system`. */
    readonly member_added_by: string;
  }[];
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

/** A group with its members, also a deleted one. */
export const auditedGroup = (baseUrl: string, token: string, groupId: string, at?: string): Promise<AuditedGroup> =>
  read(baseUrl, token, `/groups/${encodeURIComponent(groupId)}`, { at });

/** What a list is cut to: `from` and `to` as `at`; a page and a user by their ids: what they did, and what concerns them. */
export interface AuditWindow extends AuditListOptions {
  readonly from?: string;
  readonly to?: string;
  readonly page?: string;
  readonly user?: string;
}

/** An event by which somebody's access changed. */
export interface AccessChange {
  readonly position: string;
  /** Of the event: `PageShared`, `GroupMemberAdded` … */
  readonly type: string;
  readonly at: string;
  /** Id of a user, or `system`. */
  readonly by: string;
  readonly by_username: string;
  readonly accesses: readonly {
    readonly subject_type: 'user' | 'group';
    readonly subject_id: string;
    readonly on: 'owner' | 'page' | 'group' | 'role' | 'account';
    /** Of the page or the group; the role; null of an account. */
    readonly id: string | null;
    /** What is held after it: a right, `member`, a role, `active`, or `none`. */
    readonly held: string;
  }[];
  /** Who gained or lost which right by it. */
  readonly effects: readonly {
    readonly user_id: string;
    readonly username: string;
    readonly page_id: string;
    readonly page_name: string;
    readonly before: 'own' | 'edit' | 'view' | 'none';
    readonly after: 'own' | 'edit' | 'view' | 'none';
  }[];
  /** Effects beyond those that are told. */
  readonly more_effects?: number;
}

export interface AccessChanges {
  readonly changes: readonly AccessChange[];
  readonly next: string | null;
  readonly as_of: AsOf;
}

/** Each grant, revocation, membership, role and transfer, in log order. */
export const accessChanges = (baseUrl: string, token: string, window: AuditWindow = {}): Promise<AccessChanges> =>
  read(baseUrl, token, '/access-changes', { ...window });

/** What a user was refused. */
export interface CommandDenied {
  readonly type: 'CommandDenied';
  readonly position: string;
  readonly at: string;
  readonly user_id: string;
  readonly username: string;
  /** The access token, if a program asked. */
  readonly token_id?: string;
  /** The command's type, or the read's operation. */
  readonly what: string;
  /** Id of what it was about; null if that never was here. */
  readonly target: string | null;
  readonly page_id: string | null;
  readonly code: 'permission_denied' | 'not_found';
  /** Of docs/spec.md. */
  readonly rule: string;
  /** Position of the log at which it was refused. */
  readonly judged: string;
}

/** How many refusals there were beyond those that are told one by one. */
export interface DenialsSummarised {
  readonly type: 'DenialsSummarised';
  readonly position: string;
  readonly at: string;
  readonly from: string;
  readonly until: string;
  readonly users: readonly { readonly user_id: string; readonly username: string; readonly count: number }[];
  /** Refusals of users who are not named. */
  readonly others: number;
}

export interface Denials {
  readonly denied: readonly (CommandDenied | DenialsSummarised)[];
  readonly next: string | null;
  readonly as_of: AsOf;
}

/** What users were refused, in log order. */
export const denials = (baseUrl: string, token: string, window: AuditWindow = {}): Promise<Denials> =>
  read(baseUrl, token, '/denied', { ...window });

export interface ExplainQuery {
  /** Id of the user. */
  readonly user: string;
  /** `view`, or a command's type. */
  readonly action: string;
  /** Id of the page, or of an alarm on it: one of them. */
  readonly page?: string;
  readonly alarm?: string;
  readonly at?: string;
}

export interface Explanation {
  readonly as_of: AsOf;
  readonly allowed: boolean;
  /** Of docs/spec.md. */
  readonly rule: string;
  /** The paths that gave it; or those that were not enough, and what was missing. */
  readonly because: readonly (AuditedPath | { readonly missing: string })[];
}

/** Whether a user could do something on a page, by which rule, and why. */
export const explainAccess = (baseUrl: string, token: string, query: ExplainQuery): Promise<Explanation> =>
  read(baseUrl, token, '/explain', { ...query });

/** The newest signed checkpoint of the log, as text: a C2SP signed note. Kept elsewhere, it proves what the log was. */
export const newestCheckpoint = async (baseUrl: string, token: string): Promise<string> =>
  (await request<string>(baseUrl, 'GET', '/audit/checkpoint', { token, isText: true })).data;

/** The key that checkpoints are verified with, as text. */
export const verifierKey = async (baseUrl: string, token: string): Promise<string> =>
  (await request<string>(baseUrl, 'GET', '/audit/key', { token, isText: true })).data;

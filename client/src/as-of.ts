/** Pages as they were, over HTTP. */
import { request } from './http.js';
import type { Alarm, Page } from './messages.js';

/** What `at` was resolved to. */
export interface AsOf {
  readonly requested: string;
  /** Of the last event that is told: `@<position>` answers the same for ever. */
  readonly position: string;
  /** RFC 3339, UTC, with milliseconds. */
  readonly at: string;
  /** The event's place among all that are not private: the same on every engine. */
  readonly index: number;
  /** False if the moment is so recent that earlier events may still come. */
  readonly settled: boolean;
}

export interface PageThen {
  /** Rights are those of then; `deleted_at` if it was deleted by then. */
  readonly page: Page & { readonly deleted_at?: string };
  readonly alarms: readonly Alarm[];
  readonly as_of: AsOf;
}

/**
 * `at`: a moment (RFC 3339 with a zone), `@` and a position, or `#` and an index. Rejects with AlarmServerError: 404 if the page did not
 * exist then or may not be seen now, 422 for a moment in the future.
 */
export const pageAt = async (baseUrl: string, token: string, pageId: string, at: string): Promise<PageThen> => {
  const query = new URLSearchParams({ at });
  return (await request<PageThen>(baseUrl, 'GET', `/pages/${encodeURIComponent(pageId)}?${query}`, { token })).data;
};

/** The history of a page and of an alarm, over HTTP. Each function rejects as `request` does. */
import { request } from './http.js';

/** An event as the history shows it. */
export interface HistoryEvent {
  /** The revision of the page's stream. */
  readonly seq: number;
  /** PageCreated, AlarmTriggered … */
  readonly type: string;
  /** RFC 3339, UTC, with milliseconds. */
  readonly at: string;
  /** Id of the actor. */
  readonly by: string;
  /** Of an alarm's event the alarm, for a trigger with its `price`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** As in the event's `alarm_update`: `acknowledged`, `triggered_quietly` … Absent where `type` says it. */
  readonly change?: string;
  /** Why a trigger was counted quietly. */
  readonly quiet?: string;
  /** The event had no effect. */
  readonly void?: true;
}

export interface HistoryPart {
  /** Oldest first. */
  readonly events: readonly HistoryEvent[];
  /** The value for the next `afterSeq`; null at the end. */
  readonly next: number | null;
}

export interface HistoryOptions {
  /** Only events after this seq. Default: from the start. */
  readonly afterSeq?: number;
  /** 1 to 1,000. Default: 100. */
  readonly limit?: number;
}

async function read(baseUrl: string, token: string, path: string, options: HistoryOptions): Promise<HistoryPart> {
  const query = new URLSearchParams();
  if (options.afterSeq !== undefined) query.set('after_seq', String(options.afterSeq));
  if (options.limit !== undefined) query.set('limit', String(options.limit));
  const { data } = await request<HistoryPart>(baseUrl, 'GET', `${path}/events?${query}`, { token });
  return data;
}

export const pageHistory = (
  baseUrl: string,
  token: string,
  pageId: string,
  options: HistoryOptions = {},
): Promise<HistoryPart> => read(baseUrl, token, `/pages/${encodeURIComponent(pageId)}`, options);

/** Also of a deleted alarm. */
export const alarmHistory = (
  baseUrl: string,
  token: string,
  alarmId: string,
  options: HistoryOptions = {},
): Promise<HistoryPart> => read(baseUrl, token, `/alarms/${encodeURIComponent(alarmId)}`, options);

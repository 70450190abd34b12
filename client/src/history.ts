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
  /** What its actor said with it. Null: it was erased. */
  readonly comment?: string | null;
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

/** A run of an alarm's triggers that nobody has dealt with, or that somebody has. */
export interface Occurrence {
  /** Seqs of the alarm's page. */
  readonly first_seq: number;
  readonly first_at: string;
  readonly last_seq: number;
  readonly last_at: string;
  /** Number of its triggers. */
  readonly count: number;
  readonly first_price: number;
  readonly last_price: number;
  /** Its last acknowledgement. `comment`: null: it was erased. */
  readonly ack: {
    readonly upto: number;
    readonly by: string;
    readonly at: string;
    readonly comment?: string | null;
  } | null;
  /** The event that ended it: cleared, or the alarm is for something else. */
  readonly cleared: {
    readonly seq: number;
    readonly at: string;
    readonly by: string;
    readonly comment?: string | null;
  } | null;
}

export interface OccurrencesPart {
  /** Newest first. */
  readonly occurrences: readonly Occurrence[];
  /** The value for the next `beforeSeq`; null at the end. */
  readonly next: number | null;
}

export interface OccurrencesOptions {
  /** Only occurrences that began before this seq. Default: from the newest on. */
  readonly beforeSeq?: number;
  /** 1 to 1,000. Default: 100. */
  readonly limit?: number;
}

/** An alarm's occurrences, newest first, also of a deleted one. */
export async function alarmOccurrences(
  baseUrl: string,
  token: string,
  alarmId: string,
  { beforeSeq, limit }: OccurrencesOptions = {},
): Promise<OccurrencesPart> {
  const query = new URLSearchParams();
  if (beforeSeq !== undefined) query.set('before_seq', String(beforeSeq));
  if (limit !== undefined) query.set('limit', String(limit));
  const path = `/alarms/${encodeURIComponent(alarmId)}/occurrences?${query}`;
  const { data } = await request<OccurrencesPart>(baseUrl, 'GET', path, { token });
  return data;
}

/** Also of a deleted alarm. */
export const alarmHistory = (
  baseUrl: string,
  token: string,
  alarmId: string,
  options: HistoryOptions = {},
): Promise<HistoryPart> => read(baseUrl, token, `/alarms/${encodeURIComponent(alarmId)}`, options);

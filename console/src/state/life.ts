/** What became of an alarm's triggers, its severity and mode. A server that knows none of it leaves the fields out. */
import type { Alarm } from '@alarm-server/client';

export type AlarmState = 'none' | 'open' | 'acknowledged';
export type Severity = 'low' | 'medium' | 'high' | 'critical';

export interface Status {
  readonly state: AlarmState;
  readonly first_seq?: number;
  readonly first_at?: string;
  readonly last_seq?: number;
  readonly last_at?: string;
  readonly count?: number;
  readonly price?: number;
  readonly renotified?: number;
  readonly ack?: { readonly upto: number; readonly by: string; readonly at: string; readonly comment?: string | null };
  readonly snoozed?: { readonly until: string; readonly by: string };
  readonly assignee?: string;
}

interface Lived {
  readonly severity?: Severity;
  readonly mode?: 'every' | 'once' | 'cooldown';
  readonly cooldown_s?: number;
  readonly expires_at?: string;
  readonly renotify_s?: number;
  readonly renotify_max?: number;
  readonly note?: string | null;
  readonly tags?: readonly string[];
  readonly status?: Partial<Status>;
}

export const livedOf = (alarm: Alarm): Lived => alarm as Alarm & Lived;

export const statusOf = (alarm: Alarm): Partial<Status> => livedOf(alarm).status ?? {};

export const stateOf = (alarm: Alarm): AlarmState => statusOf(alarm).state ?? 'none';

export const severityOf = (alarm: Alarm): Severity => livedOf(alarm).severity ?? 'medium';

/** Somebody has to look at it. */
export const needsAttention = (alarm: Alarm): boolean => {
  const { state, snoozed } = statusOf(alarm);
  return state === 'open' && snoozed === undefined;
};

/** The state in a word, as shown and as found by the filter. */
export function stateWord(alarm: Alarm): string {
  const { state, snoozed } = statusOf(alarm);
  if (snoozed) return 'Snoozed';
  if (state === 'open') return 'Open';
  if (state === 'acknowledged') return 'Acknowledged';
  return alarm.active ? 'Watching' : 'Off';
}

/** For how many seconds an alarm can be snoozed, and what is shown. A week is the longest that the server takes. */
export const snoozeSeconds = {
  '900': '15 minutes',
  '3600': 'an hour',
  '14400': '4 hours',
  '86400': 'a day',
  '604800': 'a week',
} as const;

export type SnoozeSeconds = keyof typeof snoozeSeconds;

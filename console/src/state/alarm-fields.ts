/** The fields of an alarm as a form holds them, and as the server takes them. Pure. */
import type { Alarm } from '@alarm-server/client';
import { livedOf, type Severity, severityOf } from './life.js';

export type Mode = 'every' | 'once' | 'cooldown';

/** All of them text, as fields hold it. */
export interface AlarmFields {
  readonly ticker: string;
  readonly option: string;
  readonly condition: string;
  readonly severity: Severity;
  readonly mode: Mode;
  /** In seconds; counts in the mode cooldown alone. */
  readonly cooldown: string;
  /** Separated by commas. */
  readonly tags: string;
  /** From then on it is off: RFC 3339, UTC; empty: never. */
  readonly expires: string;
  /** In seconds; empty: it is told once. */
  readonly renotify: string;
  /** How often it is told again at most. */
  readonly renotifyMax: string;
  /** What to do when it fires. */
  readonly note: string;
}

export type FieldName = keyof AlarmFields;

export const EMPTY: AlarmFields = {
  ticker: '',
  option: '',
  condition: '',
  severity: 'medium',
  mode: 'every',
  cooldown: '60',
  tags: '',
  expires: '',
  renotify: '',
  renotifyMax: '30',
  note: '',
};

export const fieldNames = Object.keys(EMPTY) as FieldName[];

export function fieldsOf(alarm: Alarm): AlarmFields {
  const { ticker, option, condition } = alarm;
  const {
    mode = 'every',
    cooldown_s = 60,
    tags = [],
    expires_at = '',
    renotify_s,
    renotify_max = 30,
    note,
  } = livedOf(alarm);
  return {
    ticker,
    option,
    condition,
    severity: severityOf(alarm),
    mode,
    cooldown: String(cooldown_s),
    tags: tags.join(', '),
    expires: expires_at,
    renotify: renotify_s === undefined ? '' : String(renotify_s),
    renotifyMax: String(renotify_max),
    note: note ?? '',
  };
}

const tagsIn = (text: string): string[] =>
  text
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);

/** What of these fields is sent; null sets the default again. */
export function payloadOf(fields: AlarmFields, names: readonly FieldName[]): Record<string, unknown> {
  const isSent = (...some: FieldName[]): boolean => some.some((name) => names.includes(name));
  const { ticker, option, condition, severity, mode, cooldown, tags, expires, renotify, renotifyMax, note } = fields;
  return {
    ...(isSent('ticker') && { ticker }),
    ...(isSent('option') && { option }),
    ...(isSent('condition') && { condition }),
    ...(isSent('severity') && { severity }),
    ...(isSent('mode') && { mode }),
    ...(isSent('cooldown', 'mode') && mode === 'cooldown' && { cooldown_s: Number(cooldown) }),
    ...(isSent('tags') && { tags: tagsIn(tags).length === 0 ? null : tagsIn(tags) }),
    ...(isSent('expires') && { expires_at: expires === '' ? null : expires }),
    ...(isSent('renotify') && { renotify_s: renotify.trim() === '' ? null : Number(renotify) }),
    ...(isSent('note') && { note: note.trim() === '' ? null : note }),
    ...(isSent('renotifyMax', 'renotify') &&
      renotify.trim() !== '' && { renotify_max: renotifyMax.trim() === '' ? null : Number(renotifyMax) }),
  };
}

/** The fields that differ from the defaults: what a new alarm needs to say. */
export const changedFrom = (base: AlarmFields, fields: AlarmFields): FieldName[] =>
  fieldNames.filter((name) => fields[name] !== base[name]);

/** Settings of an alarm that most alarms leave at their default. Only what differs from its default is kept. */
import type { Mode, Severity } from './fields.js';
import type { Sealed } from './free-text.js';

export interface AlarmSettings {
  readonly severity?: Severity;
  readonly mode?: Mode;
  /** In seconds. */
  readonly cooldown_s?: number;
  readonly tags?: string[];
  /** From then on it is off: RFC 3339, UTC, ms. */
  readonly expires_at?: string;
  /** While it is open and not snoozed it is told again at this interval, in seconds. */
  readonly renotify_s?: number;
  /** How often it is told again. */
  readonly renotify_max?: number;
  /** What to do when it fires. */
  readonly note?: Sealed;
}

/** Of each setting: another value, null for the default, undefined for no change. */
export type SettingChanges = { readonly [Field in keyof AlarmSettings]?: AlarmSettings[Field] | null | undefined };

const DEFAULT_COOLDOWN_S = 60;
const DEFAULT_RENOTIFY_MAX = 30;

const isDefault: { readonly [Field in keyof Required<AlarmSettings>]: (value: AlarmSettings[Field]) => boolean } = {
  severity: (value) => value === 'medium',
  mode: (value) => value === 'every',
  cooldown_s: (value) => value === DEFAULT_COOLDOWN_S,
  tags: (value) => value?.length === 0,
  expires_at: () => false,
  renotify_s: () => false,
  renotify_max: (value) => value === DEFAULT_RENOTIFY_MAX,
  note: () => false,
};

const fields = Object.keys(isDefault) as (keyof AlarmSettings)[];

/** The given settings of a payload or an event, as an event stores them. */
export const settingChanges = (given: SettingChanges): SettingChanges =>
  Object.fromEntries(fields.flatMap((field) => (given[field] === undefined ? [] : [[field, given[field]]])));

/** The settings after the changes; undefined if all are at their default. The same object if nothing is given. */
export function settingsAfter(before: AlarmSettings | undefined, changes: SettingChanges): AlarmSettings | undefined {
  if (fields.every((field) => changes[field] === undefined)) return before;
  const kept = fields.flatMap((field) => {
    const value = changes[field] === undefined ? before?.[field] : changes[field];
    const hasDefault = isDefault[field] as (value: unknown) => boolean;
    return value === undefined || value === null || hasDefault(value) ? [] : [[field, value] as const];
  });
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as AlarmSettings);
}

/** Size of the settings in a page state, in bytes. */
export const settingsBytes = (settings: AlarmSettings | undefined): number =>
  settings ? Buffer.byteLength(JSON.stringify(settings)) : 0;

/** How long the mode `cooldown` counts triggers quietly after one that was told, in milliseconds; undefined in other modes. */
export const cooldownMs = (settings: AlarmSettings | undefined): number | undefined =>
  settings?.mode === 'cooldown' ? (settings.cooldown_s ?? DEFAULT_COOLDOWN_S) * 1_000 : undefined;

/** How often, and how many times at most, an open alarm is told again; undefined: it is not. */
export const renotification = (
  settings: AlarmSettings | undefined,
): { readonly intervalMs: number; readonly max: number } | undefined =>
  settings?.renotify_s === undefined
    ? undefined
    : { intervalMs: settings.renotify_s * 1_000, max: settings.renotify_max ?? DEFAULT_RENOTIFY_MAX };

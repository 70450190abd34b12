/**
 * Converts events written by earlier versions of this program to the current version of their schema. There is one function for
 * each step from a version to the next. They are kept for ever, as logs are. test/domain/golden holds a sample of every version
 * ever written.
 */
import { eventVersions, type StoredEventType } from './events.js';

/** Converts the data of version `v` to version `v + 1`. Total: the current schema reports invalid data. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** By event type: the step from version 1, the step from version 2 and so on. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[] | undefined>>;

/** The steps of each type: one fewer than its current version. */
export const upcasters: Upcasters = {
  // Version 2 has optional settings (severity, mode, cooldown_s, tags).
  // Version 3 has expires_at, renotify_s and renotify_max.
  // Version 4 has note.
  AlarmCreated: [(data) => data, (data) => data, (data) => data],
  AlarmUpdated: [(data) => data, (data) => data, (data) => data],
  // Version 2, here as below, has comment.
  AlarmAcknowledged: [(data) => data],
  AlarmUnacknowledged: [(data) => data],
  AlarmCleared: [(data) => data],
  AlarmSnoozed: [(data) => data],
  PageAcknowledged: [(data) => data],
} satisfies Partial<Record<StoredEventType, readonly Upcaster[]>>;

/** Converts `data`, written as `version` of the type's schema, to the current version. Returns the same object if it is current. */
export function upcast(
  type: string,
  version: number,
  data: unknown,
  { versions, steps }: { readonly versions: Readonly<Record<string, number>>; readonly steps: Upcasters } = {
    versions: eventVersions,
    steps: upcasters,
  },
): unknown {
  if (version === versions[type] || typeof data !== 'object' || data === null) return data;
  let current = data as Readonly<Record<string, unknown>>;
  for (const step of steps[type]?.slice(version - 1) ?? []) current = step(current);
  return current;
}

/**
 * Brings an event that an earlier version of this program wrote to the current version of its schema. There is one function a step,
 * from a version to the next; they stay for ever, as the logs do. test/domain/golden holds a sample of every version ever written.
 */
import { eventVersions, type StoredEventType } from './events.js';

/** The data of version `v` → the data of version `v + 1`. Total: what is wrong with data is found by the current schema. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** By type, the step from version 1, the step from version 2 and so on. */
export type Upcasters = Readonly<Record<string, readonly Upcaster[] | undefined>>;

/** The steps there are: of each type as many as its current version is above 1. */
export const upcasters: Upcasters = {} satisfies Partial<Record<StoredEventType, readonly Upcaster[]>>;

/** `data`, written as `version` of the type's schema, as the current version has it. The same object where that is the current one. */
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

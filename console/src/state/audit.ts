/** What the auditors' pages share: the moment or the window that they are about, and rights in words. */
import type { AuditedPath } from '@alarm-server/client';
import { computed } from '@preact/signals';
import { address } from './address.js';

/** A moment, or `@` and a position; undefined: now. */
export const auditAt = computed(() => address.value.query.get('at') || undefined);

/** From when to when a list is; without them from the beginning, and to now. */
export const auditFrom = computed(() => address.value.query.get('from') || undefined);
export const auditTo = computed(() => address.value.query.get('to') || undefined);
/** The name of the user that a list is about; without it, of all. */
export const auditName = computed(() => address.value.query.get('name') || undefined);

export const heldWords: Readonly<Record<AuditedPath['right'] | 'none', string>> = {
  own: 'owned it',
  edit: 'could edit',
  view: 'could view',
  none: 'saw nothing of it',
};

/** Without what is undefined. */
export const given = <Options extends Readonly<Record<string, string | undefined>>>(
  options: Options,
): { readonly [Name in keyof Options]?: Exclude<Options[Name], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;

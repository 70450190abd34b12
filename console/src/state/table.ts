/** The rows of the alarm table: what the address asks for, in an order that holds while somebody works in it. */
import type { Alarm } from '@alarm-server/client';
import { computed, signal } from '@preact/signals';
import { address, route } from './address.js';
import { frame, store } from './live.js';
import { nameOf } from './names.js';
import { filterOf, heldOrder, readSorting, sorted } from './rows.js';
import { panel } from './ui.js';

/** How long after the pointer last moved over the rows they stay where they are, in ms: nobody clicks a row that was another one. */
const POINTER_MS = 1_500;

export const pageId = computed(() => {
  const { name, id } = route.value;
  return name === 'alarms' || name === 'history' ? id : undefined;
});
export const filterText = computed(() => address.value.query.get('filter') ?? '');
export const sorting = computed(() => readSorting(address.value.query.get('sort')));

const hasFocus = signal(false);
const hasPointer = signal(false);
let pointerTimer: ReturnType<typeof setTimeout> | undefined;

/** The order holds: a row has the focus, is being edited, or is about to be clicked. */
export const isHeld = computed(() => hasFocus.value || hasPointer.value || panel.value?.kind === 'alarm');

/** The ids in the order that holds, for one page, filter and sorting. */
let held: { readonly key: string; readonly ids: readonly string[] } | undefined;

export interface Rows {
  readonly rows: readonly Alarm[];
  /** Alarms of the page, without the filter. */
  readonly total: number;
  /** How many rows would stand elsewhere, were they put in order now. */
  readonly moved: number;
}

const none: Rows = { rows: [], total: 0, moved: 0 };

export const rows = computed<Rows>(() => {
  frame.value;
  const id = pageId.value;
  const current = store.value?.held;
  if (!current || id === undefined) return none;
  const all = current.alarmsOf(id);
  const key = `${id} ${filterText.value} ${address.value.query.get('sort')}`;
  const order = sorted(all.filter(filterOf(filterText.value)), sorting.value, nameOf);
  if (isHeld.value && held?.key === key) return { ...heldOrder(order, held.ids), total: all.length };
  held = { key, ids: order.map((alarm) => alarm.id) };
  return { rows: order, total: all.length, moved: 0 };
});

/** Puts the rows in order, although the order holds. */
export function putInOrder(): void {
  held = undefined;
  frame.value += 1;
}

export const focusMoved = (isInside: boolean): void => {
  hasFocus.value = isInside;
};

export function pointerMoved(): void {
  clearTimeout(pointerTimer);
  hasPointer.value = true;
  pointerTimer = setTimeout(() => (hasPointer.value = false), POINTER_MS);
}

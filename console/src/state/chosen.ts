/** The alarms that a person has chosen in the table, to do the same to all of them. */
import type { Alarm } from '@alarm-server/client';
import { computed, effect, signal } from '@preact/signals';
import { pageId, rows } from './table.js';

export const chosenIds = signal<ReadonlySet<string>>(new Set());
const none: readonly Alarm[] = [];

/** Those that are shown: what the filter hides is not done to. */
export const chosen = computed(() => {
  const ids = chosenIds.value;
  return ids.size === 0 ? none : rows.value.rows.filter(({ id }) => ids.has(id));
});

/** Where the next choice with Shift begins. */
let from: string | undefined;

/** `isRange`: all rows from the last one that was chosen to this one. */
export function choose(alarmId: string, isChosen: boolean, isRange = false): void {
  const list = rows.peek().rows;
  const [start, end] = [from, alarmId].map((id) => list.findIndex((alarm) => alarm.id === id)) as [number, number];
  const some =
    isRange && start >= 0 && end >= 0
      ? list.slice(Math.min(start, end), Math.max(start, end) + 1).map(({ id }) => id)
      : [alarmId];
  const next = new Set(chosenIds.peek());
  for (const id of some)
    if (isChosen) next.add(id);
    else next.delete(id);
  from = alarmId;
  chosenIds.value = next;
}

export function chooseAll(isChosen: boolean): void {
  chosenIds.value = new Set(isChosen ? rows.peek().rows.map(({ id }) => id) : []);
}

/** Another page, and nothing of it is chosen. */
export function followChoice(): void {
  effect(() => {
    pageId.value;
    if (chosenIds.peek().size > 0) chosenIds.value = new Set();
  });
}

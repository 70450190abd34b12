/** Which alarms a table shows, and in which order: filter, sorting, and an order that holds while somebody works in it. Pure. */
import type { Alarm } from '@alarm-server/client';
import { needsAttention, severityOf, stateWord, statusOf } from './life.js';

/** What a column is sorted by: text or a number. Undefined values come last. */
export type SortKey = string | number | undefined;

export interface Sorting {
  readonly column: string;
  readonly isDescending: boolean;
}

const SEVERITIES = ['critical', 'high', 'medium', 'low'];

/** By column: see views/columns.tsx for what the columns show. */
export const sortKeys: Readonly<Record<string, (alarm: Alarm, nameOf: (id: string) => string) => SortKey>> = {
  state: (alarm) =>
    needsAttention(alarm)
      ? 0
      : statusOf(alarm).snoozed
        ? 1
        : statusOf(alarm).state === 'acknowledged'
          ? 2
          : alarm.active
            ? 3
            : 4,
  severity: (alarm) => SEVERITIES.indexOf(severityOf(alarm)),
  ticker: ({ ticker }) => fold(ticker),
  option: ({ option }) => fold(option),
  condition: ({ condition }) => fold(condition),
  triggered: ({ last_triggered }) => last_triggered ?? undefined,
  price: (alarm) => statusOf(alarm).price,
  count: (alarm) => statusOf(alarm).count,
  acked: (alarm, nameOf) => {
    const { ack } = statusOf(alarm);
    return ack && fold(nameOf(ack.by));
  },
  assignee: (alarm, nameOf) => {
    const { assignee } = statusOf(alarm);
    return assignee === undefined ? undefined : fold(nameOf(assignee));
  },
  snoozed: (alarm) => statusOf(alarm).snoozed?.until,
};

/** Columns of people: their names may still arrive. */
const OF_PEOPLE: ReadonlySet<string> = new Set(['acked', 'assignee']);

/** Columns whose largest values come first where they are not reversed: the newest trigger, the highest count. */
const LARGEST_FIRST: ReadonlySet<string> = new Set(['triggered', 'count']);

/** What needs somebody first, then by ticker. */
export const DEFAULT_SORTING: Sorting = { column: 'state', isDescending: false };

/** `ticker`, `-ticker` → how to sort. The default for anything else. */
export function readSorting(text: string | null): Sorting {
  const column = text?.replace(/^-/, '') ?? '';
  return Object.hasOwn(sortKeys, column) ? { column, isDescending: text!.startsWith('-') } : DEFAULT_SORTING;
}

export const writeSorting = ({ column, isDescending }: Sorting): string | undefined =>
  column === DEFAULT_SORTING.column && !isDescending ? undefined : `${isDescending ? '-' : ''}${column}`;

const folded = new Map<string, string>();

/** Text for comparing, without case; kept, because the same few tickers come again and again. */
function fold(text: string): string {
  const known = folded.get(text);
  if (known !== undefined) return known;
  if (folded.size > 20_000) folded.clear();
  const result = text.toLocaleLowerCase();
  folded.set(text, result);
  return result;
}

const found = new WeakMap<Alarm, string>();

/** All words occur in the alarm's ticker, option, condition, state, severity or tags. */
export function filterOf(text: string): (alarm: Alarm) => boolean {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return (alarm) => {
    if (words.length === 0) return true;
    let text = found.get(alarm);
    if (text === undefined) {
      const { ticker, option, condition } = alarm;
      const tags = (alarm as Alarm & { tags?: readonly string[] }).tags ?? [];
      text = [ticker, option, condition, stateWord(alarm), severityOf(alarm), ...tags].join('\n').toLocaleLowerCase();
      found.set(alarm, text);
    }
    return words.every((word) => text.includes(word));
  };
}

export function compare(a: SortKey, b: SortKey): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -1 : 1;
}

interface Keyed {
  readonly alarm: Alarm;
  readonly key: SortKey;
  readonly ticker: string;
}

/**
 * Of the column that was sorted by last: by alarm, and in order. Alarms are replaced, never changed, so what was found for one holds; a
 * name may still arrive.
 */
let kept: Kept = { column: '', isDescending: false, of: new WeakMap(), order: [] };

interface Kept {
  readonly column: string;
  readonly isDescending: boolean;
  readonly of: WeakMap<Alarm, Keyed>;
  order: readonly Keyed[];
}

/** The alarms in order; equal ones by ticker, and then by id, so that the order is the same everywhere. */
export function sorted(
  alarms: readonly Alarm[],
  { column, isDescending }: Sorting,
  nameOf: (id: string) => string,
): Alarm[] {
  if (kept.column !== column || kept.isDescending !== isDescending || OF_PEOPLE.has(column))
    kept = { column, isDescending, of: new WeakMap(), order: [] };
  const { of, order } = kept;
  const keyOf = sortKeys[column] ?? sortKeys['state']!;
  const left = new Set<Keyed>();
  for (const alarm of alarms) {
    let one = of.get(alarm);
    if (!one) of.set(alarm, (one = { alarm, key: keyOf(alarm, nameOf), ticker: fold(alarm.ticker) }));
    left.add(one);
  }
  const [way, isLargestFirst] = [isDescending ? -1 : 1, LARGEST_FIRST.has(column)];
  const inOrder = (a: Keyed, b: Keyed): number =>
    way * compareKeys(a.key, b.key, isLargestFirst) || compare(a.ticker, b.ticker) || compare(a.alarm.id, b.alarm.id);
  // Most are the same as before, and in order already: only the others are sorted.
  const same = order.filter((one) => left.delete(one));
  kept.order = merged(same, [...left].sort(inOrder), inOrder);
  return kept.order.map(({ alarm }) => alarm);
}

/** Two lists that are in order, as one. */
function merged<Item>(a: readonly Item[], b: readonly Item[], inOrder: (a: Item, b: Item) => number): Item[] {
  const all: Item[] = [];
  let at = 0;
  for (const one of b) {
    while (at < a.length && inOrder(a[at]!, one) <= 0) all.push(a[at++]!);
    all.push(one);
  }
  while (at < a.length) all.push(a[at++]!);
  return all;
}

/** What is undefined comes last in either case. */
function compareKeys(a: SortKey, b: SortKey, isLargestFirst: boolean): number {
  return isLargestFirst && a !== undefined && b !== undefined ? compare(b, a) : compare(a, b);
}

/**
 * `order` in the order of `held`, ids of an earlier moment: new alarms at the end, deleted ones gone. `moved`: how many alarms would
 * stand elsewhere or are new.
 */
export function heldOrder(order: readonly Alarm[], held: readonly string[]): { rows: Alarm[]; moved: number } {
  const byId = new Map(order.map((alarm) => [alarm.id, alarm]));
  const rows: Alarm[] = [];
  for (const id of held) {
    const alarm = byId.get(id);
    if (alarm) rows.push(alarm);
    byId.delete(id);
  }
  rows.push(...byId.values());
  return { rows, moved: byId.size + movedIn(order, rows, byId) };
}

/** Alarms, without the new ones, that are not in the longest run of common order: counted simply, by their neighbours. */
function movedIn(order: readonly Alarm[], rows: readonly Alarm[], added: ReadonlyMap<string, Alarm>): number {
  const wanted = order.filter(({ id }) => !added.has(id));
  let [moved, at] = [0, 0];
  const skipped = new Set<string>();
  for (const { id } of rows) {
    if (added.has(id)) continue;
    while (skipped.has(wanted[at]?.id ?? '')) at += 1;
    if (wanted[at]?.id === id) at += 1;
    else {
      moved += 1;
      skipped.add(id);
    }
  }
  return moved;
}

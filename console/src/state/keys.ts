/** The keys: what each does, and where it is listed. All of them can be switched off, for those whose tools use single keys. */
import { go, hrefTo, pageHref } from './address.js';
import { store } from './live.js';
import { usesKeys } from './preferences.js';
import { pageId, rows } from './table.js';
import { activeRow, close, open, panel } from './ui.js';

interface Key {
  readonly key: string;
  readonly what: string;
  /** False: it did nothing here, and the browser may use the key. */
  readonly run: () => boolean;
}

const byTestId = (id: string): HTMLElement | null => document.querySelector(`[data-testid="${id}"]`);

function press(testId: string): boolean {
  const button = byTestId(testId);
  button?.click();
  return button !== null;
}

export function moveRow(by: number): boolean {
  const list = rows.peek().rows;
  if (list.length === 0) return false;
  const at = list.findIndex(({ id }) => id === activeRow.peek());
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1);
  activeRow.value = list[next]!.id;
  return true;
}

function edit(): boolean {
  const id = activeRow.peek();
  const alarm = id === undefined ? undefined : store.peek()?.held.alarms.get(id);
  if (!alarm || !store.peek()?.held.pages.get(alarm.page_id)?.can_edit) return false;
  open({ kind: 'alarm', alarmId: alarm.id, isEditing: true });
  return true;
}

function history(): boolean {
  const id = pageId.peek();
  if (id === undefined) return false;
  go(pageHref(id, '/history'));
  return true;
}

/** Of the row that has the focus, or of the drawer. */
function ofRow(testId: string): boolean {
  const id = activeRow.peek();
  const inside = document.querySelector<HTMLElement>(
    `.drawer [data-testid="${testId}"], [data-alarm-id="${CSS.escape(id ?? '')}"] [data-testid="${testId}"]`,
  );
  inside?.click();
  return inside !== null;
}

export const keys: readonly Key[] = [
  {
    key: '/',
    what: 'Filter the alarms',
    run: () => {
      byTestId('filter')?.focus();
      return byTestId('filter') !== null;
    },
  },
  { key: 'j', what: 'Next row', run: () => moveRow(1) },
  { key: 'k', what: 'Previous row', run: () => moveRow(-1) },
  { key: 'a', what: 'Acknowledge the alarm', run: () => ofRow('ack') },
  { key: 'x', what: 'Choose the alarm, for several at once', run: () => ofRow('choice') },
  { key: 'n', what: 'New alarm', run: () => press('new-alarm') },
  { key: 'e', what: 'Edit the alarm', run: edit },
  { key: 'h', what: 'History of the page', run: history },
  { key: 's', what: 'Share the page', run: () => press('share') },
  {
    key: '?',
    what: 'This help',
    run: () => {
      open({ kind: 'help' });
      return true;
    },
  },
];

const goTo = (href: string) => () => {
  go(href);
  return true;
};

/** After `g`. */
export const places: readonly Key[] = [
  {
    key: 'a',
    what: 'Alarms of the page',
    run: () => {
      const id = pageId.peek();
      if (id !== undefined) go(pageHref(id));
      return id !== undefined;
    },
  },
  { key: 'g', what: 'Groups', run: goTo(hrefTo('groups')) },
  { key: 'p', what: 'Programs', run: goTo(hrefTo('programs')) },
  { key: 'n', what: 'New page', run: () => press('new-page') },
];

/** A letter counts for `g` within this time, in ms. */
const AFTER_G_MS = 1_500;
let gAt = Number.NEGATIVE_INFINITY;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function followKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && panel.peek() && !document.querySelector('dialog[open]')) return close();
    if (!usesKeys.peek() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]')) return;
    const isAfterG = performance.now() - gAt < AFTER_G_MS;
    gAt = Number.NEGATIVE_INFINITY;
    if (event.key === 'g' && !isAfterG) {
      gAt = performance.now();
      return;
    }
    const found = (isAfterG ? places : keys).find(({ key }) => key === event.key);
    if (found?.run()) event.preventDefault();
  });
}

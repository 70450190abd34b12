/** What is open beside the table: at most one drawer or dialog, and short notices. */
import { signal } from '@preact/signals';

export type Panel =
  | { readonly kind: 'new-alarm'; readonly pageId: string }
  | { readonly kind: 'alarm'; readonly alarmId: string; readonly isEditing?: boolean }
  | { readonly kind: 'share'; readonly pageId: string }
  | { readonly kind: 'new-page' }
  | { readonly kind: 'rename-page'; readonly pageId: string }
  | { readonly kind: 'delete-page'; readonly pageId: string }
  | { readonly kind: 'leave-page'; readonly pageId: string }
  | { readonly kind: 'help' };

/** Every drawer and dialog, and which of both it is. What it shows: views/panels.tsx. */
export const panelKinds = {
  'new-alarm': 'drawer',
  alarm: 'drawer',
  share: 'drawer',
  'new-page': 'dialog',
  'rename-page': 'dialog',
  'delete-page': 'dialog',
  'leave-page': 'dialog',
  help: 'dialog',
} as const satisfies Readonly<Record<Panel['kind'], 'drawer' | 'dialog'>>;

export const panel = signal<Panel | undefined>(undefined);

/** Whether the narrow screen shows the list of pages. */
export const showsPages = signal(false);

/** The alarm whose row has the focus, or had it last. */
export const activeRow = signal<string | undefined>(undefined);

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
}
export const notices = signal<readonly Notice[]>([]);
let noticeId = 0;

/** How long a notice stays, in ms; one of a failure stays until it is put away. */
const NOTICE_MS = 5_000;

export function tell(text: string, isBad = false): void {
  const notice = { id: (noticeId += 1), text, isBad };
  notices.value = [...notices.value.slice(-2), notice];
  if (!isBad) setTimeout(() => putAway(notice.id), NOTICE_MS);
}

export const putAway = (id: number): void => {
  notices.value = notices.value.filter((notice) => notice.id !== id);
};

let cameFrom: HTMLElement | undefined;

/** Opens a drawer or dialog; the focus comes back to where it was when it closes. */
export function open(next: Panel): void {
  if (!panel.peek() && document.activeElement instanceof HTMLElement) cameFrom = document.activeElement;
  showsPages.value = false;
  panel.value = next;
}

/** Closes it; the focus goes back to where it was. */
export function close(): void {
  if (!panel.peek()) return;
  panel.value = undefined;
  const row = document.querySelector<HTMLElement>(`[data-alarm-id="${CSS.escape(activeRow.peek() ?? '')}"]`);
  const back = cameFrom?.isConnected ? cameFrom : row;
  cameFrom = undefined;
  back?.focus();
}

/** Closes it; the focus goes to this alarm's row, as soon as that is there. */
export function closeTo(alarmId: string): void {
  activeRow.value = alarmId;
  cameFrom = undefined;
  close();
}

export function forgetUi(): void {
  panel.value = undefined;
  activeRow.value = undefined;
  notices.value = [];
  showsPages.value = false;
}

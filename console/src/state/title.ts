/** Open alarms are counted in the title and on the icon of the browser's tab. */
import { computed, effect } from '@preact/signals';
import { route } from './address.js';
import { needsAttention, stateOf } from './life.js';
import { store } from './live.js';
import { titles } from './routes.js';

/** Open alarms that are not snoozed, by page and in all; `occurrences`: the pages that have an open one, snoozed or not. */
export const openCounts = computed(() => {
  const byPage = new Map<string, number>();
  const occurrences = new Set<string>();
  let all = 0;
  for (const alarm of store.value?.held.alarms.values() ?? []) {
    if (stateOf(alarm) !== 'open') continue;
    occurrences.add(alarm.page_id);
    if (!needsAttention(alarm)) continue;
    all += 1;
    byPage.set(alarm.page_id, (byPage.get(alarm.page_id) ?? 0) + 1);
  }
  return { all, byPage, occurrences };
});

function placeName(): string | undefined {
  const { name, id } = route.value;
  if (name === 'start') return undefined;
  return name === 'alarms' || name === 'history' ? store.value?.held.pages.get(id)?.name : titles[name];
}

export function followTitle(): void {
  effect(() => {
    const place = placeName();
    const { all } = openCounts.value;
    const title = `${all > 0 ? `(${all}) ` : ''}${place ? `${place} · ` : ''}Alarms`;
    if (document.title !== title) document.title = title;
    const icon = CONSOLE_ICONS[all > 9 ? '+' : String(all)];
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (link && icon && link.getAttribute('href') !== icon) link.href = icon;
  });
}

/** Every view of the console: where it is, and how one comes to it. */
import type { Scenery } from './scenery.js';
import { type Tab, testId } from './stage.js';

interface View {
  readonly hash: (scenery: Scenery) => string;
  readonly prepare?: (tab: Tab, scenery: Scenery) => Promise<void>;
}

const page = ({ page }: Scenery): string => `pages/${page.id}`;

/** By name. */
export const views: Readonly<Record<string, View>> = {
  alarms: { hash: page },
  alarm: {
    hash: page,
    prepare: async ({ page }, { alarmIds }) => page.click(`[data-alarm-id="${alarmIds[0]}"]`),
  },
  'new-alarm': {
    hash: page,
    prepare: async ({ page }) => {
      await page.click(testId('new-alarm'));
      await page.fill(testId('alarm-ticker'), 'EUR/USD');
      await page.fill(testId('alarm-option'), 'spot');
      await page.fill(testId('alarm-condition'), 'above 1.0900');
    },
  },
  share: {
    hash: page,
    prepare: async ({ page }) => {
      await page.click(testId('share'));
      await page.click(testId('revoke'));
    },
  },
  groups: { hash: () => 'groups' },
  history: { hash: (scenery) => `${page(scenery)}/history` },
  'as-of': { hash: (scenery) => `${page(scenery)}/history?at=12` },
  operations: { hash: () => 'operations' },
  programs: { hash: () => 'programs' },
  'new-token': { hash: () => 'programs', prepare: async ({ page }) => page.click(testId('make-token')) },
  help: { hash: page, prepare: async ({ page }) => page.keyboard.press('?') },
};

/** Opens a view, with nothing left of another one. */
export async function prepared(tab: Tab, url: string, name: string, scenery: Scenery): Promise<void> {
  const view = views[name]!;
  await tab.page.goto(`${url}/console/#/${view.hash(scenery)}`);
  await tab.page.reload();
  await tab.becomes('live');
  await view.prepare?.(tab, scenery);
  await tab.page.waitForTimeout(300);
}

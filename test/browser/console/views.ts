/**
 * Every view of the console: each page, drawer and dialog, and what a page looks like where it is empty or asks something. What looks.ts
 * and screenshots.ts walk through; test/console/views.test.ts fails where a route or a drawer is missing.
 */
import { request } from '@alarm-server/client';
import type { Scenery } from './scenery.js';
import { STEP_MS, type Tab, testId } from './stage.js';

export interface View {
  /** As in console/src/state/routes.ts; `sign-in` where nobody is signed in. */
  readonly route: string;
  /** What is open: as in console/src/state/ui.ts. */
  readonly panel?: string;
  /** Who looks at it; anna, who is an operator, without it. */
  readonly who?: 'otto' | 'ben' | 'dora' | 'nobody';
  readonly hash?: (scenery: Scenery) => string;
  /** It is there as soon as this is. */
  readonly there?: string;
  readonly prepare?: (tab: Tab, scenery: Scenery) => Promise<void>;
  /** It has names that people choose: it is also looked at with the longest. */
  readonly hasNames?: true;
}

const page = ({ page }: Scenery): string => `pages/${page.id}`;
const pageHistory = (scenery: Scenery): string => `${page(scenery)}/history`;
const click =
  (...selectors: string[]) =>
  async ({ page }: Tab): Promise<void> => {
    for (const selector of selectors) await page.click(selector);
  };
const openAlarm = async ({ page }: Tab, { alarmIds }: Scenery): Promise<void> => {
  await page.click(`[data-alarm-id="${alarmIds[0]}"]`);
  await page.waitForSelector(testId('comments'));
};

const alarms: Readonly<Record<string, View>> = {
  start: { route: 'start' },
  'start-empty': { route: 'start', who: 'dora', there: 'text=You have no pages yet' },
  gone: { route: 'alarms', hash: () => 'pages/none', there: 'text=You cannot see this page' },
  alarms: { route: 'alarms', hash: page, there: testId('alarm-row'), hasNames: true },
  viewed: { route: 'alarms', who: 'ben', hash: page, there: testId('leave') },
  empty: { route: 'alarms', hash: ({ empty }) => `pages/${empty.id}`, there: 'text=No alarms on this page' },
  one: { route: 'alarms', hash: ({ one }) => `pages/${one.id}`, there: testId('alarm-row') },
  filtered: {
    route: 'alarms',
    hash: (scenery) => `${page(scenery)}?filter=nothing+like+it`,
    there: 'text=No alarm fits the filter',
  },
  chosen: {
    route: 'alarms',
    hash: page,
    prepare: click(`${testId('alarm-row')} ${testId('choice')}`, testId('choose-shown'), testId('comment-chosen')),
    hasNames: true,
  },
  'new-alarm': {
    route: 'alarms',
    panel: 'new-alarm',
    hash: page,
    prepare: async ({ page }) => {
      await page.click(testId('new-alarm'));
      await page.fill(testId('alarm-ticker'), 'EUR/USD');
      await page.fill(testId('alarm-option'), 'spot');
      await page.fill(testId('alarm-condition'), 'above 1.0900');
    },
  },
  alarm: { route: 'alarms', panel: 'alarm', hash: page, prepare: openAlarm, hasNames: true },
  'alarm-handled': {
    route: 'alarms',
    panel: 'alarm',
    hash: page,
    prepare: async (tab, scenery) => {
      await openAlarm(tab, scenery);
      await tab.page.fill(testId('comment'), 'On it.');
      await click('.drawer >> text=Assign it to somebody', '.drawer >> text=Trigger it by hand')(tab);
      await tab.page.fill(testId('assign-name'), 'nobody of that name');
      await tab.page.click(testId('assign'));
      await tab.page.waitForSelector('.drawer .failure');
    },
  },
  'alarm-edit': {
    route: 'alarms',
    panel: 'alarm',
    hash: page,
    hasNames: true,
    prepare: async (tab, scenery) => {
      await openAlarm(tab, scenery);
      await tab.page.click('.drawer >> text=Edit');
    },
  },
  'alarm-delete': {
    route: 'alarms',
    panel: 'alarm',
    hash: page,
    prepare: async (tab, scenery) => {
      await openAlarm(tab, scenery);
      await tab.page.click('.drawer >> text=Delete');
    },
  },
  share: {
    route: 'alarms',
    panel: 'share',
    hash: page,
    hasNames: true,
    prepare: click(testId('share'), testId('revoke')),
  },
  transfer: {
    route: 'alarms',
    panel: 'share',
    hash: page,
    prepare: click(testId('share'), 'text=Give the page to somebody else'),
  },
  'new-page': {
    route: 'alarms',
    panel: 'new-page',
    hash: page,
    prepare: async ({ page }) => {
      await page.keyboard.press('g');
      await page.keyboard.press('n');
      await page.waitForSelector('dialog');
    },
  },
  'rename-page': { route: 'alarms', panel: 'rename-page', hash: page, prepare: click('[title="Rename the page"]') },
  'delete-page': {
    route: 'alarms',
    panel: 'delete-page',
    hash: page,
    hasNames: true,
    prepare: click('[title="Delete the page"]'),
  },
  'leave-page': { route: 'alarms', panel: 'leave-page', who: 'ben', hash: page, prepare: click(testId('leave')) },
  help: {
    route: 'alarms',
    panel: 'help',
    hash: page,
    prepare: async ({ page }) => {
      await page.keyboard.press('?');
      await page.waitForSelector('dialog:has-text("server 0")');
    },
  },
};

const others: Readonly<Record<string, View>> = {
  groups: { route: 'groups', hash: () => 'groups', there: testId('group'), hasNames: true },
  'group-changed': {
    route: 'groups',
    hash: () => 'groups',
    prepare: click(`${testId('group')}:has-text("Desk Euro") >> text=Rename or delete`, 'text=Remove …'),
  },
  history: { route: 'history', hash: pageHistory, there: testId('history-row'), hasNames: true },
  'history-alarm': {
    route: 'history',
    hash: (scenery) => `${pageHistory(scenery)}?alarm=${scenery.alarmIds[0]}`,
    there: testId('history-row'),
    hasNames: true,
  },
  'as-of': { route: 'history', hash: (scenery) => `${pageHistory(scenery)}?at=16`, there: '.then', hasNames: true },
  programs: { route: 'programs', hash: () => 'programs', there: testId('webhook'), hasNames: true },
  'new-token': { route: 'programs', hash: () => 'programs', prepare: click(testId('make-token')), hasNames: true },
  webhook: {
    route: 'programs',
    hash: () => 'programs',
    prepare: async ({ page }) => {
      await page.click(`${testId('webhook')} summary`);
      await page.waitForSelector(testId('attempts'));
      await page.click(testId('rotate-secret'));
      await page.click(`${testId('webhook')} .primary`);
      await page.waitForSelector(testId('webhook-secret'));
      await page.locator(testId('webhook')).scrollIntoViewIfNeeded();
    },
  },
  operations: { route: 'operations', hash: () => 'operations', there: testId('sockets'), hasNames: true },
  'operations-user': {
    route: 'operations',
    hash: () => 'operations',
    there: testId('sockets'),
    prepare: async ({ page }) => {
      await page.click(`${testId('user')}:has-text("carla") >> text=Reset code`);
      await page.click(`${testId('user')}:has-text("ben") >> text=Deactivate`);
      await page.locator(testId('user')).first().scrollIntoViewIfNeeded();
    },
  },
};

const audit: Readonly<Record<string, View>> = {
  'audit-pages': {
    route: 'audit-pages',
    who: 'otto',
    hash: () => 'audit/pages',
    there: testId('audit-page'),
    hasNames: true,
  },
  'audit-pages-then': {
    route: 'audit-pages',
    who: 'otto',
    hash: () => 'audit/pages?at=@40',
    there: testId('as-of-banner'),
  },
  'audit-page': {
    route: 'audit-page',
    who: 'otto',
    hash: ({ page }) => `audit/pages/${page.id}`,
    there: testId('audit-history'),
    hasNames: true,
  },
  'audit-explained': {
    route: 'audit-page',
    who: 'otto',
    hash: ({ page }) => `audit/pages/${page.id}`,
    prepare: async ({ page }) => {
      await page.fill(testId('explain-name'), 'eve');
      await page.click(testId('explain-save'));
      await page.waitForSelector(testId('explanation'));
      await page.locator(testId('explanation')).scrollIntoViewIfNeeded();
    },
  },
  'audit-people': {
    route: 'audit-people',
    who: 'otto',
    hash: () => 'audit/people?name=ben',
    there: testId('audit-user-pages'),
  },
  'audit-nobody': {
    route: 'audit-people',
    who: 'otto',
    hash: () => 'audit/people?name=nobody',
    there: 'text=There is no user',
  },
  'audit-changes': {
    route: 'audit-changes',
    who: 'otto',
    hash: () => 'audit/changes',
    there: testId('access-change'),
    hasNames: true,
  },
  'audit-denied': { route: 'audit-denied', who: 'otto', hash: () => 'audit/denied', there: testId('denial') },
  'audit-evidence': { route: 'audit-evidence', who: 'otto', hash: () => 'audit/evidence', there: testId('checkpoint') },
  'audit-forbidden': { route: 'audit-pages', hash: () => 'audit', there: 'text=Only auditors see this' },
};

/** Those that come last: they end the session of whoever looks. */
const endings: Readonly<Record<string, View>> = {
  'signed-out': {
    route: 'alarms',
    hash: page,
    there: testId('alarm-row'),
    prepare: async (tab) => {
      const { page } = tab;
      const token = await page.evaluate<string>('JSON.parse(sessionStorage.getItem("alarm-console.session")).token');
      await request(new URL(page.url()).origin, 'POST', '/logout', { token });
      await page.waitForSelector(`dialog ${testId('login-password')}`, { timeout: STEP_MS });
    },
  },
  'sign-in': { route: 'sign-in', who: 'nobody' },
  register: { route: 'sign-in', who: 'nobody', prepare: click(testId('register-link')) },
};

/** By name. */
export const views: Readonly<Record<string, View>> = { ...alarms, ...others, ...audit, ...endings };

/** Tabs by who is signed in. */
export type Tabs = Readonly<Record<NonNullable<View['who']> | 'anna', Tab>>;

/** Opens a view in the tab of whoever looks at it, with nothing left of another one. */
export async function prepared(tabs: Tabs, url: string, name: string, scenery: Scenery): Promise<Tab> {
  const { who = 'anna', hash = () => '', there, prepare } = views[name]!;
  const tab = tabs[who];
  await tab.page.goto(`${url}/console/#/${hash(scenery)}`);
  await tab.page.reload();
  if (who === 'nobody') await tab.page.waitForSelector(testId('login-submit'));
  else await tab.becomes('live');
  if (there !== undefined) await tab.page.waitForSelector(there, { timeout: STEP_MS });
  await prepare?.(tab, scenery);
  await tab.page.waitForTimeout(100);
  return tab;
}

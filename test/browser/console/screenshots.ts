/**
 * The pictures of docs/console.md, and with a folder as argument a picture of every view in every size, in light and dark, to look at:
 * npm run screenshots [-- folder [name …]]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { root } from '../../architecture/sources.js';
import { failing } from './lists.js';
import { tabsOf } from './looks.js';
import { addLongNames, addMany, type Scenery, setUp } from './scenery.js';
import { smallPng } from './small-png.js';
import { launch, type Stage, startStage, testId } from './stage.js';
import { prepared, type Tabs, views } from './views.js';

const sizes: Readonly<Record<string, BrowserContextOptions>> = {
  page: { viewport: { width: 1120, height: 640 } },
  wide: { viewport: { width: 1280, height: 800 } },
  narrow: { viewport: { width: 320, height: 640 } },
  double: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
};

/** Those of the documents, in their size. */
const IN_DOCS = [
  'sign-in',
  'alarms',
  'new-alarm',
  'alarm',
  'share',
  'groups',
  'history',
  'as-of',
  'programs',
  'operations',
  'audit-pages',
  'audit-page',
  'audit-changes',
  'audit-evidence',
  'help',
];

/** In the environment: which of a folder's looks, like wide-dark,narrow-light; all of them without it. */
const LOOKS = process.env['LOOKS']?.split(',');

/** The size of the documents is not named. */
const pictureOf = (name: string, size: string, colorScheme: string): string =>
  `${[name, ...(size === 'page' ? [] : [size]), colorScheme].join('-')}.png`;

interface Shooting {
  readonly stage: Stage;
  readonly scenery: Scenery;
  readonly tabs: Tabs;
  readonly save: (page: Page, name: string) => Promise<void>;
}

/** Each time that the tab is seen again, the figures are read: a line of as many points. */
async function fillCharts(stage: Stage, page: Page, { one }: Scenery, readings: number): Promise<void> {
  const anna = await stage.person('anna');
  const [alarm] = anna.store.alarmsOf(one.id);
  for (let at = 0; at < readings; at++) {
    const triggers = Array.from({ length: Math.round(3 + 2 * Math.sin(at / 6)) }, () =>
      anna.triggerAlarm({ alarm_id: alarm!.id, price: 24_000 + at }),
    );
    await Promise.all([...triggers, page.waitForTimeout(60)]);
    const read = page.waitForResponse(/\/admin\/figures$/);
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await read;
  }
  await page.waitForTimeout(200);
}

/** `readings`: points of the charts. */
async function shoot(
  { stage, scenery, tabs, save }: Shooting,
  names: readonly string[],
  readings: number,
): Promise<void> {
  for (const name of names) {
    const { page } = await prepared(tabs, stage.url, name, scenery);
    if (views[name]?.route === 'operations') {
      await fillCharts(stage, page, scenery, readings);
      // The name of the machine is nobody's business.
      await page.evaluate(`document.querySelector('#figures-title bdi').textContent = 'desk-1:3000'`);
    }
    await save(page, name);
  }
}

/** What is not a view: failures, the longest names, 5,000 alarms. */
async function shootOthers(shooting: Shooting, long: Scenery, many: string): Promise<void> {
  const { stage, scenery, tabs, save } = shooting;
  for (const { by, view, open, path } of failing) {
    const { who = 'anna', hash = () => '' } = views[view]!;
    const tab = tabs[who];
    await tab.page.route(path, (route) => route.fulfill({ status: 503, body: '{"detail":"The disk rests."}' }));
    await tab.page.goto(`${stage.url}/console/#/${hash(scenery)}`);
    await tab.page.reload();
    await open?.(tab, scenery);
    await tab.page.waitForSelector('.blank:has-text("This could not be loaded.")');
    await save(tab.page, `failed-${by.replace(/^.*\/|\.tsx$/g, '')}`);
    await tab.page.unroute(path);
  }
  for (const [name, { hasNames }] of Object.entries(views))
    if (hasNames) await save((await prepared(tabs, stage.url, name, long)).page, `long-${name}`);
  await tabs.anna.page.goto(`${stage.url}/console/#/pages/${many}`);
  await tabs.anna.page.waitForSelector(`${testId('alarm-row')}:has-text("T00000")`);
  await save(tabs.anna.page, 'many');
}

/** `names`: views; without them all that has a look. */
async function shootAll(stage: Stage, folder: string, names: readonly string[]): Promise<void> {
  const scenery = await setUp(stage);
  const isAll = names.length === 0;
  const long = isAll ? await addLongNames(stage, scenery) : scenery;
  const many = isAll ? (await addMany(stage)).id : '';
  for (const size of ['wide', 'narrow', 'double'])
    for (const colorScheme of ['light', 'dark'] as const) {
      if (LOOKS !== undefined && !LOOKS.includes(`${size}-${colorScheme}`)) continue;
      const tabs = await tabsOf(stage, { ...sizes[size], colorScheme, timezoneId: 'Europe/Paris' });
      const save = async (page: Page, name: string): Promise<void> =>
        writeFileSync(join(folder, pictureOf(name, size, colorScheme)), await page.screenshot());
      const shooting = { stage, scenery, tabs, save };
      if (isAll) await shootOthers(shooting, long, many);
      await shoot(shooting, isAll ? Object.keys(views) : names, 12);
      for (const tab of Object.values(tabs)) await tab.context.close();
    }
}

async function shootDocs(stage: Stage): Promise<void> {
  const folder = join(root, 'docs/console');
  mkdirSync(folder, { recursive: true });
  const scenery = await setUp(stage);
  for (const [size, colorScheme, names] of [
    ['page', 'light', IN_DOCS],
    ['page', 'dark', ['alarms']],
    ['narrow', 'light', ['alarms', 'alarm']],
  ] as const) {
    const tabs = await tabsOf(stage, { ...sizes[size], colorScheme, timezoneId: 'Europe/Paris' });
    const save = async (page: Page, name: string): Promise<void> =>
      writeFileSync(join(folder, pictureOf(name, size, colorScheme)), smallPng(await page.screenshot()));
    await shoot({ stage, scenery, tabs, save }, names, 110);
    for (const tab of Object.values(tabs)) await tab.context.close();
  }
}

const [folder, ...names] = process.argv.slice(2);
const browser = await launch();
const stage = await startStage(browser);
try {
  if (folder === undefined) await shootDocs(stage);
  else {
    mkdirSync(folder, { recursive: true });
    await shootAll(stage, folder, names);
  }
} finally {
  await stage.end();
  await browser.close();
}

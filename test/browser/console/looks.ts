/** Every view at 320 px, at 200 % and wide, in light and dark, with the longest names; states told apart without colour. */
import assert from 'node:assert/strict';
import type { BrowserContextOptions } from 'playwright-core';
import { axe } from './axe.js';
import { cutOff } from './reflow.js';
import { addLongNames, addMany, type Scenery, setUp } from './scenery.js';
import { type Stage, type Tab, testId } from './stage.js';
import { prepared, type Tabs, views } from './views.js';

const sizes: Readonly<Record<string, BrowserContextOptions>> = {
  '320 px': { viewport: { width: 320, height: 640 } },
  '200 %': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  '1,280 px': { viewport: { width: 1280, height: 800 } },
};

/** In the environment: the one of the sizes to look at. */
const ONLY = process.env['LOOKS'];

/** A tab of each person, signed in. */
export async function tabsOf(stage: Stage, options: BrowserContextOptions): Promise<Tabs> {
  const people = ['anna', 'ben', 'dora', 'otto', 'nobody'] as const;
  const tabs = await Promise.all(
    people.map(async (who) => {
      const tab = await stage.tab({ reducedMotion: 'reduce', ...options });
      if (who !== 'nobody') await tab.signIn(who);
      return [who, tab] as const;
    }),
  );
  return Object.fromEntries(tabs) as Tabs;
}

export async function looks(stage: Stage, tell: (what: string) => void): Promise<void> {
  const scenery = await setUp(stage);
  const long = await addLongNames(stage, scenery);
  const many = await addMany(stage);
  const found: string[] = [];
  for (const [size, options] of Object.entries(sizes)) {
    if (ONLY !== undefined && ONLY !== size) continue;
    const tabs = await tabsOf(stage, options);
    const look = async (name: string, shown: Scenery): Promise<void> => {
      const tab = await prepared(tabs, stage.url, name, shown);
      found.push(...(await cutOff(tab)).map((problem) => `${size}, ${name}: ${problem}`));
      // What axe judges at 200 % it has judged at a smaller and at a larger width.
      if (shown === scenery && size !== '200 %') found.push(...(await axe(tab, `${size}, ${name}`)));
    };
    for (const [at, [name, { hasNames }]] of Object.entries(views).entries()) {
      if (at % 10 === 9) tell(`${size}: ${at} views, ${found.length} findings`);
      if (hasNames) await look(name, long);
      await look(name, scenery);
    }
    await prepared(tabs, stage.url, 'sign-in', scenery);
    const { anna } = tabs;
    await anna.signIn('anna');
    await anna.page.goto(`${stage.url}/console/#/pages/${many.id}`);
    await anna.page.waitForSelector(`${testId('alarm-row')}:has-text("T00000")`);
    found.push(...(await cutOff(anna)).map((problem) => `${size}, 5,000 alarms: ${problem}`));
    const table = await anna.page.locator(testId('alarm-table')).boundingBox();
    assert.ok(table && table.height >= 100, `${size}: the table has ${table?.height} px`);
    if (size === '1,280 px') await greyscale(anna, stage, scenery.page.id);
    const problems = Object.values(tabs).flatMap((tab) => tab.problems);
    assert.deepEqual(
      problems.filter((problem) => !problem.includes('401')),
      [],
    );
    for (const tab of Object.values(tabs)) await tab.context.close();
    tell(`${size}: ${Object.keys(views).length} views, in light and dark, and with names of 200 characters`);
  }
  assert.deepEqual(found, []);
  tell('nothing is cut off, no page scrolls sideways, and axe finds nothing');
}

/** The states of the rows, each with its word and its shape, in a picture without colours. */
async function greyscale({ page }: Tab, stage: Stage, pageId: string): Promise<void> {
  await page.goto(`${stage.url}/console/#/pages/${pageId}`);
  await page.waitForSelector(`${testId('alarm-row')}:has-text("EUR/USD")`);
  const signs = await page.evaluate<[string, string][]>(`(() => {
    document.documentElement.style.filter = 'grayscale(1)';
    const shapeOf = (sign) => sign.querySelector('path')?.getAttribute('d') ?? sign.firstElementChild.className;
    const rows = [...document.querySelectorAll('[data-testid=alarm-row]')];
    return [...new Map(rows.map((row) => row.querySelector('.state')).map((sign) => [sign.textContent, shapeOf(sign)]))];
  })()`);
  assert.deepEqual(signs.map(([word]) => word).sort(), ['Acknowledged', 'Off', 'Open', 'Snoozed', 'Watching']);
  assert.equal(new Set(signs.map(([, shape]) => shape)).size, signs.length, 'each state has a shape');
  const bars = await page.evaluate<[string, number][]>(
    `[...new Map([...document.querySelectorAll('.severity')].map((sign) => [sign.textContent, sign.querySelectorAll('.full').length]))]`,
  );
  assert.ok(bars.length >= 3);
  assert.equal(new Set(bars.map(([, full]) => full)).size, bars.length, 'each severity has a number of bars');
  // What is open stands out in a picture without colour too: its row begins with a bar, and its ticker is bold.
  const weight = await page.evaluate<string>(
    `getComputedStyle(document.querySelector('[data-testid=alarm-row][data-state=open] .c-ticker')).fontWeight`,
  );
  assert.equal(weight, '700');
}

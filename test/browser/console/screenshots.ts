/**
 * The pictures of docs/console.md, and with a folder as argument a picture of every view in every size, to look at: npm run screenshots [-- folder]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { root } from '../../architecture/sources.js';
import { type Scenery, setUp } from './scenery.js';
import { smallPng } from './small-png.js';
import { launch, type Stage, startStage } from './stage.js';
import { prepared, views } from './views.js';

const sizes: Readonly<Record<string, BrowserContextOptions>> = {
  page: { viewport: { width: 1120, height: 640 } },
  wide: { viewport: { width: 1280, height: 800 } },
  narrow: { viewport: { width: 320, height: 640 } },
  double: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
};

/** The size of the documents is not named. */
const pictureOf = (name: string, size: string, colorScheme: string): string =>
  `${[name, ...(size === 'page' ? [] : [size]), colorScheme].join('-')}.png`;

async function shoot(
  stage: Stage,
  scenery: Scenery,
  folder: string,
  size: string,
  colorScheme: 'light' | 'dark',
  names: string[],
) {
  const tab = await stage.tab({ ...sizes[size], colorScheme, reducedMotion: 'reduce', timezoneId: 'Europe/Paris' });
  await tab.page.goto(`${stage.url}/`);
  if (names.includes('sign-in'))
    writeFileSync(join(folder, pictureOf('sign-in', size, colorScheme)), smallPng(await tab.page.screenshot()));
  await tab.signIn('anna');
  for (const name of names) {
    if (!Object.hasOwn(views, name)) continue;
    await prepared(tab, stage.url, name, scenery);
    if (name === 'operations') {
      // A line has two points; and the name of the machine is nobody's business.
      await tab.page.waitForSelector('.sparkline path[d*="L"]', { state: 'attached' });
      await tab.page.evaluate(`document.querySelector('#figures-title bdi').textContent = 'desk-1:3000'`);
    }
    writeFileSync(join(folder, pictureOf(name, size, colorScheme)), smallPng(await tab.page.screenshot()));
  }
  await tab.context.close();
}

const [folder] = process.argv.slice(2);
const browser = await launch();
const stage = await startStage(browser);
try {
  const scenery = await setUp(stage);
  await stage.operator('anna');
  const all = ['sign-in', ...Object.keys(views)];
  if (folder === undefined) {
    const docs = join(root, 'docs/console');
    mkdirSync(docs, { recursive: true });
    await shoot(
      stage,
      scenery,
      docs,
      'page',
      'light',
      all.filter((name) => name !== 'new-token'),
    );
    await shoot(stage, scenery, docs, 'page', 'dark', ['alarms']);
    await shoot(stage, scenery, docs, 'narrow', 'light', ['alarms', 'alarm']);
  } else {
    mkdirSync(folder, { recursive: true });
    for (const size of Object.keys(sizes))
      for (const colorScheme of ['light', 'dark'] as const) await shoot(stage, scenery, folder, size, colorScheme, all);
  }
} finally {
  await stage.end();
  await browser.close();
}

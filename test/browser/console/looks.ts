/** Every view at 320 px and at 200 %, with the longest names; states told apart without colour; lists that are empty, fail, or take long. */
import assert from 'node:assert/strict';
import type { BrowserContextOptions } from 'playwright-core';
import { axe } from './axe.js';
import { cutOff } from './reflow.js';
import { addLongNames, setUp } from './scenery.js';
import { type Stage, type Tab, testId } from './stage.js';
import { prepared, views } from './views.js';

const sizes: Readonly<Record<string, BrowserContextOptions>> = {
  '320 px': { viewport: { width: 320, height: 640 } },
  '200 %': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  '1,280 px': { viewport: { width: 1280, height: 800 } },
};

export async function looks(stage: Stage, tell: (what: string) => void): Promise<void> {
  const scenery = await setUp(stage);
  const long = await addLongNames(stage, scenery);
  await stage.operator('anna');
  const problems: string[] = [];
  for (const [size, options] of Object.entries(sizes)) {
    const tab = await stage.tab({ ...options, reducedMotion: 'reduce' });
    await tab.page.goto(`${stage.url}/`);
    problems.push(...(await cutOff(tab)).map((found) => `${size}, sign-in: ${found}`));
    await tab.signIn('anna');
    for (const shown of [scenery, long])
      for (const name of Object.keys(views)) {
        await prepared(tab, stage.url, name, shown);
        problems.push(...(await cutOff(tab)).map((found) => `${size}, ${name}: ${found}`));
        if (name !== 'alarms') continue;
        const table = await tab.page.locator(testId('alarm-table')).boundingBox();
        assert.ok(table && table.height >= 100, `${size}: the table has ${table?.height} px`);
      }
    assert.deepEqual(tab.problems, []);
    if (size === '1,280 px') await greyscale(tab, stage, scenery.page.id);
    await tab.context.close();
    tell(`${size}: every view, also with names of 200 characters in Arabic, Japanese and emoji`);
  }
  assert.deepEqual(problems, []);
  tell('nothing is cut off, and no page scrolls sideways');
  await blanks(stage, tell);
}

/** The states of the rows, each with its word and its shape, in a picture without colours. */
async function greyscale({ page }: Tab, stage: Stage, pageId: string): Promise<void> {
  await page.goto(`${stage.url}/console/#/pages/${pageId}`);
  await page.waitForSelector(testId('alarm-row'));
  const signs = await page.evaluate<[string, string][]>(`(() => {
    document.documentElement.style.filter = 'grayscale(1)';
    const shapeOf = (sign) => sign.querySelector('path')?.getAttribute('d') ?? sign.firstElementChild.className;
    const rows = [...document.querySelectorAll('[data-testid=alarm-row]')];
    return [...new Map(rows.map((row) => row.querySelector('.state')).map((sign) => [sign.textContent, shapeOf(sign)]))];
  })()`);
  assert.deepEqual(signs.map(([word]) => word).sort(), ['Acknowledged', 'Off', 'Open', 'Watching']);
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

/** Each list, and how it begins to be read. */
const lists: readonly {
  readonly what: string;
  readonly hash: string;
  readonly path: RegExp;
  readonly there: string;
}[] = [
  { what: 'groups', hash: 'groups', path: /\/groups$/, there: 'text=You are in no group yet' },
  { what: 'history', hash: 'pages/{page}/history', path: /\/events\?/, there: testId('history-row') },
  { what: 'access tokens', hash: 'programs', path: /\/access-tokens$/, there: 'text=You have no access token' },
  { what: 'subscriptions', hash: 'programs', path: /\/subscriptions$/, there: 'text=You have no subscription' },
  { what: 'figures', hash: 'operations', path: /\/admin\/figures$/, there: testId('charts') },
  { what: 'users', hash: 'operations', path: /\/admin\/users\?/, there: testId('user') },
  { what: 'sockets', hash: 'operations', path: /\/admin\/sockets$/, there: testId('sockets') },
];

async function blanks(stage: Stage, tell: (what: string) => void): Promise<void> {
  const dora = await stage.person('dora');
  const page = await dora.createPage({ name: 'Empty' });
  await stage.operator('dora');
  const tab = await stage.tab();
  const found: string[] = [];
  await tab.signIn('dora');
  for (const { what, hash, path, there } of lists) {
    let answer: 'fail' | 'wait' | 'go' = 'fail';
    let goOn = (): void => undefined;
    const waited = new Promise<void>((resolve) => (goOn = resolve));
    await tab.page.route(path, async (route) => {
      if (answer === 'fail')
        return route.fulfill({ status: 503, contentType: 'application/problem+json', body: FAILURE });
      if (answer === 'wait') await waited;
      return route.continue();
    });
    await tab.page.goto(`${stage.url}/console/#/${hash.replace('{page}', page.id)}`);
    await tab.page.reload();
    await tab.page.waitForSelector('.blank:has-text("This could not be loaded."):has-text("The disk rests.")');
    found.push(...(await axe(tab, `${what}, failed`)));
    answer = 'wait';
    await tab.page.click('.blank >> text=Try again');
    await tab.page.reload();
    await tab.page.waitForSelector('.blank:has-text("Loading")');
    found.push(...(await axe(tab, `${what}, loading`)));
    answer = 'go';
    goOn();
    await tab.page.waitForSelector(there);
    await tab.page.unroute(path);
  }
  await tab.page.goto(`${stage.url}/console/#/pages/${page.id}`);
  await tab.page.waitForSelector('text=No alarms on this page');
  await tab.page.goto(`${stage.url}/console/#/pages/none`);
  await tab.page.waitForSelector('text=You cannot see this page');
  tell(`${lists.map(({ what }) => what).join(', ')}: failed and tried again, loading, and there`);
  await hidden(tab, stage);
  tell('operations asks for nothing while its tab is hidden, and at once when it is seen again');
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual(
    tab.problems.filter((problem) => !problem.includes('503')),
    [],
  );
}

const FAILURE = JSON.stringify({
  type: 'about:blank',
  title: 'Unavailable',
  status: 503,
  code: 'unavailable',
  detail: 'The disk rests.',
});

/** Longer than the pause between two questions of the page. */
const HIDDEN_MS = 6_500;

async function hidden({ page }: Tab, stage: Stage): Promise<void> {
  await page.goto(`${stage.url}/console/#/operations`);
  await page.waitForSelector(testId('sockets'));
  const hide = (isHidden: boolean): Promise<unknown> =>
    page.evaluate(
      `Object.defineProperty(document, 'hidden', { get: () => ${isHidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
    );
  await hide(true);
  await page.waitForTimeout(500);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const drawn = await page.innerHTML('.operations');
  await page.waitForTimeout(HIDDEN_MS);
  assert.deepEqual(asked, []);
  assert.equal(await page.innerHTML('.operations'), drawn, 'nothing is drawn either');
  const again = page.waitForRequest(/\/admin\/sockets$/, { timeout: 3_000 });
  await hide(false);
  await again;
}

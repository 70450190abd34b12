/** Whatever is loaded fails once and is tried again, takes long, and is there; empty lists say so; operations rests while it is hidden. */
import assert from 'node:assert/strict';
import { axe } from './axe.js';
import { tabsOf } from './looks.js';
import { cutOff } from './reflow.js';
import { type Scenery, setUp } from './scenery.js';
import { STEP_MS, type Stage, type Tab, testId } from './stage.js';
import { prepared, views } from './views.js';

export interface Failing {
  /** The file of the console's source that says so: test/console/views.test.ts fails where one is missing. */
  readonly by: string;
  /** Where it is: as in views.ts. */
  readonly view: string;
  /** What comes before it there. */
  readonly open?: (tab: Tab, scenery: Scenery) => Promise<void>;
  /** The requests that fail. */
  readonly path: RegExp;
  readonly there: string;
  /** What is said; the server's own words without it. */
  readonly says?: string;
  /** Nothing is shown while it is loading. */
  readonly isQuiet?: true;
}

const openAlarm = ({ page }: Tab, { alarmIds }: Scenery): Promise<void> =>
  page.click(`[data-alarm-id="${alarmIds[0]}"]`);

export const failing: readonly Failing[] = [
  {
    by: 'parts/lazy.tsx',
    view: 'groups',
    path: /\/files\/groups-.*\.js$/,
    there: testId('group'),
    says: 'cannot be reached',
  },
  { by: 'views/groups.tsx', view: 'groups', path: /\/groups$/, there: testId('group') },
  { by: 'views/history.tsx', view: 'history', path: /\/events\?.*limit=1000/, there: testId('history-row') },
  { by: 'views/as-of.tsx', view: 'as-of', path: /\/events\?.*limit=256/, there: '.then' },
  {
    by: 'views/comments.tsx',
    view: 'alarms',
    open: openAlarm,
    path: /\/alarms\/[^/]+\/events/,
    there: testId('comments'),
    isQuiet: true,
  },
  {
    by: 'views/share-drawer.tsx',
    view: 'alarms',
    open: ({ page }) => page.click(testId('share')),
    path: /\/shares$/,
    there: testId('grant'),
  },
  { by: 'views/access-tokens.tsx', view: 'programs', path: /\/access-tokens$/, there: testId('access-tokens') },
  { by: 'views/subscriptions.tsx', view: 'programs', path: /\/subscriptions$/, there: testId('subscriptions') },
  {
    by: 'views/webhook.tsx',
    view: 'programs',
    open: ({ page }) => page.click(`${testId('webhook')} summary`),
    path: /\/subscriptions\/chat\/attempts/,
    there: testId('attempts'),
  },
  { by: 'views/figures.tsx', view: 'operations', path: /\/admin\/figures$/, there: testId('charts') },
  { by: 'views/users.tsx', view: 'operations', path: /\/admin\/users\?/, there: testId('user') },
  { by: 'views/sockets.tsx', view: 'operations', path: /\/admin\/sockets$/, there: testId('sockets') },
  { by: 'views/audit-pages.tsx', view: 'audit-pages', path: /\/audit\/pages\?/, there: testId('audit-page') },
  {
    by: 'views/audit-page.tsx',
    view: 'audit-page',
    path: /\/audit\/pages\/[^/]+\/access/,
    there: testId('audit-access'),
  },
  { by: 'views/audit-user.tsx', view: 'audit-people', path: /\/audit\/users\//, there: testId('audit-user-pages') },
  {
    by: 'views/audit-changes.tsx',
    view: 'audit-changes',
    path: /\/audit\/access-changes/,
    there: testId('access-change'),
  },
  { by: 'views/audit-denied.tsx', view: 'audit-denied', path: /\/audit\/denied/, there: testId('denial') },
  { by: 'views/audit-evidence.tsx', view: 'audit-evidence', path: /\/audit\/checkpoint/, there: testId('checkpoint') },
];

export async function lists(stage: Stage, tell: (what: string) => void): Promise<void> {
  const scenery = await setUp(stage);
  const tabs = await tabsOf(stage, {});
  const found: string[] = [];
  for (const one of failing) {
    const { who = 'anna', hash = () => '' } = views[one.view]!;
    found.push(...(await failsAndIsThere(tabs[who], `${stage.url}/console/#/${hash(scenery)}`, one, scenery)));
    tell(`${one.by}: failed, tried again, and there`);
  }
  const { anna, dora } = tabs;
  for (const [hash, said] of [
    ['groups', 'You are in no group yet'],
    ['programs', 'You have no access token'],
    ['programs', 'You have no subscription'],
  ] as const) {
    await dora.page.goto(`${stage.url}/console/#/${hash}`);
    await dora.page.waitForSelector(`text=${said}`);
    found.push(...(await cutOff(dora)), ...(await axe(dora, said)));
  }
  for (const name of ['start-empty', 'gone', 'empty', 'filtered'])
    found.push(...(await axe(await prepared(tabs, stage.url, name, scenery), name)));
  tell('empty lists say what they are');
  await hidden(anna, stage);
  tell('operations asks for nothing while its tab is hidden, and at once when it is seen again');
  assert.deepEqual(found, []);
  const problems = Object.values(tabs).flatMap((tab) => tab.problems);
  assert.deepEqual(
    problems.filter((problem) => !problem.includes('503')),
    [],
  );
}

async function failsAndIsThere(tab: Tab, address: string, one: Failing, scenery: Scenery): Promise<string[]> {
  const { page } = tab;
  const { by, open, path, there, says = 'The disk rests.', isQuiet = false } = one;
  const found: string[] = [];
  let answer: 'fail' | 'wait' | 'go' = 'fail';
  let goOn = (): void => undefined;
  const waited = new Promise<void>((resolve) => (goOn = resolve));
  await page.route(path, async (route) => {
    if (answer === 'fail')
      return route.fulfill({ status: 503, contentType: 'application/problem+json', body: FAILURE });
    if (answer === 'wait') await waited;
    return route.continue();
  });
  await page.goto(address);
  await page.reload();
  await open?.(tab, scenery);
  await page.waitForSelector(`.blank:has-text("This could not be loaded."):has-text("${says}")`);
  found.push(...(await axe(tab, `${by}, failed`)));
  for (const size of [
    { width: 320, height: 640 },
    { width: 640, height: 400 },
    { width: 1280, height: 800 },
  ]) {
    await page.setViewportSize(size);
    found.push(...(await cutOff(tab)).map((problem) => `${size.width} px, ${by}, failed: ${problem}`));
  }
  answer = 'wait';
  await page.click('.blank >> text=Try again');
  if (!isQuiet) {
    await page.reload();
    await open?.(tab, scenery);
    await page.waitForSelector('.blank:has-text("Loading")');
    if (one === failing[0]) found.push(...(await axe(tab, `${by}, loading`)));
  }
  answer = 'go';
  goOn();
  // A request that waited too long beside the other work of the machine has failed by itself: it is tried again.
  const tryAgain = page.locator('.blank button:has-text("Try again")');
  await page.locator(there).first().or(tryAgain).first().waitFor({ timeout: STEP_MS });
  if (await tryAgain.isVisible()) await tryAgain.click({ timeout: 2_000 }).catch(() => undefined);
  await page.waitForSelector(there, { timeout: STEP_MS });
  await page.unroute(path);
  return found;
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

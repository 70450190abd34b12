/** Pages and alarms in the console: signing in, making, changing and deleting them, filter and sorting, two people at once. */
import assert from 'node:assert/strict';
import { axe } from './axe.js';
import { STEP_MS, type Stage, type Tab, testId } from './stage.js';

const rowOf = (text: string): string => `${testId('alarm-row')}:has-text("${text}")`;

export async function newPage({ page }: Tab, name: string): Promise<string> {
  await page.click(testId('new-page'));
  await page.fill(testId('page-name'), name);
  await page.click(testId('save'));
  const item = await page.waitForSelector(`${testId('page-item')}:has-text("${name}")`, { timeout: STEP_MS });
  return (await item.getAttribute('data-page-id'))!;
}

export async function newAlarm({ page }: Tab, ticker: string, option: string, condition: string): Promise<string> {
  await page.click(testId('new-alarm'));
  await page.fill(testId('alarm-ticker'), ticker);
  await page.fill(testId('alarm-option'), option);
  await page.fill(testId('alarm-condition'), condition);
  await page.click(testId('save'));
  const row = await page.waitForSelector(rowOf(condition), { timeout: STEP_MS });
  return (await row.getAttribute('data-alarm-id'))!;
}

const tickers = ({ page }: Tab): Promise<string[]> => page.locator(`${testId('alarm-row')} .c-ticker`).allInnerTexts();

export async function alarms(stage: Stage, tell: (what: string) => void): Promise<void> {
  const anna = await stage.tab();
  const found = [];
  await anna.page.goto(`${stage.url}/`);
  assert.equal(new URL(anna.page.url()).pathname, '/console/');
  found.push(...(await axe(anna, 'sign-in')));
  await anna.page.click(testId('register-link'));
  found.push(...(await axe(anna, 'register')));
  await anna.page.fill(testId('login-username'), 'anna');
  await anna.page.fill(testId('login-password'), 'a password of the tests');
  await anna.page.click(testId('login-submit'));
  await anna.becomes('live');
  found.push(...(await axe(anna, 'no pages')));
  tell('registered, signed in, live');

  const pageId = await newPage(anna, 'Alarms EUR/USD');
  await anna.page.waitForSelector('text=No alarms on this page');
  found.push(...(await axe(anna, 'an empty page')));
  const eur = await newAlarm(anna, 'EUR/USD', 'spot', 'above 1.0854');
  await anna.page.waitForSelector(`[data-alarm-id="${eur}"]:focus`);
  await newAlarm(anna, 'DAX', 'Dec 26', 'below 19,000');
  await newAlarm(anna, 'gbp/usd', '', 'above 1.27');
  found.push(...(await axe(anna, 'alarms')));
  assert.deepEqual(await tickers(anna), ['DAX', 'EUR/USD', 'gbp/usd']);
  await anna.page.click('.head >> text=Ticker');
  await anna.page.click('.head >> text=Ticker');
  assert.match(anna.page.url(), /sort=-ticker/);
  assert.deepEqual(await tickers(anna), ['gbp/usd', 'EUR/USD', 'DAX']);
  await anna.page.fill(testId('filter'), 'usd above');
  assert.deepEqual(await tickers(anna), ['gbp/usd', 'EUR/USD']);
  assert.match(anna.page.url(), /filter=usd\+above/);
  await anna.page.reload();
  await anna.becomes('live');
  assert.deepEqual(await tickers(anna), ['gbp/usd', 'EUR/USD'], 'the address holds what is shown');
  await anna.page.fill(testId('filter'), 'nothing like it');
  await anna.page.waitForSelector('text=No alarm fits the filter');
  await anna.page.fill(testId('filter'), '');
  tell('a page, three alarms, sorted and filtered by the address');

  const other = await stage.person('anna');
  await other.triggerAlarm({ alarm_id: eur, price: 1.0861 });
  await anna.page.waitForSelector(`[data-alarm-id="${eur}"]:has-text("1.0861")`);
  await anna.page.click(`[data-alarm-id="${eur}"]`);
  found.push(...(await axe(anna, 'the drawer of an alarm')));
  await anna.page.click('.drawer >> text=Edit');
  await anna.page.fill(testId('alarm-condition'), 'above 1.0900');
  await other.updateAlarm({ alarm_id: eur, condition: 'above 1.0870' });
  await anna.page.waitForSelector('.conflict:has-text("above 1.0870"):has-text("above 1.0900")');
  found.push(...(await axe(anna, 'an edit with a conflict')));
  assert.ok(await anna.page.isDisabled(testId('save')));
  await anna.page.click('text=Keep mine');
  await anna.page.click(testId('save'));
  await anna.page.waitForSelector(`[data-alarm-id="${eur}"]:has-text("above 1.0900")`);
  assert.equal(other.store.alarms.get(eur)?.condition, 'above 1.0900');
  tell("a trigger is shown; of two changes at once both are shown, and the person's choice is saved");

  await anna.page.click('.drawer >> text=Delete');
  await anna.page.click(testId('delete-alarm'));
  await anna.page.waitForSelector(`[data-alarm-id="${eur}"]`, { state: 'detached' });
  await anna.page.click('[title="Delete the page"]');
  found.push(...(await axe(anna, 'the dialog of a deletion')));
  await anna.page.click(testId('delete-page'));
  await anna.page.waitForSelector(`[data-page-id="${pageId}"]`, { state: 'detached' });
  await anna.page.keyboard.press('?');
  await anna.page.waitForSelector('dialog:has-text("Keys")');
  found.push(...(await axe(anna, 'help')));
  await anna.page.keyboard.press('Escape');
  await anna.page.click(testId('sign-out'));
  await anna.page.waitForSelector(testId('login-submit'));
  assert.equal(await anna.page.evaluate('sessionStorage.length'), 0, 'nothing of the session is kept');
  tell('deleted, and signed out');
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual(anna.problems, []);
}

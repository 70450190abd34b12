/** Several alarms at once: chosen, acknowledged, snoozed, assigned, cleared; all of a page as far as it is seen; and an alarm's settings. */
import assert from 'node:assert/strict';
import { type HistoryEvent, login, pageHistory } from '@alarm-server/client';
import { newPage } from './alarms.js';
import { axe } from './axe.js';
import { PASSWORD, STEP_MS, type Stage, type Tab, testId } from './stage.js';

const rowOf = (alarmId: string): string => `[data-alarm-id="${alarmId}"]`;
const stateOf = (alarmId: string, state: string): string => `${rowOf(alarmId)}[data-state="${state}"]`;

export async function choosing(stage: Stage, tell: (what: string) => void): Promise<void> {
  const program = await stage.person('anna');
  await stage.person('carla');
  const tab = await stage.tab();
  const { page } = tab;
  await tab.signIn('anna');
  const pageId = await newPage(tab, 'Alarms');
  const ids: string[] = [];
  for (const ticker of ['AUD/USD', 'Bund', 'CAD/JPY', 'DAX'])
    ids.push((await program.createAlarm({ page_id: pageId, ticker, option: '', condition: 'above 1' })).id);
  const [aud, bund, cad, dax] = ids as [string, string, string, string];
  const found = await settings(tab, stage, dax);
  tell('an expiry and telling again are set, said in a sentence, changed by two at once, and taken away');

  for (const id of [aud, bund, cad]) await program.triggerAlarm({ alarm_id: id, price: 1.5 });
  await page.waitForSelector(stateOf(cad, 'open'));
  await page.click(`${rowOf(aud)} ${testId('choice')}`);
  await page.click(`${rowOf(cad)} ${testId('choice')}`, { modifiers: ['Shift'] });
  await page.waitForSelector(`${testId('chosen')}:has-text("3 alarms chosen")`);
  found.push(...(await axe(tab, 'chosen alarms')));
  await page.click(testId('ack-chosen'));
  for (const id of [aud, bund, cad]) await page.waitForSelector(stateOf(id, 'acknowledged'));
  await page.click(testId('snooze-chosen'));
  found.push(...(await axe(tab, 'snoozing chosen alarms')));
  await page.click(testId('snooze-chosen-save'));
  await page.waitForSelector(`${rowOf(cad)}:has-text("Snoozed")`);
  await page.click(testId('unsnooze-chosen'));
  await page.waitForSelector(`${rowOf(cad)}:has-text("Acknowledged")`);
  await page.click(testId('assign-chosen'));
  await page.fill(testId('assign-chosen-name'), 'carla');
  await page.click(testId('assign-chosen-save'));
  await page.waitForSelector('.notice.bad:has-text("0 alarms assigned to carla, 3 not")', { timeout: STEP_MS });
  await page.click(testId('take-chosen'));
  await page.waitForSelector(`${rowOf(cad)} .c-assignee:has-text("anna")`);
  await page.click(testId('clear-chosen'));
  for (const id of [aud, bund, cad]) await page.waitForSelector(stateOf(id, 'none'));
  await page.click(testId('choose-none'));
  await page.waitForSelector(testId('chosen'), { state: 'detached' });
  tell('three rows chosen: acknowledged, snoozed, woken, taken and cleared at once; what is refused is counted');

  await page.focus(rowOf(bund));
  await page.keyboard.press('x');
  await page.waitForSelector(`${testId('chosen')}:has-text("1 alarm chosen")`);
  await page.keyboard.press('x');
  await page.waitForSelector(testId('chosen'), { state: 'detached' });

  for (const id of [aud, bund]) await program.triggerAlarm({ alarm_id: id, price: 2 });
  await program.snoozeAlarm({ alarm_id: bund, for_s: 60 });
  await page.waitForSelector(`${testId('ack-all')}:has-text("2")`);
  await page.click(testId('ack-all'));
  await page.waitForSelector('.notice:has-text("2 alarms acknowledged.")');
  await page.waitForSelector(testId('ack-all'), { state: 'detached' });
  const last = (await history(stage, pageId)).at(-1);
  assert.equal(last?.type, 'PageAcknowledged', 'one command for all of them');
  await program.triggerAlarm({ alarm_id: aud, price: 3 });
  await page.waitForSelector(stateOf(aud, 'open'));
  await page.fill(testId('filter'), 'bund');
  assert.equal(await page.locator(testId('ack-all')).count(), 0, 'with a filter, what it hides is not acknowledged');
  await page.fill(testId('filter'), 'aud');
  await page.click(testId('ack-all'));
  await page.waitForSelector(stateOf(aud, 'acknowledged'));
  tell('all of a page with one command, as far as it is seen; with a filter, those that fit it');
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual(tab.problems, []);
}

async function history(stage: Stage, pageId: string): Promise<readonly HistoryEvent[]> {
  const token = await login(stage.url, { username: 'anna', password: PASSWORD });
  return (await pageHistory(stage.url, token, pageId, { limit: 1_000 })).events;
}

async function settings(tab: Tab, stage: Stage, alarmId: string): Promise<string[]> {
  const { page } = tab;
  const other = await stage.person('anna');
  await page.click(rowOf(alarmId));
  await page.click('.drawer >> text=Edit');
  await page.click('.drawer >> text=Expiry, telling again');
  await page.fill(testId('alarm-expires'), '2031-02-03T04:05:06');
  await page.fill(testId('alarm-renotify'), '90');
  await page.waitForSelector('.sentence:has-text("told again every 1 min 30 s, 30 times at most")');
  await other.updateAlarm({ alarm_id: alarmId, renotify_s: 60 });
  await page.waitForSelector('.conflict:has-text("60"):has-text("90")');
  const found = await axe(tab, 'the settings of an alarm');
  await page.click('text=Keep mine');
  await page.click(testId('save'));
  await page.waitForSelector('.drawer .facts:has-text("every 1 min 30 s"):has-text("Expires")');
  const expires = await page.evaluate<string>(`new Date('2031-02-03T04:05:06').toISOString()`);
  const held = other.store.alarms.get(alarmId);
  assert.deepEqual([held?.renotify_s, held?.expires_at], [90, expires]);
  await page.click('.drawer >> text=Edit');
  await page.fill(testId('alarm-renotify'), '');
  await page.fill(testId('alarm-expires'), '');
  await page.click(testId('save'));
  await page.waitForSelector('.drawer .facts:has-text("Expires")', { state: 'detached' });
  const after = other.store.alarms.get(alarmId);
  assert.deepEqual([after?.renotify_s, after?.renotify_max, after?.expires_at], [undefined, undefined, undefined]);
  await page.keyboard.press('Escape');
  return found;
}

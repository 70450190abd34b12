/** Triggers are acknowledged, taken back, cleared, assigned and snoozed; two people at once; and everything by keyboard alone. */
import assert from 'node:assert/strict';
import { newAlarm, newPage } from './alarms.js';
import { axe } from './axe.js';
import { STEP_MS, type Stage, testId } from './stage.js';

const stateOf = (alarmId: string, state: string): string => `[data-alarm-id="${alarmId}"][data-state="${state}"]`;

export async function handling(stage: Stage, tell: (what: string) => void): Promise<void> {
  const program = await stage.person('anna');
  const ben = await stage.person('ben');
  const tab = await stage.tab();
  const { page } = tab;
  await tab.signIn('anna');
  const pageId = await newPage(tab, 'Alarms');
  const eur = await newAlarm(tab, 'EUR/USD', 'spot', 'above 1');
  const dax = await newAlarm(tab, 'DAX', '', 'below 2');
  const subject = { page_id: pageId, subject_type: 'user', subject_id: ben.store.user!.id } as const;
  await program.sharePage({ ...subject, can_view: true, can_edit: false });

  await ben.triggerAlarm({ alarm_id: eur, price: 1.1 });
  await ben.triggerAlarm({ alarm_id: eur, price: 1.2 });
  await page.waitForSelector(`${stateOf(eur, 'open')}:has-text("1.2")`);
  assert.match(await page.title(), /^\(1\) /);
  assert.equal(await page.textContent('.page-item .badge'), '1 open');
  const found = await axe(tab, 'an open alarm');
  await page.click(`[data-alarm-id="${eur}"] ${testId('ack')}`);
  await page.waitForSelector(`${stateOf(eur, 'acknowledged')}:has-text("anna")`);
  assert.doesNotMatch(await page.title(), /^\(/);
  tell('an open alarm is counted in the title and on the page, and acknowledged with one click');

  await ben.triggerAlarm({ alarm_id: eur, price: 1.3 });
  await ben.triggerAlarm({ alarm_id: dax, price: 1 });
  await page.waitForSelector(`${testId('ack-all')}:has-text("2")`);
  await page.click(testId('ack-all'));
  await page.waitForSelector(stateOf(eur, 'acknowledged'));
  await page.waitForSelector(stateOf(dax, 'acknowledged'));
  await page.waitForSelector('.notice:has-text("2 alarms acknowledged")');
  tell('all of a page at once');

  await page.click(`[data-alarm-id="${dax}"]`);
  found.push(...(await axe(tab, 'the drawer of an acknowledged alarm')));
  await page.click(testId('unack'));
  await page.waitForSelector(stateOf(dax, 'open'));
  await page.click(testId('assign-me'));
  await page.waitForSelector('.drawer .facts:has-text("Assignee"):has-text("anna")');
  await page.click('.drawer >> text=Assign it to somebody');
  await page.fill(testId('assign-name'), 'ben');
  await page.click(testId('assign'));
  await page.waitForSelector(`[data-alarm-id="${dax}"]:has-text("ben")`);
  await page.click(`.drawer ${testId('snooze')}`);
  await page.waitForSelector(`[data-alarm-id="${dax}"]:has-text("Snoozed")`);
  await page.waitForSelector('.drawer .facts:has-text("Snoozed"):has-text("anna")');
  await ben.triggerAlarm({ alarm_id: dax, price: 0.5 });
  await page.waitForSelector('.drawer .facts:has-text("2, since")');
  assert.doesNotMatch(await page.title(), /^\(/, 'a snoozed alarm asks for nobody');
  found.push(...(await axe(tab, 'the drawer of a snoozed alarm')));
  await page.click(`.drawer ${testId('unsnooze')}`);
  await page.waitForSelector(`[data-alarm-id="${dax}"]:has-text("Open")`);
  await page.click(`.drawer ${testId('clear')}`);
  await page.waitForSelector(stateOf(dax, 'none'));
  await page.keyboard.press('Escape');
  tell('taken back, assigned, snoozed, woken, cleared');

  // By keyboard alone, from here on.
  await page.keyboard.press('n');
  await page.waitForSelector(`${testId('alarm-ticker')}:focus`);
  await page.keyboard.type('by keys');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('above 9');
  await page.keyboard.press('Enter');
  const row = await page.waitForSelector(`${testId('alarm-row')}:has-text("by keys"):focus`, { timeout: STEP_MS });
  const made = (await row.getAttribute('data-alarm-id'))!;
  await page.keyboard.press('Enter');
  await page.waitForSelector('.drawer:has-text("Trigger it by hand")');
  for (
    let at = 0;
    at < 20 && (await page.evaluate('document.activeElement.textContent')) !== 'Trigger it by hand';
    at++
  )
    await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('9.5');
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${stateOf(made, 'open')}:has-text("9.5")`);
  await page.keyboard.press('Escape');
  await page.waitForSelector(`[data-alarm-id="${made}"]:focus`);
  await page.keyboard.press('a');
  await page.waitForSelector(stateOf(made, 'acknowledged'));
  await page.keyboard.press('s');
  await page.waitForSelector(`${testId('share-subject')}:focus`);
  const carla = await stage.person('carla');
  await page.keyboard.type('carla');
  await page.keyboard.press('Enter');
  await page.waitForSelector(`${testId('grant')}:has-text("carla")`);
  assert.equal(carla.store.pages.has(pageId), true);
  tell('created, triggered, acknowledged and shared by keyboard alone');
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual(tab.problems, []);
}

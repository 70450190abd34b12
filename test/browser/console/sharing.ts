/** Two people, two browsers: a group, a page shared with it, a trigger, the history, the page as it was, and a revocation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { newAlarm, newPage } from './alarms.js';
import { axe } from './axe.js';
import { STEP_MS, type Stage, testId } from './stage.js';

export async function sharing(stage: Stage, tell: (what: string) => void): Promise<void> {
  const program = await stage.person('anna');
  await stage.person('ben');
  const [anna, ben] = [await stage.tab(), await stage.tab()];
  await Promise.all([anna.signIn('anna'), ben.signIn('ben')]);
  const found: string[] = [];
  await anna.page.click('.side >> text=Groups');
  await anna.page.waitForSelector('text=You are in no group yet');
  await anna.page.fill(testId('group-name'), 'Desk Euro');
  await anna.page.click(testId('group-save'));
  await anna.page.fill(testId('member-name'), 'BEN');
  await anna.page.click(testId('member-save'));
  await anna.page.waitForSelector('.card:has-text("ben")');
  found.push(...(await axe(anna, 'groups')));
  tell('a group with two members');

  const pageId = await newPage(anna, 'Alarms EUR/USD');
  const alarmId = await newAlarm(anna, 'EUR/USD', 'spot', 'above 1.0854');
  await anna.page.click(testId('share'));
  await anna.page.waitForSelector('text=It is shared with nobody yet');
  await anna.page.fill(testId('share-subject'), 'nobody of that name');
  await anna.page.click(testId('share-save'));
  await anna.page.waitForSelector('.failure:has-text("no user with the name")');
  await anna.page.fill(testId('share-subject'), 'desk euro');
  await anna.page.click(testId('share-save'));
  await ben.page.waitForSelector(`${testId('page-item')}[data-page-id="${pageId}"]`, { timeout: STEP_MS });
  await anna.page.waitForSelector(`${testId('grant')}:has-text("Desk Euro"):has-text("may view")`);
  await anna.page.waitForSelector('.drawer:has-text("through Desk Euro")');
  found.push(...(await axe(anna, 'sharing')));
  await ben.page.click(testId('page-item'));
  assert.equal(await ben.page.locator(testId('new-alarm')).count(), 0, 'who may view is shown no button to add');
  assert.equal(await ben.page.locator(testId('share')).count(), 0);
  tell('shared with the group by its name: the page appears on the other screen, with the right to view');

  const startedAt = performance.now();
  await program.triggerAlarm({ alarm_id: alarmId, price: 1.0861 });
  await ben.page.waitForSelector(`[data-alarm-id="${alarmId}"]:has-text("1.0861")`);
  tell(`a trigger is on the other screen after ${Math.round(performance.now() - startedAt)} ms`);

  await program.updateAlarm({ alarm_id: alarmId, condition: 'above 1.0900' });
  await ben.page.click(testId('history'));
  await ben.page.waitForSelector(`${testId('history-row')}[data-seq="4"]`);
  assert.deepEqual(
    await ben.page
      .locator(testId('history-row'))
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-seq'))),
    ['4', '3', '2', '1', '0'],
  );
  found.push(...(await axe(ben, 'history')));
  await ben.page.focus(testId('as-of'));
  await ben.page.keyboard.press('ArrowLeft');
  await ben.page.keyboard.press('ArrowLeft');
  await ben.page.keyboard.press('ArrowLeft');
  await ben.page.waitForSelector(`${testId('as-of-banner')}:has-text("after event 1")`);
  await ben.page.waitForSelector('.then:has-text("above 1.0854"):has-text("condition: above 1.0900")');
  found.push(...(await axe(ben, 'the page as it was')));
  await ben.page.click('text=Back to now');
  await ben.page.waitForSelector(testId('as-of-banner'), { state: 'detached' });
  const [saved] = await Promise.all([ben.page.waitForEvent('download'), ben.page.click(testId('export-ndjson'))]);
  const lines = readFileSync(await saved.path(), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq: number });
  assert.deepEqual(
    lines.map(({ seq }) => seq),
    [0, 1, 2, 3, 4],
  );
  const [table] = await Promise.all([ben.page.waitForEvent('download'), ben.page.click(testId('export-csv'))]);
  assert.match(
    readFileSync(await table.path(), 'utf8'),
    /^seq,type,at,.*\r\n0,PageCreated,[^]*EUR\/USD,spot,above 1\.0854,true,1\.0861/,
  );
  tell('the history, the page as it was event by event, and both exports');

  await anna.page.click(testId('revoke'));
  await anna.page.waitForSelector('.conflict:has-text("ben"):has-text("sees nothing of it")');
  await anna.page.click(testId('revoke-confirm'));
  await ben.page.waitForSelector('text=You cannot see this page');
  assert.equal(await ben.page.locator(testId('page-item')).count(), 0);
  tell('a revocation says what it takes from whom, and takes the page from the other screen');

  await anna.page.fill(testId('share-subject'), 'ben');
  await anna.page.click(testId('share-save'));
  await ben.page.click(testId('page-item'));
  await ben.page.click(testId('leave'));
  found.push(...(await axe(ben, 'leaving a page')));
  await ben.page.click(testId('leave-page'));
  await ben.page.waitForSelector('text=You have no pages yet');
  await anna.page.click('text=Give the page to somebody else');
  await anna.page.fill(testId('transfer-name'), 'ben');
  found.push(...(await axe(anna, 'giving a page away')));
  await anna.page.click(testId('transfer-save'));
  await ben.page.click(testId('page-item'));
  await ben.page.waitForSelector('.page-title:has-text("You own it")');
  await anna.page.waitForSelector('.page-title:has-text("You may edit")');
  tell('a page is left, and given to somebody else');
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual([...anna.problems, ...ben.problems], []);
}

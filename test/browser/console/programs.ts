/** Access tokens are made, shown once and ended; subscriptions say how far they are behind, and are deleted. */
import assert from 'node:assert/strict';
import { AlarmServerError, acknowledge, login, putSubscription, readSubscription, request } from '@alarm-server/client';
import { newAlarm, newPage } from './alarms.js';
import { axe } from './axe.js';
import { PASSWORD, type Stage, testId } from './stage.js';

const refusal = (error: unknown): number | undefined => (error instanceof AlarmServerError ? error.status : undefined);

export async function programs(stage: Stage, tell: (what: string) => void): Promise<void> {
  await stage.person('anna');
  const tab = await stage.tab();
  const { page } = tab;
  await tab.signIn('anna');
  const pageId = await newPage(tab, 'Alarms');
  const alarmId = await newAlarm(tab, 'EUR/USD', 'spot', 'above 1');
  await page.click(testId('programs'));
  await page.waitForSelector('text=You have no access token');
  const found = await axe(tab, 'no programs');
  await page.click(testId('make-token'));
  await page.fill(testId('token-name'), 'Price feed');
  await page.selectOption(testId('token-may'), 'trigger');
  await page.selectOption(testId('token-page'), pageId);
  found.push(...(await axe(tab, 'a new access token')));
  await page.click(testId('token-save'));
  const token = (await page.textContent(testId('new-token-text')))!;
  assert.match(token, /^alm_/);
  found.push(...(await axe(tab, 'an access token that is shown once')));
  await request(stage.url, 'POST', `/alarms/${alarmId}/trigger`, { token, body: { price: 1.5 } });
  const reading = await request(stage.url, 'GET', `/pages/${pageId}`, { token }).catch(refusal);
  assert.equal(reading, 403, 'it may trigger and nothing else');
  await page.click('text=I have kept it');
  await page.reload();
  await page.waitForSelector(
    `${testId('access-token')}:has-text("Price feed"):has-text("trigger alarms"):has-text("Alarms")`,
  );
  assert.equal((await page.content()).includes(token), false, 'it is shown once');
  await page.click(testId('end-token'));
  await page.click(`${testId('access-token')} .danger`);
  await page.waitForSelector('text=You have no access token');
  const ended = await request(stage.url, 'POST', `/alarms/${alarmId}/trigger`, { token, body: { price: 2 } }).catch(
    refusal,
  );
  assert.equal(ended, 401);
  tell('an access token: made, shown once, used, ended');

  const mine = await login(stage.url, { username: 'anna', password: PASSWORD });
  await putSubscription(stage.url, mine, 'ledger', { types: ['AlarmTriggered'] });
  await page.reload();
  const line = `${testId('subscription')}:has-text("ledger")`;
  await page.waitForSelector(`${line}:has-text("1 event")`);
  found.push(...(await axe(tab, 'programs')));
  const { next } = await readSubscription(stage.url, mine, 'ledger');
  await acknowledge(stage.url, mine, 'ledger', { cursor: next });
  await page.reload();
  await page.waitForSelector(`${line}:has-text("not at all")`);
  await page.click(`${line} >> text=Delete`);
  await page.click(`${line} .danger`);
  await page.waitForSelector('text=You have no subscription');
  tell('a subscription: behind, caught up, deleted');
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual(tab.problems, []);
}

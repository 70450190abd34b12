/** Webhooks in the console: one that fails, one that is paused and goes on, its tries, another secret, and its end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { login, putSubscription } from '@alarm-server/client';
import { axe } from './axe.js';
import { PASSWORD, type Stage, testId } from './stage.js';

export async function webhooks(stage: Stage, tell: (what: string) => void): Promise<void> {
  const answers: Record<string, number> = { '/failing': 500, '/gone': 410 };
  const receiver = createServer((request, response) => {
    request.resume();
    response.writeHead(answers[request.url ?? ''] ?? 204).end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const hooks = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  try {
    const program = await stage.person('anna');
    const { id: page_id } = await program.createPage({ name: 'Alarms' });
    await program.createAlarm({ page_id, ticker: 'EUR/USD', option: '', condition: 'above 1' });
    const mine = await login(stage.url, { username: 'anna', password: PASSWORD });
    await putSubscription(stage.url, mine, 'ledger', { webhook: { url: `${hooks}/failing`, maxAgeS: 86_400 } });
    await putSubscription(stage.url, mine, 'risk', { types: ['AlarmCreated'], webhook: { url: `${hooks}/gone` } });
    const tab = await stage.tab();
    const { page } = tab;
    await tab.signIn('anna');
    await page.click(testId('programs'));
    const card = (name: string): string => `${testId('webhook')}[aria-label="Webhook of ${name}"]`;
    // The page asks again by itself: what it saw first may have been before the first try.
    await page.waitForSelector(`${card('ledger')}:has-text("Failing"):has-text("500")`);
    await page.waitForSelector(`${card('risk')}:has-text("Paused")`);
    await page.click(`${card('ledger')} summary`);
    await page.waitForSelector(`${card('ledger')} ${testId('attempts')}:has-text("failed, 500")`);
    const found = await axe(tab, 'webhooks');
    await page.click(`${card('ledger')} ${testId('rotate-secret')}`);
    await page.click(`${card('ledger')} .primary`);
    assert.match((await page.textContent(testId('webhook-secret-text'))) ?? '', /^whsec_/);
    found.push(...(await axe(tab, 'the secret of a webhook')));
    await page.click('text=I have kept it');
    tell('a webhook that fails: its last error, its tries, another secret');

    answers['/gone'] = 204;
    await page.click(`${card('risk')} ${testId('resume-webhook')}`);
    await page.click(`${card('risk')} .primary`);
    await page.waitForSelector(`${card('risk')}:has-text("Sending")`);
    await page.waitForSelector(`${testId('subscription')}:has-text("risk"):has-text("not at all")`);
    await page.click(`${card('risk')} ${testId('end-webhook')}`);
    await page.click(`${card('risk')} .danger`);
    await page.waitForSelector(card('risk'), { state: 'detached' });
    await page.waitForSelector(`${testId('subscription')}:has-text("risk"):has-text("nobody now")`);
    tell('one that its receiver has paused: resumed, caught up, ended');
    assert.deepEqual(found, [], 'axe');
    assert.deepEqual(tab.problems, []);
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
}

/** An operator in the console: who has an account, who is connected, ending it; and nobody else sees any of it. */
import assert from 'node:assert/strict';
import { axe } from './axe.js';
import { type Stage, testId } from './stage.js';

export async function operations(stage: Stage, tell: (what: string) => void): Promise<void> {
  await stage.person('anna');
  const ben = await stage.person('ben');
  await stage.operator('anna');
  const [anna, bens] = [await stage.tab(), await stage.tab()];
  await Promise.all([anna.signIn('anna'), bens.signIn('ben')]);
  const { page } = anna;
  await page.click(testId('operations'));
  const line = `${testId('user')}:has-text("ben")`;
  await page.waitForSelector(line);
  // The second reading is the first point.
  await page.waitForSelector('.chart:has-text("Events in the log") .sparkline path[d^="M"]', {
    state: 'attached',
  });
  await page.click('.chart:has-text("Events in the log") summary');
  await page.waitForSelector('.chart:has-text("Events in the log") tbody tr');
  await page.waitForSelector(`${testId('sockets')}:has-text("ben")`);
  const found = await axe(anna, 'operations');
  assert.equal(await bens.page.locator(testId('operations')).count(), 0, 'nobody else is shown the way');
  await page.fill(testId('user-filter'), 'no such name');
  await page.waitForSelector("text=No user's name has this in it");
  await page.fill(testId('user-filter'), 'BE');
  await page.waitForSelector(line);
  tell('users and sockets');

  await page.click(`${line} >> text=Reset code`);
  await page.waitForSelector(`${line} .sentence strong`);
  await page.click(`${line} >> text=Deactivate`);
  await page.click(`${line} .danger`);
  await page.waitForSelector(`${line}:has-text("deactivated")`);
  await bens.becomes('signed-out');
  await page.click(`${line} >> text=Reactivate`);
  await page.waitForSelector(`${line}:has-text("active")`);
  assert.equal(ben.state.name, 'ended');
  tell('a code for another password; deactivated, which takes the other screen, and reactivated');
  found.push(...(await axe(anna, 'operations, after')));

  // Ben's socket was closed with the account; what the browser says of it is the server's word.
  await bens.page.goto(`${stage.url}/console/#/operations`);
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual(anna.problems, []);
}

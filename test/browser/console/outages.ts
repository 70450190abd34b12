/** The server is killed, or stands still, while somebody writes; the token ends; another tab signs out. */
import assert from 'node:assert/strict';
import { request } from '@alarm-server/client';
import { newAlarm, newPage } from './alarms.js';
import { PASSWORD, STEP_MS, type Stage, testId } from './stage.js';

/** The console asks for a message after 5 s of silence; one second more. */
const NOTICED_MS = 6_000;

export async function outages(stage: Stage, tell: (what: string) => void): Promise<void> {
  const program = await stage.person('anna');
  const tab = await stage.tab();
  const { page } = tab;
  await tab.signIn('anna');
  await newPage(tab, 'Alarms');
  const alarmId = await newAlarm(tab, 'EUR/USD', 'spot', 'above 1');
  await page.click(testId('new-alarm'));
  await page.fill(testId('alarm-ticker'), 'half writt');

  await stage.kill();
  const noticed = await tab.becomes('offline', 'stale');
  assert.ok(noticed < NOTICED_MS + 1_000, `${noticed} ms`);
  await page.fill(testId('alarm-ticker'), 'written while away');
  await page.fill(testId('alarm-condition'), 'below 2');
  await page.click(testId('save'));
  await page.waitForSelector(`${testId('connection')}:has-text("1 command not confirmed")`);
  await page.waitForSelector(`${testId('save')}:has-text("Not confirmed yet")`);
  assert.equal(await page.locator(testId('alarm-row')).count(), 1, 'what was held is still shown');
  await stage.start();
  await tab.becomes('live');
  await page.waitForSelector(`${testId('alarm-row')}:has-text("written while away")`, { timeout: STEP_MS });
  tell(
    `killed: seen after ${Math.round(noticed)} ms, the edit went on, was shown as not confirmed, and was sent when the server was back`,
  );

  await page.click(`[data-alarm-id="${alarmId}"]`);
  await page.click('.drawer >> text=Edit');
  await page.fill(testId('alarm-condition'), 'above 3');
  stage.freeze();
  const frozen = await tab.becomes('stale', 'offline');
  assert.ok(frozen < NOTICED_MS + 2_000, `${frozen} ms`);
  stage.thaw();
  await tab.becomes('live');
  assert.equal(await page.inputValue(testId('alarm-condition')), 'above 3');
  await page.click(testId('save'));
  await page.waitForSelector(`[data-alarm-id="${alarmId}"]:has-text("above 3")`);
  tell(`standing still: seen after ${Math.round(frozen)} ms, and the edit survived`);

  await page.waitForSelector('.drawer button:has-text("Edit")');
  const focused = await page.evaluate<string | undefined>(`new Promise((resolve) => {
    [...document.querySelectorAll('.drawer button')].find(({ textContent }) => textContent.trim() === 'Edit').click();
    setTimeout(() => resolve(document.activeElement.dataset.testid));
  })`);
  assert.equal(focused, 'alarm-ticker', 'what is typed as soon as the fields are there goes into the first one');
  await page.fill(testId('alarm-condition'), 'above 4');
  const token = await page.evaluate<string>('JSON.parse(sessionStorage.getItem("alarm-console.session")).token');
  await request(stage.url, 'POST', '/logout', { token });
  await tab.becomes('signed-out');
  await page.fill(`dialog ${testId('login-password')}`, PASSWORD);
  await page.click(`dialog ${testId('login-submit')}`);
  await tab.becomes('live');
  assert.equal(await page.inputValue(testId('alarm-condition')), 'above 4', 'what was being written is still there');
  await page.click(testId('save'));
  await page.waitForSelector(`[data-alarm-id="${alarmId}"]:has-text("above 4")`);
  tell("the session's end asks for the password above the page, and the edit survives");

  const other = await tab.context.newPage();
  await other.goto(page.url());
  await other.fill(testId('login-username'), 'anna');
  await other.fill(testId('login-password'), PASSWORD);
  await other.click(testId('login-submit'));
  await other.waitForSelector(`[data-alarm-id="${alarmId}"]`, { timeout: STEP_MS });
  await other.click(testId('sign-out'));
  await page.waitForSelector(testId('login-username'), { timeout: STEP_MS });
  assert.equal(await page.locator(testId('alarm-row')).count(), 0, 'nothing of the other user is left');
  tell('signing out in one tab signs the others out');
  assert.equal(program.store.alarms.get(alarmId)?.condition, 'above 4');
  // A server that is away, or catches up after it stood still, cannot answer: the browser reports that by itself.
  const problems = tab.problems.filter(
    (problem) => !/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|401|503|WebSocket/.test(problem),
  );
  assert.equal(problems.join('\n'), '');
}

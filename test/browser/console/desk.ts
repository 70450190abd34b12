/**
 * Two people, two browsers, and the load tool, whose alarms they get: a trigger is on both screens, is acknowledged, snoozed, assigned and
 * commented by one and seen by the other; history, the page as it was; and a revocation while triggers come.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { listUsers, login } from '@alarm-server/client';
import { PASSWORD, STEP_MS, type Stage, testId } from './stage.js';

const LOAD_TOOL = fileURLToPath(new URL('../../../load/main.js', import.meta.url));
/** Longer than the story takes. */
const LOAD = '--viewers 2 --users 1 --rate 4 --alarms 12 --workers 1 --outsiders 0 --duration 240 --share group';

export async function desk(stage: Stage, tell: (what: string) => void): Promise<void> {
  await stage.person('anna');
  await stage.person('ben');
  await stage.operator('anna');
  const load = spawn(process.execPath, [LOAD_TOOL, '--url', stage.url, ...LOAD.split(' ')], { stdio: 'ignore' });
  try {
    await work(stage, tell, await ownerOf(stage));
  } finally {
    const over = once(load, 'exit');
    load.kill('SIGKILL');
    await over;
  }
}

/** The name of the account that owns the load tool's page, as soon as that has all of its alarms. */
async function ownerOf({ url }: Stage): Promise<string> {
  const token = await login(url, { username: 'anna', password: PASSWORD });
  for (const until = performance.now() + STEP_MS; performance.now() < until; ) {
    const { users } = await listUsers(url, token, { q: 'load-', limit: 10 });
    const owner = users.find(({ username }) => username.endsWith('-owner'));
    // The publisher has a socket when everything is made.
    if (owner && users.some(({ username, sockets }) => username.endsWith('-publisher') && sockets > 0))
      return owner.username;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the load tool has made no account');
}

async function work(stage: Stage, tell: (what: string) => void, owner: string): Promise<void> {
  const [anna, ben] = [await stage.tab(), await stage.tab()];
  await Promise.all([anna.signIn('anna'), ben.signIn('ben')]);
  await stage.admin('user', 'transfer', owner, '--to', 'anna');
  await anna.page.click(testId('page-item'));
  await anna.page.waitForSelector(`${testId('alarm-row')}[data-state=open]`, { timeout: STEP_MS });
  tell('the alarms of the load tool are there, and triggered');

  await anna.page.click('.side >> text=Groups');
  await anna.page.fill(testId('group-name'), 'Night desk');
  await anna.page.click(testId('group-save'));
  const card = `${testId('group')}:has-text("Night desk")`;
  await anna.page.fill(`${card} ${testId('member-name')}`, 'ben');
  await anna.page.click(`${card} ${testId('member-save')}`);
  await anna.page.waitForSelector(`${card}:has-text("ben")`);
  await anna.page.click(testId('page-item'));
  await anna.page.click(testId('share'));
  await anna.page.fill(testId('share-subject'), 'Night desk');
  await anna.page.click('text=May edit');
  await anna.page.click(testId('share-save'));
  await ben.page.click(testId('page-item'), { timeout: STEP_MS });
  const first = await ben.page.waitForSelector(`${testId('alarm-row')}[data-state=open]`, { timeout: STEP_MS });
  const row = `[data-alarm-id="${await first.getAttribute('data-alarm-id')}"]`;
  const counted = async (): Promise<number> => Number(await ben.page.textContent(`${row} .c-count`));
  const before = await counted();
  for (const until = performance.now() + STEP_MS; (await counted()) === before; ) {
    assert.ok(performance.now() < until, 'no trigger is counted');
    await ben.page.waitForTimeout(50);
  }
  tell('shared with a group: the triggers are counted on the other screen too');

  await ben.page.click(`${row} .c-ticker`);
  await ben.page.fill(testId('comment'), 'I look at it.');
  await ben.page.click(`.drawer ${testId('snooze')}`);
  await ben.page.waitForSelector(`.drawer .facts:has-text("Snoozed"):has-text("ben")`);
  await ben.page.click(testId('assign-me'));
  await anna.page.waitForSelector(`${row}:has-text("Snoozed") .c-assignee:has-text("ben")`, {
    state: 'attached',
    timeout: STEP_MS,
  });
  await ben.page.click(`.drawer ${testId('ack')}`);
  tell('snoozed with a comment, assigned and acknowledged on one screen, and seen on the other');

  await ben.page.click(testId('history'));
  await ben.page.waitForSelector(`${testId('history-row')}:has-text("ben"):has-text("I look at it.")`, {
    timeout: STEP_MS,
  });
  for (const said of ['took it', 'acknowledged'])
    await ben.page.waitForSelector(`${testId('history-row')}:has-text("ben ${said}")`, { timeout: STEP_MS });
  await ben.page.focus(testId('as-of'));
  await ben.page.keyboard.press('ArrowLeft');
  await ben.page.waitForSelector(testId('as-of-banner'));
  await ben.page.waitForSelector('.then');
  tell('the history, and the page as it was, while triggers go on');

  await anna.page.click(`${testId('grant')}:has-text("Night desk") ${testId('revoke')}`);
  await anna.page.click(testId('revoke-confirm'));
  await ben.page.waitForSelector('text=You cannot see this page', { timeout: STEP_MS });
  assert.equal(await ben.page.locator(testId('page-item')).count(), 0);
  tell('revoked: gone from the other screen, while the load tool triggers on');
  assert.deepEqual([...anna.problems, ...ben.problems], []);
}

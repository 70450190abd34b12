/** An auditor in the console: pages and access as of a moment, changes of access, what was denied, the checkpoint; nobody else sees any of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { addGroupMember, createGroup, login } from '@alarm-server/client';
import { axe } from './axe.js';
import { PASSWORD, type Stage, testId } from './stage.js';

export async function audit(stage: Stage, tell: (what: string) => void): Promise<void> {
  const anna = await stage.person('anna');
  const ben = await stage.person('ben');
  const { id: page_id } = await anna.createPage({ name: 'Alarms EUR/USD' });
  const eur = await anna.createAlarm({ page_id, ticker: 'EUR/USD', option: 'spot', condition: 'above 1.0854' });
  const subject = { page_id, subject_type: 'user', subject_id: ben.store.user!.id } as const;
  await anna.sharePage({ ...subject, can_view: true, can_edit: false });
  await ben.triggerAlarm({ alarm_id: eur.id, price: 1.0861 });
  await assert.rejects(ben.renamePage({ page_id, name: 'mine' }));
  await anna.sharePage({ ...subject, can_view: false, can_edit: false });
  await anna.updateAlarm({ alarm_id: eur.id, condition: 'above 1.0900' });
  await anna.deletePage({ page_id });
  const cara = await stage.person('cara');
  const token = await login(stage.url, { username: 'anna', password: PASSWORD });
  const group = await createGroup(stage.url, token, { name: 'Desk Euro' });
  await addGroupMember(stage.url, token, { group_id: group.id, user_id: cara.store.user!.id });
  const { id: kept } = await anna.createPage({ name: 'Alarms USD/JPY' });
  const toGroup = { page_id: kept, subject_type: 'group', subject_id: group.id } as const;
  await anna.sharePage({ ...toGroup, can_view: true, can_edit: false });
  await stage.person('otto');
  await stage.admin('role', 'grant', 'otto', 'auditor');
  const [otto, bens] = [await stage.tab(), await stage.tab()];
  await Promise.all([otto.signIn('otto'), bens.signIn('ben')]);
  const { page } = otto;
  await page.click(testId('audit'));
  const line = `${testId('audit-page')}[data-page-id="${page_id}"]`;
  await page.waitForSelector(`${line}:has-text("anna")`);
  const found = await axe(otto, 'the pages of an auditor');
  assert.equal(await bens.page.locator(testId('audit')).count(), 0, 'nobody else is shown the way');
  await page.fill(testId('audit-filter'), 'no such page');
  await page.waitForSelector('text=No page fits the filter');
  await page.fill(testId('audit-filter'), '');
  await page.click(`${line} a`);
  await page.waitForSelector('.note:has-text("deleted")');
  await page.waitForSelector(`${testId('audit-history')}:has-text("deleted the page")`);
  await page.waitForSelector(`${testId('audit-history')} tr:has-text("ben"):has-text("triggered at 1.0861")`);
  tell('a deleted page, with its history');

  await page.click(testId('audit-changes'));
  const shared = `${testId('access-change')}:has-text("ben"):has-text("saw nothing of it, then could view")`;
  const position = (await page.textContent(`${shared} td`))!;
  await page.waitForSelector(
    `${testId('access-change')}:has-text("ben"):has-text("could view, then saw nothing of it")`,
  );
  await page.waitForSelector(`${testId('access-change')}:has-text("cara"):has-text("Desk Euro: may view")`);
  found.push(...(await axe(otto, 'changes of access')));
  await page.click(testId('audit-pages'));
  await page.fill(testId('audit-position'), position);
  await page.press(testId('audit-position'), 'Enter');
  await page.waitForSelector(`${testId('as-of-banner')}:has-text("position ${position}")`);
  await page.click(`${line} a`);
  await page.waitForSelector(
    `${testId('audit-access')} tr:has-text("ben"):has-text("could view"):has-text("Directly")`,
  );
  await page.waitForSelector('.then:has-text("above 1.0854")');
  await page.fill(testId('explain-name'), 'ben');
  await page.selectOption(testId('explain-action'), 'rename_page');
  await page.click(testId('explain-save'));
  await page.waitForSelector(`${testId('explanation')}:has-text("No"):has-text("PERM-")`);
  found.push(...(await axe(otto, 'a page as of a moment')));
  await page.click(testId('audit-people'));
  await page.fill(testId('audit-name'), 'ben');
  await page.click(testId('audit-show'));
  await page.waitForSelector(`${testId('audit-user-pages')}:has-text("Alarms EUR/USD")`);
  found.push(...(await axe(otto, 'the access of somebody')));
  await page.click('text=Back to now');
  await page.waitForSelector('text=They could see no page');
  await page.fill(testId('audit-name'), 'cara');
  await page.click(testId('audit-show'));
  await page.waitForSelector(`${testId('audit-user-pages')}:has-text("Through the group Desk Euro: ")`);
  tell('who could see it as of a moment, over which path, and whether somebody could do something, by which rule');

  await page.click(testId('audit-denied'));
  await page.waitForSelector(`${testId('denial')}:has-text("ben"):has-text("rename_page"):has-text("not allowed")`);
  found.push(...(await axe(otto, 'what was denied')));
  await page.fill(testId('audit-user'), 'anna');
  await page.press(testId('audit-user'), 'Tab');
  await page.waitForSelector('text=Nothing was denied then');
  await page.click(testId('audit-evidence'));
  await page.waitForSelector(testId('checkpoint'));
  found.push(...(await axe(otto, 'the checkpoint')));
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("Checkpoint")')]);
  assert.match(readFileSync(await saved.path(), 'utf8'), /^alarm-server\/.+\n\d+\n/);
  tell('what was denied, and a checkpoint to keep');

  await bens.page.goto(`${stage.url}/console/#/audit`);
  await bens.page.waitForSelector('text=Only auditors see this');
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual([...otto.problems, ...bens.problems], []);
}

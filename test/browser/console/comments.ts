/** Notes and comments in the console: written, shown to the others at once, in the history, and said to be erased when they are. */
import assert from 'node:assert/strict';
import { newPage } from './alarms.js';
import { axe } from './axe.js';
import { type Stage, testId } from './stage.js';

export async function comments(stage: Stage, tell: (what: string) => void): Promise<void> {
  const program = await stage.person('anna');
  const ben = await stage.person('ben');
  const [anna, bens] = [await stage.tab(), await stage.tab()];
  await Promise.all([anna.signIn('anna'), bens.signIn('ben')]);
  const pageId = await newPage(anna, 'Alarms');
  const subject = { page_id: pageId, subject_type: 'user', subject_id: ben.store.user!.id } as const;
  await program.sharePage({ ...subject, can_view: true, can_edit: false });
  await anna.page.click(testId('new-alarm'));
  await anna.page.fill(testId('alarm-ticker'), 'EUR/USD');
  await anna.page.fill(testId('alarm-note'), 'Call Frankfurt.\nThen London.');
  await anna.page.click(testId('save'));
  const row = await anna.page.waitForSelector(testId('alarm-row'));
  const alarmId = (await row.getAttribute('data-alarm-id'))!;
  await bens.page.click(testId('page-item'));
  await bens.page.click(`[data-alarm-id="${alarmId}"]`);
  await bens.page.waitForSelector(`${testId('note')}:has-text("Then London.")`);
  await anna.page.click(`[data-alarm-id="${alarmId}"]`);
  const said = 'The spread is wide: <b>wait</b>';
  await bens.page.fill(testId('comment'), said);
  await bens.page.click(testId('comment-save'));
  await anna.page.waitForSelector(`${testId('comments')}:has-text("${said}"):has-text("ben")`);
  assert.equal(await bens.page.inputValue(testId('comment')), '', 'what was said is not said twice');
  const found = await axe(anna, 'an alarm with a note and a comment');
  await ben.triggerAlarm({ alarm_id: alarmId, price: 1.1 });
  await bens.page.fill(testId('comment'), 'On it.');
  await bens.page.click(`.drawer ${testId('ack')}`);
  await anna.page.waitForSelector('.drawer .facts:has-text("Acknowledged"):has-text("On it.")');
  tell('a note and comments, alone and with an acknowledgement, are on the other screen at once');

  await anna.page.click('.drawer >> text=Edit');
  await anna.page.fill(testId('alarm-note'), 'Call London.');
  await anna.page.click(testId('save'));
  await bens.page.waitForSelector(`${testId('note')}:has-text("Call London.")`);
  await bens.page.click(testId('history'));
  await bens.page.waitForSelector(`${testId('history-row')}:has-text("ben commented"):has-text("${said}")`);
  found.push(...(await axe(bens, 'a history with comments')));
  await anna.page.click(`[data-alarm-id="${alarmId}"] ${testId('choice')}`);
  await anna.page.click(testId('comment-chosen'));
  await anna.page.fill(testId('comment-chosen-text'), 'Done for today.');
  await anna.page.click(testId('comment-chosen-save'));
  await bens.page.waitForSelector(`${testId('history-row')}:has-text("Done for today.")`);
  tell('the note changed, the history with what was said, and a comment on the chosen alarms');

  await stage.admin('user', 'erase-texts', 'ben');
  await bens.page.reload();
  await bens.page.waitForSelector(`${testId('history-row')}:has-text("ben commented"):has-text("erased")`);
  assert.equal((await bens.page.content()).includes('The spread is wide'), false);
  await anna.page.reload();
  await anna.page.click(`[data-alarm-id="${alarmId}"]`);
  await anna.page.waitForSelector('.drawer .facts:has-text("Acknowledged"):has-text("erased")');
  tell('what was erased is said to be');

  await program.sharePage({ ...subject, can_view: false, can_edit: false });
  await anna.page.reload();
  await anna.page.click(testId('history'));
  const nameless = `${testId('history-row')}:has-text("somebody (${ben.store.user!.id.slice(0, 8)}) triggered")`;
  await anna.page.waitForSelector(`${nameless} bdi[title*="no page and no group"]`);
  found.push(...(await axe(anna, 'a history of somebody without a name')));
  tell('whom one shares nothing with any more is somebody, and it is said why');
  assert.deepEqual(found, [], 'axe');
  assert.deepEqual([...anna.problems, ...bens.problems], []);
}

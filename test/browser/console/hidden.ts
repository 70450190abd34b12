/** A tab is hidden for ten minutes while alarms change, and seen again: it is live, counts, and shows what the server has. */
import assert from 'node:assert/strict';
import { STEP_MS, type Stage, testId } from './stage.js';

const TEN_MINUTES_MS = 600_000;
const ALARMS = 12;

export async function hidden(stage: Stage, tell: (what: string) => void): Promise<void> {
  const program = await stage.person('anna');
  const { id: page_id } = await program.createPage({ name: 'Alarms' });
  const made = Array.from({ length: ALARMS }, (_, at) =>
    program.createAlarm({ page_id, ticker: `T${at}`, option: '', condition: 'above 1' }),
  );
  const alarms = await Promise.all(made);
  const tab = await stage.tab();
  const { page } = tab;
  // The tab's clock is the test's: ten minutes pass at once, with every timer that is due in them.
  await page.clock.install();
  await tab.signIn('anna');
  await page.goto(`${stage.url}/console/#/pages/${page_id}`);
  await page.waitForSelector(testId('alarm-row'));
  const hide = (isHidden: boolean): Promise<unknown> =>
    page.evaluate(
      `Object.defineProperty(document, 'hidden', { get: () => ${isHidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
    );
  await hide(true);
  for (const [at, { id }] of alarms.entries()) {
    await program.triggerAlarm({ alarm_id: id, price: at + 0.5 });
    await page.clock.fastForward(TEN_MINUTES_MS / ALARMS);
  }
  await page.waitForFunction(`document.title.startsWith('(${ALARMS})')`, undefined, { timeout: STEP_MS });
  tell(`hidden for ten minutes: the title counts ${ALARMS} open alarms`);
  await program.ackAlarm({ alarm_id: alarms[0]!.id, upto: program.store.alarms.get(alarms[0]!.id)!.status!.last_seq! });
  await hide(false);
  const took = await tab.becomes('live');
  await page.waitForSelector(`[data-alarm-id="${alarms[0]!.id}"][data-state=acknowledged]`);
  for (const [at, { id }] of alarms.slice(1).entries())
    await page.waitForSelector(`[data-alarm-id="${id}"][data-state=open]:has-text("${at + 1.5}")`);
  tell(`seen again: live after ${Math.round(took)} ms, with the server's rows`);
  assert.deepEqual(tab.problems, []);
}

/** The connection is cut 20 times while alarms change, a tab stands still and comes back: the rows are then the server's. */
import assert from 'node:assert/strict';
import { type Alarm, type AlarmClient, login, request } from '@alarm-server/client';
import { startCutter } from './cutter.js';
import { PASSWORD, STEP_MS, type Stage, type Tab, testId } from './stage.js';

const CUTS = 20;
/** All rows are in sight: the table has only those in the document. */
const viewport = { width: 1280, height: 2_000 };

/** Changes a page as a desk does: alarms are made, changed, triggered, acknowledged, cleared and deleted. */
async function change(program: AlarmClient, pageId: string, at: number): Promise<void> {
  const alarms = program.store.alarmsOf(pageId);
  const one = alarms[(at * 7) % Math.max(1, alarms.length)];
  if (!one || alarms.length < 12) {
    await program.createAlarm({ page_id: pageId, ticker: `T${at}`, option: 'spot', condition: `above ${at}` });
    return;
  }
  const upto = one.status?.last_seq;
  if (at % 6 === 0) await program.updateAlarm({ alarm_id: one.id, condition: `below ${at}`, severity: 'high' });
  else if (at % 6 === 1 && one.status?.state === 'open' && upto !== undefined)
    await program.ackAlarm({ alarm_id: one.id, upto });
  else if (at % 6 === 2 && one.status?.state !== undefined) await program.clearAlarm({ alarm_id: one.id });
  else if (at % 6 === 3) await program.updateAlarm({ alarm_id: one.id, active: !one.active });
  else if (at % 6 === 4) await program.deleteAlarm({ alarm_id: one.id });
  else if (one.active) await program.triggerAlarm({ alarm_id: one.id, price: at + 0.5 });
}

/** What a row shows, of an alarm as the server has it. */
const expected = ({ id, active, ticker, condition, status, last_triggered }: Alarm): string =>
  [
    id,
    status?.state ?? 'none',
    active,
    ticker,
    condition,
    last_triggered ?? 'never',
    status?.price ?? '',
    status?.count ?? '',
  ].join(' | ');

const READ_ROWS = `[...document.querySelectorAll('[data-testid=alarm-row]')].map((row) => {
  const text = (name) => row.querySelector('.c-' + name).textContent;
  const { alarmId, state, active } = row.dataset;
  const at = row.querySelector('.c-triggered time')?.dataset.exact ?? 'never';
  return [alarmId, state, active, text('ticker'), text('condition'), at, text('price'), text('count')].join(' | ');
}).sort()`;

async function isServers({ page }: Tab, url: string, pageId: string): Promise<void> {
  const token = await login(url, { username: 'anna', password: PASSWORD });
  const { data } = await request<{ alarms: Alarm[] }>(url, 'GET', `/pages/${pageId}`, { token });
  const rows = data.alarms.map(expected).sort();
  const until = performance.now() + STEP_MS;
  for (;;) {
    const shown = await page.evaluate<string[]>(READ_ROWS);
    if (JSON.stringify(shown) === JSON.stringify(rows)) return;
    if (performance.now() > until) assert.deepEqual(shown, rows);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function cuts(stage: Stage, tell: (what: string) => void): Promise<void> {
  const program = await stage.person('anna');
  const { id: pageId } = await program.createPage({ name: 'Cut' });
  const cutter = await startCutter(stage.url);
  const tab = await stage.tab({ viewport }, cutter.url);
  const { page } = tab;
  let [changes, isOver] = [0, false];
  const changing = (async () => {
    while (!isOver) {
      await change(program, pageId, (changes += 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  try {
    await tab.signIn('anna');
    await page.goto(`${cutter.url}/console/#/pages/${pageId}`);
    await page.waitForSelector(testId('alarm-row'));
    // Each state that the connection is in, with its sign and its word.
    await page.evaluate(`(() => {
      const seen = window.connectionStates = {};
      const look = () => {
        const shown = document.querySelector('[data-testid=connection]');
        seen[shown.dataset.state] = [shown.querySelector('.sign').textContent, shown.childNodes[1].textContent];
      };
      new MutationObserver(look).observe(document.querySelector('.status'), { attributes: true, childList: true, subtree: true, characterData: true });
      look();
    })()`);
    for (let cut = 1; cut <= CUTS; cut++) {
      await page.waitForTimeout((cut * 37) % 150);
      const live = page.evaluate(`new Promise((resolve) => new MutationObserver((_, observer) => {
        if (document.querySelector('[data-testid=connection]').dataset.state === 'live') return;
        observer.disconnect();
        resolve();
      }).observe(document.querySelector('[data-testid=connection]'), { attributes: true }))`);
      cutter.cut();
      await live;
      await tab.becomes('live');
    }
    tell(`${CUTS} cuts, ${changes} changes meanwhile`);
    const pause = await page.context().newCDPSession(page);
    await pause.send('Page.setWebLifecycleState', { state: 'frozen' });
    const before = changes;
    while (changes < before + 200) await new Promise((resolve) => setTimeout(resolve, 50));
    cutter.cut();
    await pause.send('Page.setWebLifecycleState', { state: 'active' });
    await tab.becomes('live');
    tell(`a tab that the browser had stopped comes back after ${changes - before} changes`);
  } finally {
    isOver = true;
    await changing.finally(() => undefined);
  }
  await isServers(tab, stage.url, pageId);
  tell(`the ${program.store.alarmsOf(pageId).length} rows are the server's`);

  const states = await page.evaluate<Record<string, [string, string]>>('window.connectionStates');
  const [signs, words] = [0, 1].map((at) => Object.values(states).map((shown) => shown[at as 0 | 1]));
  assert.ok(Object.keys(states).length >= 3, JSON.stringify(states));
  assert.equal(new Set(signs).size, Object.keys(states).length, `each state has a sign: ${JSON.stringify(states)}`);
  assert.equal(new Set(words).size, Object.keys(states).length, `each state has a word: ${JSON.stringify(states)}`);
  await cutter.end();
  assert.deepEqual(
    tab.problems.filter((problem) => !/ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket/.test(problem)),
    [],
  );
}

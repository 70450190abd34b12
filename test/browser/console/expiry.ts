/** Tokens end after a minute: one is renewed while somebody writes; another ends while its tab cannot reach the server. No edit is lost. */
import assert from 'node:assert/strict';
import { request } from '@alarm-server/client';
import { startCutter } from './cutter.js';
import { PASSWORD, STEP_MS, type Stage, type Tab, testId } from './stage.js';

/** Of the server, in its own unit. */
export const TOKEN_EXPIRE_MINUTES = 1;
/** By then the server has announced the end of a token, and it has ended. */
const ENDED_MS = TOKEN_EXPIRE_MINUTES * 60_000 + STEP_MS;

const tokenOf = ({ page }: Tab): Promise<string> =>
  page.evaluate<string>('JSON.parse(sessionStorage.getItem("alarm-console.session")).token');

/** Signs in and begins to change an alarm. Each state of the connection from then on is kept in the tab. */
async function begin(tab: Tab, address: string, alarmId: string, condition: string): Promise<void> {
  const { page } = tab;
  await tab.signIn('anna');
  await page.goto(address);
  await page.click(`[data-alarm-id="${alarmId}"]`);
  await page.click('.drawer >> text=Edit');
  await page.fill(testId('alarm-condition'), condition);
  await page.evaluate(`(() => {
    const shown = document.querySelector('[data-testid=connection]');
    window.connectionStates = [];
    new MutationObserver(() => window.connectionStates.push(shown.dataset.state)).observe(shown, { attributeFilter: ['data-state'] });
  })()`);
}

async function isRefused(url: string, token: string): Promise<boolean> {
  const until = performance.now() + ENDED_MS;
  for (;;) {
    const status = await request(url, 'GET', '/me', { token }).then(
      () => 200,
      (error: { status?: number }) => error.status,
    );
    if (status === 401) return true;
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

export async function expiry(stage: Stage, tell: (what: string) => void): Promise<void> {
  const program = await stage.person('anna');
  const { id: page_id } = await program.createPage({ name: 'Alarms' });
  const [one, other] = await Promise.all(
    ['EUR/USD', 'USD/JPY'].map((ticker) =>
      program.createAlarm({ page_id, ticker, option: 'spot', condition: 'above 1' }),
    ),
  );
  const cutter = await startCutter(stage.url);
  const [connected, away] = [await stage.tab(), await stage.tab({}, cutter.url)];
  await begin(away, `${cutter.url}/console/#/pages/${page_id}`, other!.id, 'below 140');
  cutter.shut();
  await begin(connected, `${stage.url}/console/#/pages/${page_id}`, one!.id, 'above 2');
  const [first, lost] = [await tokenOf(connected), await tokenOf(away)];
  await away.becomes('offline');

  assert.ok(await isRefused(stage.url, lost), 'the token of the tab that is away ends at its time');
  assert.ok(await isRefused(stage.url, first), 'and so does the first token of the other one');
  assert.notEqual(await tokenOf(connected), first);
  assert.deepEqual(await connected.page.evaluate('window.connectionStates'), [], 'the connection stays live');
  await connected.page.click(testId('save'));
  await connected.page.waitForSelector(`[data-alarm-id="${one!.id}"]:has-text("above 2")`);
  tell('a token ended and was renewed before: the connection stayed live, and the edit went on');

  cutter.open();
  await away.becomes('signed-out');
  await away.page.fill(`dialog ${testId('login-password')}`, PASSWORD);
  await away.page.click(`dialog ${testId('login-submit')}`);
  await away.becomes('live');
  assert.equal(await away.page.inputValue(testId('alarm-condition')), 'below 140');
  await away.page.click(testId('save'));
  await away.page.waitForSelector(`[data-alarm-id="${other!.id}"]:has-text("below 140")`);
  tell(
    'a token that ended while the server was out of reach asks for the password above the page, and the edit survives',
  );
  assert.equal(program.store.alarms.get(other!.id)?.condition, 'below 140');
  await cutter.end();
  assert.deepEqual(connected.problems, []);
  const problems = away.problems.filter(
    (problem) => !/ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|401|WebSocket/.test(problem),
  );
  assert.deepEqual(problems, []);
}

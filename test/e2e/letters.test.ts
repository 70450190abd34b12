/** Letters of all kinds, out over every way that text takes: each of Latin-1 alone, beyond it, and beyond the first plane. */
import t, { type Test } from 'tap';
import { alarmOn, type Desk, grant, sitDown } from './desk.js';
import { startServer } from './test-server.js';

const server = await startServer(t);

for (const [name, letters] of [
  ['Latin-1', 'Zoë, Ångström & Müller: 10 °C, ½ £'],
  ['beyond Latin-1', 'Zoë pays 10 €, Жанна pays ¥'],
  ['beyond the first plane', 'Zoë 📈'],
] as const) {
  t.test(`WIRE-6 ${name}: what goes out is UTF-8, in messages, states, answers, refusals and over HTTP`, async (t) => {
    const [person, other] = await Promise.all([server.person(letters), server.person(`${letters} too`)]);
    const owner = await sitDown(t, server, person!);
    const viewer = await sitDown(t, server, other!);
    t.equal(owner.initial.payload.user.username, letters, 'a state');
    const { data: page } = await owner.must('create_page', { name: letters }, letters);
    t.equal(page.name, letters, 'an answer');
    await owner.must('share_page', grant(page.id, 'user', other!.id, 'view'));
    t.equal((await viewer.next('page_added')).payload.page.name, letters, 'told to one');
    const { data: alarm } = await owner.must('create_alarm', alarmOn(page.id, letters));
    t.equal((await viewer.next('alarm_update')).payload.data.ticker, letters, 'told to all of a page');
    t.match(
      await owner.ask(letters, {}),
      { type: 'error', payload: { message: letters } },
      'a refusal that repeats what was sent',
    );
    t.equal((await sitDown(t, server, other!)).initial.payload.alarms[0].ticker, letters, 'a state with the alarm');
    await overHttp(t, owner, page.id, alarm.id, letters);
  });
}

async function overHttp(t: Test, owner: Desk, page: string, alarm: string, letters: string): Promise<void> {
  const read = await owner.http('GET', `/pages/${page}`);
  t.match(read.json, { page: { name: letters }, alarms: [{ id: alarm, ticker: letters }] }, 'over HTTP');
  t.equal(Number(read.headers.get('content-length')), Buffer.byteLength(read.text), 'Content-Length in bytes');
}

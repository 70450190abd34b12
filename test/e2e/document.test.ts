/** Plays the document of the contract from /register to reconnecting after a restart, knowing nothing else. */
import t from 'tap';
import { openRaw } from './raw-socket.js';
import { startServer } from './test-server.js';

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const json = { 'Content-Type': 'application/json' };

t.test('SEED-1 the document, from /register to a reconnect after a restart', async (t) => {
  const server = await startServer(t);
  const { url } = server;
  const post = (path: string, body: unknown, token?: string) =>
    fetch(url + path, {
      method: 'POST',
      headers: { ...json, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    });
  const account = async (username: string) => {
    const registered = await post('/register', { username, password: 'secret123' });
    t.equal(registered.status, 201);
    const user = (await registered.json()) as { id: string; username: string; created_at: string };
    t.match(user, { id: String, username, created_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/ });
    const loggedIn = await fetch(`${url}/login`, {
      method: 'POST',
      headers: form,
      body: `username=${username}&password=secret123`,
    });
    t.equal(loggedIn.status, 200);
    const { access_token, token_type } = (await loggedIn.json()) as { access_token: string; token_type: string };
    t.equal(token_type, 'bearer');
    return { ...user, token: access_token };
  };
  const john = await account('john');
  const mary = await account('mary');
  const pete = await account('pete');

  const me = await fetch(`${url}/me`, { headers: { Authorization: `Bearer ${john.token}` } });
  t.match(await me.json(), { id: john.id, username: 'john' });

  const group = (await (await post('/groups', { name: 'Desk Euro' }, john.token)).json()) as { id: string };
  t.equal((await post(`/groups/${group.id}/members/${pete.id}`, {}, john.token)).status, 201);
  const madeByHttp = await post('/pages', { name: 'Alarmes EUR/USD' }, john.token);
  t.equal(madeByHttp.status, 201);
  const page = (await madeByHttp.json()) as { id: string };
  const listed = await (await fetch(`${url}/pages`, { headers: { Authorization: `Bearer ${john.token}` } })).json();
  t.match(listed, [{ id: page.id, name: 'Alarmes EUR/USD', owner_id: john.id, is_owner: true }]);

  const desk = await openRaw(t, url, john.token);
  const initial = await desk.next('initial_state');
  t.equal(desk.messages[0], initial, 'the state is the first message');
  t.match(initial.payload, {
    user: { id: john.id, username: 'john' },
    pages: [{ id: page.id, is_owner: true }],
    alarms: [],
  });

  desk.send({
    type: 'create_alarm',
    payload: { page_id: page.id, ticker: 'EUR/USD', option: 'spot', condition: 'above' },
  });
  const created = await desk.next('alarm_update');
  t.match(created.payload, {
    page_id: page.id,
    action: 'created',
    data: { ticker: 'EUR/USD', option: 'spot', condition: 'above', active: true, last_triggered: null },
  });
  const alarm_id: string = created.payload.alarm_id;
  t.equal(created.payload.data.id, alarm_id);

  const viewer = await openRaw(t, url, mary.token);
  t.match((await viewer.next('initial_state')).payload, { pages: [], alarms: [] });
  desk.send({
    type: 'share_page',
    payload: { page_id: page.id, subject_type: 'user', subject_id: mary.id, can_view: true, can_edit: false },
  });
  t.match((await desk.next('success')).payload, { action: 'page_shared' });
  t.match((await viewer.next('page_added')).payload, {
    page: { id: page.id, is_owner: false, can_edit: false },
    alarms: [{ id: alarm_id }],
  });
  desk.send({
    type: 'share_page',
    payload: { page_id: page.id, subject_type: 'group', subject_id: group.id, can_view: true, can_edit: true },
  });
  await desk.next('success');

  viewer.send({ type: 'trigger_alarm', payload: { alarm_id, price: 1.085 } });
  for (const socket of [desk, viewer]) {
    t.match((await socket.next('alarm_update', ({ payload }) => payload.action === 'triggered')).payload, {
      alarm_id,
      data: { id: alarm_id, price: 1.085, last_triggered: String },
      by: mary.id,
    });
  }
  viewer.send({ type: 'update_alarm', payload: { alarm_id, ticker: 'EUR/GBP' } });
  t.equal((await viewer.next('error')).payload.message, 'Permission denied: cannot edit this page');

  const member = await openRaw(t, url, pete.token);
  t.match((await member.next('initial_state')).payload, {
    pages: [{ id: page.id, can_edit: true }],
    alarms: [{ id: alarm_id, last_triggered: String }],
  });
  member.send({ type: 'update_alarm', payload: { alarm_id, ticker: 'EUR/GBP', active: false } });
  t.match((await viewer.next('alarm_update', ({ payload }) => payload.action === 'updated')).payload, {
    alarm_id,
    data: { ticker: 'EUR/GBP', option: 'spot', active: false },
  });

  desk.send({ type: 'create_page', payload: { name: 'Mes nouvelles alarmes' } });
  t.match((await desk.next('success', ({ payload }) => payload.action === 'page_created')).payload, {
    data: { id: String, name: 'Mes nouvelles alarmes' },
  });

  await server.restart();
  t.equal((await viewer.closed).code, 1001, 'the restart closes with 1001');
  const again = await openRaw(t, url, mary.token);
  t.match((await again.next('initial_state')).payload, {
    pages: [{ id: page.id }],
    alarms: [{ id: alarm_id, ticker: 'EUR/GBP', active: false, last_triggered: String }],
  });
  again.send({ type: 'delete_alarm', payload: { alarm_id } });
  t.match((await again.next('error')).payload, { message: 'Permission denied: cannot edit this page' });
  const owner = await openRaw(t, url, john.token);
  owner.send({ type: 'delete_alarm', payload: { alarm_id } });
  t.match((await again.next('alarm_update')).payload, { alarm_id, action: 'deleted', data: { ticker: 'EUR/GBP' } });
});

/** A client that knows only the base contract: each of its messages keeps every field with its type, and what it folds from them is right. */
import t from 'tap';
import { makeGroup, sitDown } from './desk.js';
import { request } from './http-requests.js';
import { type Message, openRaw } from './raw-socket.js';
import { PASSWORD, startServer } from './test-server.js';

/** The messages of the document, as it prints them. */
const alarm = { id: 'uuid', ticker: 'EUR/USD', option: 'spot', condition: 'above', active: true };
const documented: Readonly<Record<string, object>> = {
  initial_state: {
    user: { id: 'uuid', username: 'john' },
    pages: [{ id: 'uuid', name: 'Page 1', owner_id: 'uuid', is_owner: true }],
    alarms: [{ ...alarm, page_id: 'uuid', last_triggered: null }],
  },
  alarm_update: { alarm_id: 'uuid', page_id: 'uuid', action: 'created', data: alarm },
  success: { action: 'page_created', data: {} },
  error: { message: 'Permission denied: cannot edit this page' },
};

/** Paths where `found` lacks a field of `wanted`, or has it with another type. What is null in the document is a moment later on. */
function missingIn(found: unknown, wanted: unknown, path = 'payload'): string[] {
  if (wanted === null) return found === null || typeof found === 'string' ? [] : [`${path} is neither null nor text`];
  if (Array.isArray(wanted))
    return Array.isArray(found)
      ? found.flatMap((item, at) => missingIn(item, wanted[0], `${path}[${at}]`))
      : [`${path} is no list`];
  if (typeof wanted !== 'object')
    return typeof found === typeof wanted ? [] : [`${path} is ${typeof found}, not ${typeof wanted}`];
  if (typeof found !== 'object' || found === null) return [`${path} is no object`];
  return Object.entries(wanted).flatMap(([name, value]) =>
    missingIn((found as Record<string, unknown>)[name], value, `${path}.${name}`),
  );
}

/** The client of the document: it takes the state, applies the updates, and knows no other message and no other field. */
class SeedClient {
  readonly alarms = new Map<string, Record<string, unknown>>();

  receive({ type, payload }: Message): void {
    if (type === 'initial_state')
      for (const { id, ticker, option, condition, active } of payload.alarms)
        this.alarms.set(id, { id, ticker, option, condition, active });
    if (type !== 'alarm_update') return;
    const { id, ticker, option, condition, active } = payload.data;
    if (payload.action === 'deleted') this.alarms.delete(payload.alarm_id);
    else this.alarms.set(payload.alarm_id, { id, ticker, option, condition, active });
  }
}

const server = await startServer(t);
const [john, mary] = await Promise.all(['john', 'mary'].map((name) => server.person(name)));

t.test('SEED-1 every message of the document keeps every field of the document, with its type', async (t) => {
  const other = await sitDown(t, server, mary!);
  const group = await makeGroup(other, 'Desk', []);
  const socket = await openRaw(t, server.url, john!.token);
  const client = new SeedClient();
  const make = (type: string, payload: object): void => socket.send({ type, payload });

  make('create_page', { name: 'Mes nouvelles alarmes' });
  const created = await socket.next('success');
  t.match(created.payload, { action: 'page_created', data: { id: String, name: 'Mes nouvelles alarmes' } });
  t.notOk('id' in created, 'it had no id to answer to');
  const page_id: string = created.payload.data.id;
  for (const ticker of ['EUR/USD', 'EUR/GBP'])
    make('create_alarm', { page_id, ticker, option: 'spot', condition: 'above' });
  const [first, second] = [await socket.next('alarm_update'), await socket.next('alarm_update')].map(
    ({ payload }) => payload.alarm_id as string,
  );
  make('trigger_alarm', { alarm_id: first!, price: 1.085 });
  make('update_alarm', { alarm_id: first!, ticker: 'EUR/CHF', active: false });
  make('delete_alarm', { alarm_id: second! });
  for (const [subject_type, subject_id] of [
    ['user', mary!.id],
    ['group', group],
  ]) {
    make('share_page', { page_id, subject_type, subject_id, can_view: true, can_edit: subject_type === 'group' });
    t.match((await socket.next('success')).payload, { action: 'page_shared' });
  }
  make('trigger_alarm', { alarm_id: second!, price: 1 });
  await socket.next('error');
  // Another one opens now, and gets the state with a page and alarms in it.
  const again = await openRaw(t, server.url, john!.token);
  await again.next('initial_state');

  const heard = [...socket.messages, ...again.messages];
  for (const message of heard)
    if (documented[message.type]) t.same(missingIn(message.payload, documented[message.type]), [], message.type);
  for (const type of Object.keys(documented))
    t.ok(
      heard.some((message) => message.type === type),
      `${type} was among them`,
    );
  t.same(
    heard.filter(({ type }) => type === 'alarm_update').map(({ payload }) => payload.action),
    ['created', 'created', 'triggered', 'updated', 'deleted'],
  );
  t.equal(
    heard.filter(({ type }) => type === 'success').length,
    3,
    'without an id only create_page and share_page are answered',
  );

  for (const message of socket.messages) client.receive(message);
  const { alarms } = (await request(server.url, 'GET', `/pages/${page_id}`, { token: john!.token })).json;
  t.same(
    [...client.alarms.values()],
    alarms.map(({ id, ticker, option, condition, active }: any) => ({ id, ticker, option, condition, active })),
    'what it holds is what there is',
  );
});

t.test('SEED-1 the HTTP answers of the document keep every field, with its type', async (t) => {
  const registered = await request(server.url, 'POST', '/register', { body: { username: 'pete', password: PASSWORD } });
  t.same(missingIn(registered.json, { id: 'uuid', username: 'john', created_at: '2024-01-15T10:30:00' }), []);
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const loggedIn = await request(server.url, 'POST', '/login', {
    body: new URLSearchParams({ username: 'pete', password: PASSWORD }).toString(),
    headers: form,
  });
  t.same([loggedIn.status, missingIn(loggedIn.json, { access_token: 'eyJ', token_type: 'bearer' })], [200, []]);
  const token: string = loggedIn.json.access_token;
  t.match((await request(server.url, 'GET', '/me', { token })).json, { id: registered.json.id, username: 'pete' });
  t.match((await request(server.url, 'POST', '/pages', { token, body: { name: 'Alarmes EUR/USD' } })).json, {
    id: String,
    name: 'Alarmes EUR/USD',
  });
  const { json: pages } = await request(server.url, 'GET', '/pages', { token });
  t.same(missingIn(pages, [{ id: 'uuid', name: 'Alarmes EUR/USD', owner_id: 'uuid', is_owner: true }]), []);
  t.equal(pages.length, 1);
});

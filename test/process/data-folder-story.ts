/** A story that leaves something of every kind in a data folder, and what a server on that folder then serves: the same for every version. */
import { WebSocket } from 'ws';
import { issueAdminToken } from '../../src/auth/admin-tokens.js';
import { request } from '../e2e/http-requests.js';
import { JWT_SECRET } from './server-process.js';

/** A user, with the password that opens the account after the story. */
interface Account {
  readonly username: string;
  readonly password: string;
}

/** A session, as its tokens name it: a test signs a new token of it. */
export interface StorySession {
  readonly userId: string;
  readonly sessionId: string;
  readonly credential: number;
  readonly isGoing: boolean;
}

/** What the story leaves behind. */
export interface Story {
  readonly accounts: readonly Account[];
  /** Passwords that no longer open an account. */
  readonly replaced: readonly Account[];
  /** Accounts that were deactivated; undefined in folders of versions that could not. */
  readonly left?: readonly Account[];
  readonly sessions: readonly StorySession[];
  /** Ids of pages and alarms, those that were deleted too. */
  readonly pages: readonly string[];
  readonly alarms: readonly string[];
  readonly groups: readonly string[];
  /** A command that was acknowledged, and its answer: the same id again gives the same answer. */
  readonly acknowledged: {
    readonly username: string;
    readonly key: string;
    readonly path: string;
    readonly body: unknown;
    readonly answer: unknown;
    readonly position: string | null;
  };
}

const PASSWORD = 'a password of the fixture';
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

async function login(url: string, { username, password }: Account): Promise<string | undefined> {
  const { status, json } = await request(url, 'POST', '/login', {
    body: new URLSearchParams({ username, password }).toString(),
    headers: form,
  });
  return status === 200 ? (json.access_token as string) : undefined;
}

/** The claims of a token that this project signed. */
function sessionOf(token: string, isGoing: boolean): StorySession {
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
  return { userId: claims.sub, sessionId: claims.sid, credential: claims.credential, isGoing };
}

/** Plays it on an empty server. Rejects if a step is not answered as it should be. */
export async function playStory(url: string): Promise<Story> {
  const must = async (token: string | undefined, method: string, path: string, body?: unknown, key?: string) => {
    const answer = await request(url, method, path, { token, body, idempotencyKey: key });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  const enter = async (username: string) => {
    const { json } = await must(undefined, 'POST', '/register', { username, password: PASSWORD });
    return { id: json.id as string, token: (await login(url, { username, password: PASSWORD }))! };
  };
  const anna = await enter('Anna');
  const ben = await enter('ben');
  const carla = await enter('Carla Müller');
  const make = async (token: string, path: string, body: unknown): Promise<string> =>
    (await must(token, 'POST', path, body)).json.id;

  const desk = await make(anna.token, '/groups', { name: 'Desk Euro' });
  const risk = await make(carla.token, '/groups', { name: 'Risk' });
  await must(anna.token, 'POST', `/groups/${desk}/members/${ben.id}`);
  await must(anna.token, 'POST', `/groups/${desk}/members/${carla.id}`);
  await must(anna.token, 'DELETE', `/groups/${desk}/members/${carla.id}`);

  const spot = await make(anna.token, '/pages', { name: 'Spot' });
  const forward = await make(anna.token, '/pages', { name: 'Forward' });
  const closed = await make(ben.token, '/pages', { name: 'To be deleted' });
  const share = (token: string, page: string, subject_type: string, subject_id: string, granted: object) =>
    must(token, 'POST', `/pages/${page}/shares`, { subject_type, subject_id, ...granted });
  await share(anna.token, spot, 'group', desk, { can_view: true, can_edit: true });
  await share(anna.token, spot, 'user', carla.id, { can_view: true, can_edit: false });
  await share(anna.token, forward, 'user', carla.id, { can_view: true, can_edit: true });
  await share(anna.token, forward, 'user', ben.id, { can_view: true, can_edit: false });
  await share(anna.token, forward, 'user', ben.id, { can_view: false, can_edit: false });
  await must(carla.token, 'POST', `/pages/${spot}/leave`);
  await must(anna.token, 'PATCH', `/pages/${spot}`, { name: 'Spot, London 📈' });

  const alarm = (token: string, page: string, ticker: string, condition: string) =>
    make(token, `/pages/${page}/alarms`, { ticker, option: 'spot', condition });
  const alarms = [
    await alarm(anna.token, spot, 'EUR/USD', 'above 1.0854'),
    await alarm(ben.token, spot, 'EUR/GBP', 'below 0.84'),
    await alarm(carla.token, forward, 'USD/JPY', ''),
    await alarm(anna.token, forward, 'XAU/USD', 'to be deleted'),
    await alarm(ben.token, closed, 'BTC/USD', 'goes with its page'),
  ];
  for (let at = 0; at < 20; at += 1)
    await must(ben.token, 'POST', `/alarms/${alarms[0]}/trigger`, { price: 1.0854 + at / 10_000 });
  await must(ben.token, 'PATCH', `/alarms/${alarms[1]}`, { active: false, condition: 'below 0.845' });
  await must(anna.token, 'DELETE', `/alarms/${alarms[3]}`);
  await must(ben.token, 'DELETE', `/pages/${closed}`);

  const path = `/alarms/${alarms[2]}/trigger`;
  const body = { price: -0.25 };
  const { json: answer, headers } = await must(carla.token, 'POST', path, body, 'the fixture, once');

  const ended = (await login(url, { username: 'ben', password: PASSWORD }))!;
  await must(ended, 'POST', '/logout');
  alarms.push(...(await handle(must, { page: spot, owner: anna, editor: ben })));
  const left = await administer(url, must, { from: anna, to: ben, page: forward });
  const changed = await must(carla.token, 'POST', '/password', { old: PASSWORD, new: `${PASSWORD}, changed` });
  return {
    accounts: [
      { username: 'Anna', password: PASSWORD },
      { username: 'ben', password: PASSWORD },
      { username: 'Carla Müller', password: `${PASSWORD}, changed` },
    ],
    replaced: [{ username: 'Carla Müller', password: PASSWORD }],
    left,
    sessions: [
      sessionOf(anna.token, true),
      sessionOf(ben.token, true),
      sessionOf(ended, false),
      sessionOf(carla.token, false),
      sessionOf(changed.json.access_token as string, true),
    ],
    pages: [spot, forward, closed],
    alarms,
    groups: [desk, risk],
    acknowledged: {
      username: 'Carla Müller',
      key: 'the fixture, once',
      path,
      body,
      answer,
      position: headers.get('log-position'),
    },
  };
}

type Must = (token: string | undefined, method: string, path: string, body?: unknown) => Promise<{ json: any }>;

interface Known {
  readonly id: string;
  readonly token: string;
}

/** What a desk does with what fired: alarms in every mode and state. Gives their ids. */
async function handle(
  must: Must,
  { page, owner, editor }: { page: string; owner: Known; editor: Known },
): Promise<string[]> {
  const make = async (ticker: string, settings: object): Promise<string> => {
    const body = { ticker, option: 'spot', condition: 'any', ...settings };
    return (await must(owner.token, 'POST', `/pages/${page}/alarms`, body)).json.id;
  };
  const [open, acknowledged, back, cleared, once, cooling] = [
    await make('CHF/JPY', { severity: 'critical', tags: ['desk', 'über'] }),
    await make('NOK/SEK', { severity: 'low' }),
    await make('GBP/USD', {}),
    await make('AUD/NZD', {}),
    await make('USD/CAD', { mode: 'once' }),
    await make('USD/CHF', { mode: 'cooldown', cooldown_s: 604_800 }),
  ] as const;
  const all = [open, acknowledged, back, cleared, once, cooling];
  for (const id of all) await must(editor.token, 'POST', `/alarms/${id}/trigger`, { price: 1 });
  for (const id of [open, acknowledged, cooling])
    await must(owner.token, 'POST', `/alarms/${id}/trigger`, { price: 2 });
  for (const id of [acknowledged, back]) {
    const { json } = await must(editor.token, 'GET', `/alarms/${id}`);
    await must(editor.token, 'POST', `/alarms/${id}/ack`, { upto: json.status.last_seq });
  }
  await must(owner.token, 'POST', `/alarms/${back}/unack`, {});
  await must(owner.token, 'POST', `/alarms/${cleared}/clear`, {});
  await must(owner.token, 'POST', `/alarms/${open}/assign`, { user_id: editor.id });
  await must(owner.token, 'PATCH', `/alarms/${acknowledged}`, { severity: null, tags: ['later'] });
  return all;
}

/** What an operator and an owner do: roles, a reset, an invitation, somebody who leaves and whose things are given on. Gives who has left. */
async function administer(
  url: string,
  must: Must,
  { from, to, page }: { from: Known; to: { id: string }; page: string },
): Promise<readonly Account[]> {
  const machine = issueAdminToken(Buffer.from(JWT_SECRET));
  const leaver = { username: 'Dora', password: PASSWORD };
  const { json: dora } = await must(undefined, 'POST', '/register', leaver);
  const token = await login(url, leaver);
  const { json: group } = await must(token, 'POST', '/groups', { name: 'Leavers' });
  await must(token, 'PATCH', `/groups/${group.id}`, { name: 'Leavers of 2026' });
  await must(token, 'POST', '/pages', { name: 'Left behind' });
  await must(machine, 'POST', `/admin/users/${to.id}/roles`, { role: 'operator' });
  await must(machine, 'POST', `/admin/users/${from.id}/roles`, { role: 'auditor' });
  await must(machine, 'DELETE', `/admin/users/${from.id}/roles/auditor`);
  await must(machine, 'POST', '/admin/invitations');
  await must(machine, 'POST', `/admin/users/${dora.id}/transfer`, { to: from.id });
  await must(machine, 'POST', `/admin/users/${dora.id}/deactivate`);
  const { json: added } = await must(machine, 'POST', '/admin/users', { username: 'emil' });
  await must(machine, 'POST', `/admin/users/${added.id}/reset`);
  await must(from.token, 'POST', `/pages/${page}/transfer`, { to: to.id });
  return [leaver];
}

/** All that each account gets to see: over HTTP by path, and the first message of a socket. What changes nothing. */
export async function servedTo(url: string, { accounts, pages, alarms, groups }: Story): Promise<unknown> {
  const paths = [
    '/me',
    '/pages',
    '/groups',
    '/users?username=ben',
    ...groups.map((id) => `/groups/${id}`),
    ...pages.flatMap((id) => ['', '/shares', '/viewers', '/events?limit=1000'].map((part) => `/pages/${id}${part}`)),
    ...alarms.flatMap((id) => ['', '/events?limit=1000'].map((part) => `/alarms/${id}${part}`)),
  ];
  const served: Record<string, unknown> = {};
  for (const account of accounts) {
    const token = await login(url, account);
    if (token === undefined) throw new Error(`${account.username} cannot log in`);
    const answers: Record<string, unknown> = {};
    for (const path of paths) {
      const { status, json } = await request(url, 'GET', path, { token });
      answers[path] = { status, json: inOrder(json) };
    }
    served[account.username] = { socket: inOrder(await firstMessage(url, token)), answers };
  }
  return served;
}

/** Lists of entities by their ids: in which order a server tells them is not promised. */
function inOrder(value: any): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inOrder(one)]));
  const list = value.map(inOrder) as any[];
  const idOf = (one: any): unknown => one?.id ?? one?.subject_id;
  return list.every((one) => typeof idOf(one) === 'string')
    ? list.sort((a, b) => (String(idOf(a)) < String(idOf(b)) ? -1 : 1))
    : list;
}

/** Whether this password opens the account. */
export const opens = async (url: string, account: Account): Promise<boolean> =>
  (await login(url, account)) !== undefined;

function firstMessage(url: string, token: string): Promise<unknown> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws?token=${token}`);
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      resolve(JSON.parse(String(data)));
      socket.close();
    });
  });
}

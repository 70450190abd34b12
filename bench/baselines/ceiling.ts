/**
 * The ceiling: bare uWebSockets.js with the same paths and messages and nothing behind them. No log, no schemas, no hashes, no
 * check of rights on a trigger: JSON.parse, a template string, app.publish. It is the baseline of `npm run bench`, so it is as
 * fast as possible and sends the same bytes as the server.
 *
 *   PORT=9000 node dist/bench/baselines/ceiling.js
 */

import uWS, { type HttpRequest, type HttpResponse, type WebSocket } from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';

interface Page {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly viewers: Set<string>;
  seq: number;
}
interface Alarm {
  readonly id: string;
  readonly page: Page /** All of its JSON up to where last_triggered's value begins. */;
  readonly head: string;
  last: string;
  /** `first_seq` and `first_at` of its occurrence. */
  first?: string;
  count: number;
}
interface Session {
  readonly user: string;
}

const users = new Map<string, { readonly id: string; readonly username: string }>();
const groups = new Map<string, Set<string>>();
const pages = new Map<string, Page>();
const alarms = new Map<string, Alarm>();
const sockets = new Set<WebSocket<Session>>();
let position = 0;

let momentMs = 0;
let moment = '';
/** The time in RFC 3339, written once a millisecond. */
function now(): string {
  const ms = Date.now();
  if (ms !== momentMs) {
    momentMs = ms;
    moment = new Date(ms).toISOString();
  }
  return moment;
}

const alarmJson = (alarm: Alarm): string => `${alarm.head}${alarm.last}}`;
const pageJson = (page: Page, user: string): string => {
  const isOwner = page.owner === user;
  return JSON.stringify({
    id: page.id,
    name: page.name,
    owner_id: page.owner,
    is_owner: isOwner,
    seq: page.seq,
    can_edit: isOwner,
    can_share: isOwner,
  });
};

function initialState(user: string): string {
  const seen = [...pages.values()].filter((page) => page.viewers.has(user));
  const shown = [...alarms.values()].filter(({ page }) => page.viewers.has(user));
  const who = JSON.stringify({ id: user, username: users.get(user)?.username });
  return `{"type":"initial_state","payload":{"user":${who},"log":"ceiling","pages":[${seen.map((page) => pageJson(page, user)).join()}],"alarms":[${shown.map(alarmJson).join()}]}}`;
}

type Up =
  | { type: 'trigger_alarm'; id?: string; payload: { alarm_id: string; price: number } }
  | { type: 'create_page'; id?: string; payload: { name: string } }
  | {
      type: 'create_alarm';
      id?: string;
      payload: { page_id: string; ticker: string; option: string; condition: string };
    }
  | {
      type: 'share_page';
      id?: string;
      payload: {
        page_id: string;
        subject_type: 'user' | 'group';
        subject_id: string;
        can_view: boolean;
        can_edit: boolean;
      };
    };

const app = uWS.App();

/** Topic and message, in turn, since the last flush. */
let published: string[] = [];

/**
 * Publishes at the end of the tick. Inside a message's handler uWebSockets.js keeps its one cork buffer for the socket the
 * message came from, and from the 32nd publish of a tick on writes each message to each subscriber by itself: with 128 in
 * flight that leaves a fifth of what it delivers. Outside, up to 32 messages go to a socket in one write.
 */
function publish(topic: string, message: string): void {
  if (published.push(topic, message) === 2) setImmediate(flush);
}

function flush(): void {
  const all = published;
  published = [];
  for (let i = 0; i < all.length; i += 2) app.publish(all[i]!, all[i + 1]!);
}

function success(ws: WebSocket<Session>, id: string | undefined, action: string, data: string, seq: number): void {
  const bears = id === undefined ? '' : `"id":${JSON.stringify(id)},`;
  ws.send(
    `{"type":"success",${bears}"payload":{"action":"${action}","data":${data},"seq":${seq},"position":"${position}"}}`,
  );
}

function receive(ws: WebSocket<Session>, { user }: Session, message: Up): void {
  const { id } = message;
  switch (message.type) {
    case 'trigger_alarm': {
      const alarm = alarms.get(message.payload.alarm_id)!;
      const { page } = alarm;
      const at = now();
      alarm.last = `"${at}"`;
      const seq = ++page.seq;
      position++;
      const { price } = message.payload;
      alarm.first ??= `"first_seq":${seq},"first_at":"${at}"`;
      alarm.count++;
      const data = `${alarm.head}"${at}","status":{"state":"open",${alarm.first},"last_seq":${seq},"last_at":"${at}","count":${alarm.count},"price":${price}},"price":${price}}`;
      publish(
        page.id,
        `{"type":"alarm_update","payload":{"alarm_id":"${alarm.id}","page_id":"${page.id}","action":"triggered","data":${data},"seq":${seq},"at":"${at}","by":"${user}"}}`,
      );
      if (id !== undefined) success(ws, id, 'alarm_triggered', data, seq);
      return;
    }
    case 'create_alarm': {
      const { page_id, ticker, option, condition } = message.payload;
      const page = pages.get(page_id)!;
      const shown = JSON.stringify({ id: randomUUID(), page_id, ticker, option, condition, active: true });
      const alarm: Alarm = {
        id: (JSON.parse(shown) as { id: string }).id,
        page,
        head: `${shown.slice(0, -1)},"last_triggered":`,
        last: 'null',
        count: 0,
      };
      alarms.set(alarm.id, alarm);
      const seq = ++page.seq;
      position++;
      publish(
        page_id,
        `{"type":"alarm_update","payload":{"alarm_id":"${alarm.id}","page_id":"${page_id}","action":"created","data":${alarmJson(alarm)},"seq":${seq},"at":"${now()}","by":"${user}"}}`,
      );
      if (id !== undefined) success(ws, id, 'alarm_created', alarmJson(alarm), seq);
      return;
    }
    case 'create_page': {
      const page: Page = {
        id: randomUUID(),
        name: message.payload.name,
        owner: user,
        viewers: new Set([user]),
        seq: 0,
      };
      pages.set(page.id, page);
      position++;
      for (const socket of sockets) if (socket.getUserData().user === user) socket.subscribe(page.id);
      ws.send(`{"type":"page_added","payload":{"page":${pageJson(page, user)},"alarms":[]}}`);
      success(ws, id, 'page_created', pageJson(page, user), 0);
      return;
    }
    case 'share_page': {
      const page = pages.get(message.payload.page_id)!;
      const { subject_type, subject_id } = message.payload;
      for (const viewer of subject_type === 'user' ? [subject_id] : groups.get(subject_id)!) page.viewers.add(viewer);
      position++;
      success(ws, id, 'page_shared', JSON.stringify(message.payload), page.seq);
      return;
    }
  }
}

/** A token is the user's id: nothing is signed here. */
const bearer = (req: HttpRequest): string => req.getHeader('authorization').slice('Bearer '.length);

function body(res: HttpResponse, then: (text: string) => void): void {
  let text = '';
  res.onAborted(() => {});
  res.onData((chunk, isLast) => {
    text += Buffer.from(chunk).toString();
    if (isLast) then(text);
  });
}

function answer(res: HttpResponse, status: string, json: string): void {
  res.cork(() => res.writeStatus(status).writeHeader('content-type', 'application/json').end(json));
}

app
  .post('/register', (res) =>
    body(res, (text) => {
      const { username } = JSON.parse(text) as { username: string };
      const user = { id: randomUUID(), username, created_at: new Date().toISOString() };
      users.set(user.id, user);
      answer(res, '201 Created', JSON.stringify(user));
    }),
  )
  .post('/login', (res) =>
    body(res, (text) => {
      const username = new URLSearchParams(text).get('username');
      const user = [...users.values()].find((known) => known.username === username)!;
      answer(res, '200 OK', JSON.stringify({ access_token: user.id, token_type: 'bearer' }));
    }),
  )
  .post('/groups', (res, req) => {
    const owner = bearer(req);
    body(res, (text) => {
      const group = { id: randomUUID(), ...(JSON.parse(text) as { name: string }), owner_id: owner };
      groups.set(group.id, new Set([owner]));
      answer(res, '201 Created', JSON.stringify(group));
    });
  })
  .post('/groups/:group/members/:user', (res, req) => {
    groups.get(req.getParameter(0) ?? '')!.add(req.getParameter(1) ?? '');
    answer(res, '200 OK', '{}');
  })
  .get('/ready', (res) => answer(res, '200 OK', '{"status":"ready"}'))
  .ws<Session>('/ws', {
    maxPayloadLength: 64 * 1024,
    maxBackpressure: 64 * 1024 * 1024,
    idleTimeout: 120,
    upgrade: (res, req, context) => {
      res.upgrade(
        { user: new URLSearchParams(req.getQuery()).get('token') ?? '' },
        req.getHeader('sec-websocket-key'),
        req.getHeader('sec-websocket-protocol'),
        req.getHeader('sec-websocket-extensions'),
        context,
      );
    },
    open: (ws) => {
      sockets.add(ws);
      const { user } = ws.getUserData();
      for (const page of pages.values()) if (page.viewers.has(user)) ws.subscribe(page.id);
      ws.send(initialState(user));
    },
    message: (ws, data) => receive(ws, ws.getUserData(), JSON.parse(Buffer.from(data).toString()) as Up),
    close: (ws) => {
      sockets.delete(ws);
    },
  })
  .listen('127.0.0.1', Number(process.env['PORT'] ?? 9000), (listening) => {
    if (!listening) {
      console.error('the port is taken: name a free one in PORT');
      process.exit(1);
    }
  });

process.once('SIGTERM', () => process.exit(0));

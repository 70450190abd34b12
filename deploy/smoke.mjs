/**
 * What the smoke test asks of a cluster, one step a call: node smoke.mjs together | one-gone | store-gone | recovered. It runs in a
 * container of the image, which has Node 24, and needs nothing but that (Node 22 is enough: it has WebSocket). Every wait has an
 * end; the first thing that is not as it should be is said, and ends it with 1.
 *
 *   SITE    the cluster from outside, through Caddy      NODE_1, NODE_2    each node by itself
 *   STATE   a file in which one step leaves what the next ones need
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const {
  SITE = 'https://localhost',
  NODE_1 = 'http://node-1:8080',
  NODE_2 = 'http://node-2:8080',
  STATE = '/smoke/state.json',
} = process.env;

/** Longest wait for one answer or message, in milliseconds; and for a cluster to be whole again. */
const ANSWER_MS = 10_000;
const RECOVERY_MS = 60_000;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const say = (text) => console.log(`  ✓ ${text}`);

function demand(isSo, text) {
  if (!isSo) throw new Error(text);
}

async function http(base, method, path, { token, key, body, form } = {}) {
  const headers = { Connection: 'close' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (key) headers['Idempotency-Key'] = key;
  if (body) headers['Content-Type'] = 'application/json';
  const response = await fetch(base + path, {
    method,
    headers,
    body: form ? new URLSearchParams(form) : body && JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function must(status, base, method, path, options) {
  const answer = await http(base, method, path, options);
  demand(
    answer.status === status,
    `${method} ${base}${path} was answered ${answer.status} and not ${status}: ${JSON.stringify(answer.body)}`,
  );
  return answer.body;
}

/** A socket that has had its initial_state; `next` resolves with the first message, received already or later, that `fits`. */
async function listen(base, token) {
  const heard = [];
  let onMessage = () => undefined;
  const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/ws?token=${token}`);
  socket.onmessage = ({ data }) => {
    heard.push(JSON.parse(data));
    onMessage();
  };
  const next = (what, fits) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} has not come within ${ANSWER_MS} ms`)), ANSWER_MS);
      onMessage = () => {
        const found = heard.find(fits);
        if (!found) return;
        clearTimeout(timer);
        resolve(found);
      };
      socket.onclose = ({ code }) => reject(new Error(`the socket at ${base} was closed with ${code}`));
      onMessage();
    });
  const close = () => {
    socket.onclose = null;
    socket.close();
  };
  return { initial: await next('initial_state', ({ type }) => type === 'initial_state'), next, close };
}

const triggered =
  (alarm, price) =>
  ({ type, payload }) =>
    type === 'alarm_update' &&
    payload.alarm_id === alarm &&
    payload.action === 'triggered' &&
    payload.data.price === price;
const trigger = (status, base, { token, alarm }, price, key = randomUUID()) =>
  must(status, base, 'POST', `/alarms/${alarm}/trigger`, { token, key, body: { price } });

/** The same command with the same id until it has had its effect. */
async function triggerUntilDone(base, state, price) {
  const key = randomUUID();
  const deadline = performance.now() + RECOVERY_MS;
  for (;;) {
    const failure = await trigger(200, base, state, price, key).then(
      () => undefined,
      (error) => error,
    );
    if (!failure) return;
    if (performance.now() > deadline) throw failure;
    await pause(500);
  }
}

async function together() {
  const username = `smoke-${randomUUID().slice(0, 8)}`;
  const password = randomUUID();
  await must(201, SITE, 'POST', '/register', { body: { username, password } });
  // The other node learns of the registration a moment later.
  const deadline = performance.now() + ANSWER_MS;
  const login = () => http(NODE_2, 'POST', '/login', { form: { username, password } });
  let answer = await login();
  while (answer.status === 401 && performance.now() < deadline) {
    await pause(200);
    answer = await login();
  }
  demand(answer.status === 200, `a name registered through Caddy cannot log in at node 2: ${answer.status}`);
  const token = answer.body.access_token;
  say('a user registers through Caddy and logs in at node 2');

  const page = await must(201, NODE_2, 'POST', '/pages', { token, body: { name: 'Smoke' } });
  const alarm = await must(201, NODE_2, 'POST', `/pages/${page.id}/alarms`, {
    token,
    body: { ticker: 'EUR/USD', option: 'spot', condition: 'above 1.085' },
  });
  const state = { username, password, token, page: page.id, alarm: alarm.id };
  writeFileSync(STATE, JSON.stringify(state), { mode: 0o600 });
  const socket = await listen(NODE_1, token);
  await trigger(200, NODE_2, state, 1.0851);
  const { payload } = await socket.next('at node 1 the trigger of node 2', triggered(alarm.id, 1.0851));
  socket.close();
  say(`a trigger at node 2 reaches a socket at node 1, as seq ${payload.seq}`);

  const outside = await listen(SITE, token);
  for (let n = 0; n < 10; n += 1) await trigger(200, SITE, state, 2 + n);
  await outside.next('through Caddy the last of ten triggers', triggered(alarm.id, 11));
  outside.close();
  say('ten triggers through Caddy reach a socket through Caddy');
}

async function oneGone(state) {
  const { username, password } = state;
  demand(
    await fetch(`${NODE_1}/health`, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
      () => false,
      () => true,
    ),
    'node 1 was killed and still answers',
  );
  const { access_token: token } = await must(200, SITE, 'POST', '/login', { form: { username, password } });
  for (let n = 0; n < 10; n += 1) await trigger(200, SITE, { ...state, token }, 20 + n);
  say('with node 1 dead, a login and ten triggers through Caddy all succeed at the first attempt');
  const socket = await listen(SITE, token);
  demand(
    socket.initial.payload.pages.some(({ id }) => id === state.page),
    'the page is not in initial_state',
  );
  await trigger(200, SITE, { ...state, token }, 30);
  await socket.next('through Caddy an update', triggered(state.alarm, 30));
  socket.close();
  say('a new socket through Caddy has the state and the updates');
}

async function storeGone(state) {
  const socket = await listen(SITE, state.token);
  demand(
    socket.initial.payload.pages.some(({ id }) => id === state.page),
    'the page is not in initial_state',
  );
  say('without EventStoreDB a new socket has the state');
  const startedAt = performance.now();
  const { code } = await trigger(503, SITE, state, 40);
  demand(code === 'store_unavailable', `a trigger is refused with ${code} and not with store_unavailable`);
  socket.close();
  say(`a trigger is refused with store_unavailable, after ${Math.round(performance.now() - startedAt)} ms`);
}

async function recovered(state) {
  await triggerUntilDone(NODE_1, state, 50);
  await triggerUntilDone(NODE_2, state, 51);
  const socket = await listen(NODE_1, state.token);
  await trigger(200, NODE_2, state, 52);
  await socket.next('at node 1 the trigger of node 2', triggered(state.alarm, 52));
  socket.close();
  say('with EventStoreDB back, both nodes serve, and receive each other’s events');
  const histories = await Promise.all([NODE_1, NODE_2].map((node) => history(node, state)));
  demand(JSON.stringify(histories[0]) === JSON.stringify(histories[1]), 'the histories of the two nodes differ');
  const prices = histories[0].filter(({ type }) => type === 'AlarmTriggered').map(({ data }) => data.price);
  // What was refused without the store may have had its effect after all: "not known yet" is what that refusal says.
  const counted = prices.filter((price) => price !== 40);
  demand(
    counted.length === new Set(counted).size && counted.length === 25,
    `the history has ${counted.length} triggers and not 25, or one of them twice: ${prices}`,
  );
  say(`the history is the same on both nodes, with every trigger once (${histories[0].length} events)`);
}

async function history(node, { token, page }) {
  const head = await http(node, 'GET', `/pages/${page}/events?limit=1000`, { token });
  demand(head.status === 200, `history at ${node}: ${head.status}`);
  return head.body.events;
}

const steps = { together, 'one-gone': oneGone, 'store-gone': storeGone, recovered };
const step = steps[process.argv[2]];
try {
  demand(step, `which step? ${Object.keys(steps).join(', ')}`);
  await step(step === together ? undefined : JSON.parse(readFileSync(STATE, 'utf8')));
} catch (error) {
  console.error(`  ✗ ${error.message}${error.cause ? ` (${error.cause.code ?? error.cause.message})` : ''}`);
  process.exitCode = 1;
}

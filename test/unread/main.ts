/**
 * `npm run unread`: how much the server holds for sockets that never read their state, and what those that read notice of it. A
 * server process, 100 sockets that read and 1,000 that do not, all of them of users who see one page of some 5 MB.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { stoppedSocket } from '../gateway/stopped-reader.js';
import { request } from '../journeys/http-requests.js';
import { ServerProcess } from '../running/server-process.js';

const MIB = 1024 * 1024;
/** Each alarm is as long as it may be, some 2.8 KB. */
const ALARMS = 1_800;
const LONG = { ticker: '😀'.repeat(100), option: '😀'.repeat(100), condition: '😀'.repeat(500) };
const PASSWORD = 'correct horse battery staple';

const { values } = parseArgs({ options: { readers: { type: 'string', default: '100' }, unread: { type: 'string', default: '1000' }, seconds: { type: 'string', default: '20' }, rate: { type: 'string', default: '20' }, users: { type: 'string', default: '10' }, rounds: { type: 'string', default: '3' } } });
const [readerCount, unreadCount, seconds, rate, userCount, rounds] = [values.readers, values.unread, values.seconds, values.rate, values.users, values.rounds].map(Number) as [number, number, number, number, number, number];

const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-unread-'));
const server = await ServerProcess.start({ dataDir });
const teardowns: (() => unknown)[] = [];

try {
  await measure(server.url);
} finally {
  for (const teardown of teardowns) teardown();
  await server.end('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
}

async function measure(url: string): Promise<void> {
  const people = await Promise.all(Array.from({ length: userCount + 1 }, (_, at) => account(url, `user-${at}`)));
  const [owner, ...viewers] = people as [Account, ...Account[]];
  const page: string = (await post(url, owner, '/pages', { name: 'Large' })).id;
  for (let at = 0; at < ALARMS; at += 50) await Promise.all(Array.from({ length: 50 }, () => post(url, owner, `/pages/${page}/alarms`, LONG)));
  const alarm: string = (await post(url, owner, `/pages/${page}/alarms`, { ticker: 'EUR/USD', option: 'spot', condition: 'above' })).id;
  for (const { id } of viewers) await post(url, owner, `/pages/${page}/shares`, { subject_type: 'user', subject_id: id, can_view: true, can_edit: false });

  /** When the trigger of each price was sent, and what the update of it took to each reader; in ms. */
  const sentAt = new Map<number, number>();
  let latencies: number[] = [];
  const readers = await Promise.all(Array.from({ length: readerCount }, (_, at) => reader(url, viewers[at % viewers.length]!, (price) => latencies.push(performance.now() - sentAt.get(price)!))));
  const publisher = await reader(url, owner, () => undefined);
  let price = 0;
  const load = async (): Promise<Phase> => {
    latencies = [];
    const [first, samples] = [price, [] as Sample[]];
    const until = performance.now() + seconds * 1_000;
    for (let nextSample = 0; performance.now() < until; await after(1_000 / rate)) {
      price += 1;
      sentAt.set(price, performance.now());
      publisher.send(JSON.stringify({ type: 'trigger_alarm', payload: { alarm_id: alarm, price } }));
      if (performance.now() < nextSample) continue;
      nextSample = performance.now() + 500;
      samples.push(await sample(url, server.pid));
    }
    await after(1_000);
    const sorted = latencies.sort((a, b) => a - b);
    const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
    return { triggers: price - first, heard: sorted.length, p50: quantile(0.5), p99: quantile(0.99), rss: Math.max(...samples.map(({ rss }) => rss)), undelivered: Math.max(...samples.map(({ undelivered }) => undelivered)), sockets: samples.at(-1)!.sockets };
  };

  say('warming up', await load());
  const calm: Phase[] = [];
  const beside: Phase[] = [];
  // In turn, since other work on the machine comes and goes.
  for (let round = 0; round < rounds; round += 1) {
    calm.push(await load());
    say(`${readerCount} sockets that read`, calm.at(-1)!);
    const startedAt = performance.now();
    const before = await statesSent(url);
    for (let at = 0; at < unreadCount; at += 50) {
      await Promise.all(Array.from({ length: Math.min(50, unreadCount - at) }, (_, of) => stoppedSocket({ teardown: (end) => teardowns.push(end as () => void) }, url, viewers[(at + of) % viewers.length]!.token)));
    }
    while ((await statesSent(url)) < before + unreadCount) await after(100);
    const joinedMs = Math.round(performance.now() - startedAt);
    beside.push(await load());
    say(`beside ${unreadCount} that never read (all had joined after ${joinedMs} ms)`, beside.at(-1)!);
    for (const teardown of teardowns.splice(0)) teardown();
    while ((await sample(url, server.pid)).sockets > readerCount + 1) await after(100);
  }
  const median = (phases: readonly Phase[], value: (phase: Phase) => number): number => phases.map(value).sort((a, b) => a - b)[Math.floor(phases.length / 2)]!;
  const [with99, without99] = [beside, calm].map((phases) => median(phases, ({ p99 }) => p99)) as [number, number];
  const most = (phases: readonly Phase[]): number => Math.max(...phases.map(({ rss }) => rss));
  process.stdout.write(`median p99 ${without99.toFixed(1)} ms without and ${with99.toFixed(1)} ms beside them: ${(with99 / without99).toFixed(2)} times; at most ${((most(beside) - most(calm.slice(0, 1))) / MIB).toFixed(0)} MiB more memory\n`);
  for (const socket of readers) socket.terminate();
  publisher.terminate();
}

interface Phase {
  readonly triggers: number;
  readonly heard: number;
  readonly p50: number;
  readonly p99: number;
  readonly rss: number;
  readonly undelivered: number;
  readonly sockets: number;
}

interface Sample {
  readonly rss: number;
  readonly undelivered: number;
  readonly sockets: number;
}

function say(what: string, { triggers, heard, p50, p99, rss, undelivered, sockets }: Phase): void {
  process.stdout.write(`${what}: ${triggers} triggers, ${heard} updates heard, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; server: ${(rss / MIB).toFixed(0)} MiB resident at most, ${(undelivered / MIB).toFixed(1)} MiB waiting for clients, ${sockets} sockets\n`);
}

interface Account {
  readonly id: string;
  readonly token: string;
}

async function account(url: string, username: string): Promise<Account> {
  const { json } = await request(url, 'POST', '/register', { body: { username, password: PASSWORD } });
  const login = await request(url, 'POST', '/login', { body: { username, password: PASSWORD } });
  return { id: json.id, token: login.json.access_token };
}

async function post(url: string, { token }: Account, path: string, body: unknown): Promise<any> {
  const { status, json, text } = await request(url, 'POST', path, { token, body });
  if (status >= 300) throw new Error(`${path}: ${status} ${text}`);
  return json;
}

/** A socket that reads; `heard` is told the price of each update. Resolves when it has its state. */
function reader(url: string, { token }: Account, heard: (price: number) => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?token=${token}`, { skipUTF8Validation: true });
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      if (data.length > 10_000) return resolve(socket);
      const { type, payload } = JSON.parse(String(data));
      if (type === 'alarm_update') heard(payload.data.price);
    });
  });
}

async function sample(url: string, pid: number): Promise<Sample> {
  const { text } = await request(url, 'GET', '/metrics');
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1]);
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
  return { rss, undelivered: metric('alarm_server_undelivered_bytes'), sockets: metric('alarm_server_sockets') };
}

/** States of pages that were sent since the server's start. */
async function statesSent(url: string): Promise<number> {
  const { text } = await request(url, 'GET', '/metrics');
  return Number(/^alarm_server_page_states_sent_total (\d+)$/m.exec(text)![1]);
}

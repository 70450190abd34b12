/**
 * `npm run unread`: how much the server holds for sockets that never read their state, and what those that read notice of it. A
 * server process, 100 sockets that read here and 1,000 in another process that do not, all of them of users who see one page of some 5 MB.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { request } from '../e2e/http-requests.js';
import { ServerProcess } from '../process/server-process.js';
import { wholeNumber } from '../runner/given-number.js';
import type { ToOpen } from './stopped-sockets.js';

const MIB = 1024 * 1024;
/** Each alarm is as long as it may be, some 2.8 KB. */
const ALARMS = 1_800;
const LONG = { ticker: '😀'.repeat(100), option: '😀'.repeat(100), condition: '😀'.repeat(500) };
const PASSWORD = 'correct horse battery staple';

const { values } = parseArgs({
  options: {
    readers: { type: 'string' },
    unread: { type: 'string' },
    seconds: { type: 'string' },
    rate: { type: 'string' },
    users: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const readerCount = wholeNumber('--readers', values.readers, 100);
const unreadCount = wholeNumber('--unread', values.unread, 1_000);
const seconds = wholeNumber('--seconds', values.seconds, 20);
const rate = wholeNumber('--rate', values.rate, 20);
const userCount = wholeNumber('--users', values.users, 10);
const rounds = wholeNumber('--rounds', values.rounds, 3);

const dataDir = mkdtempSync(join(tmpdir(), 'alarm-server-unread-'));
const server = await ServerProcess.start({ dataDir });
const stopped = fork(fileURLToPath(new URL('stopped-sockets.js', import.meta.url)));

try {
  await measure(server.url);
} finally {
  stopped.kill();
  await server.end('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
}

async function measure(url: string): Promise<void> {
  const people = await Promise.all(Array.from({ length: userCount + 1 }, (_, at) => account(url, `user-${at}`)));
  const [owner, ...viewers] = people as [Account, ...Account[]];
  const page: string = (await post(url, owner, '/pages', { name: 'Large' })).id;
  for (let at = 0; at < ALARMS; at += 50)
    await Promise.all(Array.from({ length: 50 }, () => post(url, owner, `/pages/${page}/alarms`, LONG)));
  const alarm: string = (
    await post(url, owner, `/pages/${page}/alarms`, { ticker: 'EUR/USD', option: 'spot', condition: 'above' })
  ).id;
  for (const { id } of viewers)
    await post(url, owner, `/pages/${page}/shares`, {
      subject_type: 'user',
      subject_id: id,
      can_view: true,
      can_edit: false,
    });

  /** When the trigger of each price was sent, on the monotonic clock, and what its updates took to the readers; in ms. */
  const sentAt = new Map<number, number>();
  const latencies = new Map<number, number[]>();
  const readers = await Promise.all(
    Array.from({ length: readerCount }, (_, at) =>
      reader(url, viewers[at % viewers.length]!, (price) =>
        latencies.get(price)!.push(performance.now() - sentAt.get(price)!),
      ),
    ),
  );
  const publisher = await reader(url, owner, () => undefined);
  let price = 0;
  let samples: Sample[] = [];
  /** Triggers the alarm in even steps until it is over. The server is asked what it holds between two triggers, so that no update waits for that answer. */
  const trigger = async (isOver: () => boolean): Promise<void> => {
    samples = [];
    for (let [next, nextSample] = [performance.now(), 0]; !isOver(); ) {
      price += 1;
      latencies.set(price, []);
      sentAt.set(price, performance.now());
      publisher.send(JSON.stringify({ type: 'trigger_alarm', payload: { alarm_id: alarm, price } }));
      await after(500 / rate);
      if (performance.now() >= nextSample) {
        nextSample = performance.now() + 500;
        samples.push(await sample(url, server.pid));
      }
      next = Math.max(next + 1_000 / rate, performance.now());
      await after(next - performance.now());
    }
    await after(1_000);
  };
  /** Of the triggers of these prices. */
  const phase = (first: number, last: number): Phase => {
    const sorted = Array.from({ length: last - first + 1 }, (_, at) => latencies.get(first + at)!)
      .flat()
      .sort((a, b) => a - b);
    const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
    return {
      triggers: last - first + 1,
      heard: sorted.length,
      p50: quantile(0.5),
      p99: quantile(0.99),
      rss: Math.max(...samples.map(({ rss }) => rss)),
      undelivered: Math.max(...samples.map(({ undelivered }) => undelivered)),
      sockets: samples.at(-1)!.sockets,
    };
  };
  const open = async (count: number): Promise<void> => {
    stopped.send({ url, count, tokens: viewers.map(({ token }) => token) } satisfies ToOpen);
    await once(stopped, 'message');
  };
  const allJoin = async (): Promise<void> => {
    const before = await statesSent(url);
    await open(unreadCount);
    while ((await statesSent(url)) < before + unreadCount) await after(100);
  };
  const withoutOthers = async (what: string): Promise<Phase> => {
    const [first, until] = [price + 1, performance.now() + seconds * 1_000];
    await trigger(() => performance.now() >= until);
    return said(what, phase(first, price));
  };

  await withoutOthers('warming up');
  const calm: Phase[] = [];
  const beside: Phase[] = [];
  const withJoining: Phase[] = [];
  // In turn, since other work on the machine comes and goes.
  for (let round = 0; round < rounds; round += 1) {
    calm.push(await withoutOthers(`${readerCount} sockets that read`));
    const [first, startedAt] = [price + 1, performance.now()];
    let [joined, until] = [0, Infinity];
    const joining = allJoin().then(() => ([joined, until] = [price, performance.now() + seconds * 1_000]));
    await Promise.all([joining, trigger(() => performance.now() >= until)]);
    said(
      `while ${unreadCount} that never read join, ${Math.round(until - seconds * 1_000 - startedAt)} ms`,
      phase(first, joined),
    );
    // With what the system's buffers still take of their states.
    beside.push(said(`beside them from then on`, phase(joined + 1, price)));
    withJoining.push(phase(first, price));
    await open(0);
    while ((await sample(url, server.pid)).sockets > readerCount + 1) await after(100);
  }
  const median = (phases: readonly Phase[]): number =>
    phases.map(({ p99 }) => p99).sort((a, b) => a - b)[Math.floor(phases.length / 2)]!;
  const most = (phases: readonly Phase[]): number => Math.max(...phases.map(({ rss }) => rss));
  const compared = (phases: readonly Phase[]): string =>
    `${median(phases).toFixed(1)} ms, ${(median(phases) / median(calm)).toFixed(2)} times`;
  process.stdout.write(
    `median p99 ${median(calm).toFixed(1)} ms without, and beside them ${compared(beside)} (with their joining ${compared(withJoining)}); at most ${((most(beside) - most(calm.slice(0, 1))) / MIB).toFixed(0)} MiB more memory\n`,
  );
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

function said(what: string, phase: Phase): Phase {
  const { triggers, heard, p50, p99, rss, undelivered, sockets } = phase;
  process.stdout.write(
    `${what}: ${triggers} triggers, ${heard} updates received, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; server: ${(rss / MIB).toFixed(0)} MiB resident at most, ${(undelivered / MIB).toFixed(1)} MiB waiting for clients, ${sockets} sockets\n`,
  );
  return phase;
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

/** A socket that reads; `heard` is called with the price of each update. Resolves when it has its state. */
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

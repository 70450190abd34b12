/** What followers of /events cost a trigger, beside as many sockets; and what one of them takes in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { login, register } from '@alarm-server/client';
import { runLoadTool } from '../load-process.js';
import { ServerProcess, type Work } from '../server-process.js';

export interface TriggerCost {
  /** Processor time of the server for each trigger, all threads together; µs. */
  readonly cpuUs: number;
  /** From a trigger to its own publisher, p50; ms. */
  readonly ownMs: number;
  /** To those who watch, p50 and p99; ms. */
  readonly watcherMs: readonly [number, number];
}

/** `rate`: triggers a second. `seconds`: measured time. */
export async function triggerCost(
  parent: string,
  by: 'viewers' | 'followers',
  count: number,
  rate: number,
  seconds: number,
): Promise<TriggerCost> {
  const folder = mkdtempSync(join(parent, 'feed-cost-'));
  const server = await ServerProcess.real(folder);
  const samples: (Work & { readonly at: number })[] = [];
  let isOver = false;
  try {
    const watching = (async () => {
      while (!isOver) {
        samples.push({ at: performance.now(), ...(await server.work()) });
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    })();
    const watchers = by === 'viewers' ? ['--viewers', String(count)] : ['--viewers', '0', '--followers', String(count)];
    const time = ['--duration', String(seconds), '--warm-up', '2', '--rate', String(rate), '--alarms', '100'];
    const { latency } = await runLoadTool(['--url', server.url, ...time, ...watchers]).finally(() => {
      isOver = true;
    });
    await watching;
    const last = samples.at(-1);
    const first = last && samples.find(({ at, events }) => at >= last.at - seconds * 1_000 && events < last.events);
    if (!first) throw new Error('the server could not be asked for its work often enough while the load ran');
    const to = by === 'viewers' ? latency.to_viewer : latency.to_follower;
    return {
      cpuUs: (1e6 * (last.cpuSeconds - first.cpuSeconds)) / (last.events - first.events),
      ownMs: latency.to_publisher.p50_us / 1_000,
      watcherMs: [to.p50_us / 1_000, to.p99_us / 1_000],
    };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Memory that each of so many followers takes when it has caught up: resident, and of the heap after a collection; bytes. */
export async function memoryOfFollower(
  parent: string,
  count: number,
): Promise<{ readonly rss: number; readonly heap: number }> {
  const folder = mkdtempSync(join(parent, 'feed-memory-'));
  const server = await ServerProcess.real(folder, { probed: true });
  const open: (() => void)[] = [];
  try {
    const credentials = { username: 'reader', password: 'a long password of the benchmark' };
    await register(server.url, credentials);
    const token = await login(server.url, credentials);
    await follow(server.url, token, open);
    const before = await server.memory();
    for (let at = 0; at < count; at += 1) await follow(server.url, token, open);
    const after = await server.memory();
    return { rss: (after.rss - before.rss) / count, heap: (after.heap - before.heap) / count };
  } finally {
    for (const close of open) close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves when it has caught up. */
function follow(url: string, token: string, open: (() => void)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/events?follow=1&after=now`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' },
      agent: false,
    });
    asked.on('error', reject);
    asked.on('response', (response) => response.once('data', () => resolve()).resume());
    asked.end();
    open.push(() => {
      asked.off('error', reject).on('error', () => undefined);
      asked.destroy();
    });
  });
}

/** From the answer on one node to the push on another: two servers on one EventStoreDB, one trigger at a time. */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AlarmClient, login, register } from '@alarm-server/client';
import { WebSocket } from 'ws';
import { ServerProcess } from './server-process.js';

/** Pause between two triggers, in milliseconds: a light load. */
const PAUSE_MS = 10;

export interface NodeLag {
  /** In ms; below zero where the push came before the answer. */
  readonly p50: number;
  readonly p99: number;
}

export async function measureNodeLag(
  folder: string,
  environment: Record<string, string>,
  triggers: number,
): Promise<NodeLag> {
  const data = await Promise.all([1, 2].map(() => mkdtemp(join(folder, 'node-'))));
  const servers = await Promise.all(data.map((dataDir) => ServerProcess.real(dataDir, { environment })));
  const [here, there] = servers as [ServerProcess, ServerProcess];
  try {
    const account = { username: `lag-${randomBytes(4).toString('hex')}`, password: randomBytes(16).toString('hex') };
    await register(here.url, account);
    const token = await login(here.url, account);
    const publisher = await AlarmClient.connect({ url: here.url, token, WebSocket: WebSocket as never });
    const { data: page } = await publisher.command('create_page', { name: 'Lag' });
    const { data: alarm, position } = await publisher.command('create_alarm', {
      page_id: page.id,
      ticker: 'EUR/USD',
      option: 'spot',
      condition: 'above',
    });
    await fetch(`${there.url}/pages?min_position=${position}`, { headers: { Authorization: `Bearer ${token}` } });
    const viewer = new WebSocket(`${there.url.replace(/^http/, 'ws')}/ws?token=${token}`);
    const pushed = new Map<number, number>();
    let told: () => void = () => undefined;
    viewer.on('message', (text) => {
      const at = performance.now();
      const { type, payload } = JSON.parse(String(text)) as { type: string; payload: { action?: string; seq: number } };
      if (type === 'alarm_update' && payload.action === 'triggered') pushed.set(payload.seq, at);
      told();
    });
    await new Promise<void>((resolve) => (told = resolve));
    const lags: number[] = [];
    for (let n = 0; n < triggers; n++) {
      const { seq } = await publisher.command('trigger_alarm', { alarm_id: alarm.id, price: n });
      const answeredAt = performance.now();
      while (!pushed.has(seq)) await new Promise<void>((resolve) => (told = resolve));
      lags.push(pushed.get(seq)! - answeredAt);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    viewer.close();
    publisher.close();
    lags.sort((a, b) => a - b);
    return { p50: lags[Math.floor(triggers / 2)]!, p99: lags[Math.floor(triggers * 0.99)]! };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(data.map((dataDir) => rm(dataDir, { recursive: true, force: true })));
  }
}

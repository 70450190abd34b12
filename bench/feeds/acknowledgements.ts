/** How many claims and acknowledgements a server answers in a second: one after the other, and many at a time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  AlarmClient,
  acknowledge,
  claimPartition,
  login,
  putSubscription,
  readSubscription,
  register,
  releasePartition,
} from '@alarm-server/client';
import { WebSocket } from 'ws';
import { ServerProcess } from '../server-process.js';

const NAME = 'ledger';
/** Subscriptions whose consumers work at the same time. */
const AT_ONCE = 64;

export interface AcknowledgementRates {
  /** Of one consumer, each when the one before it was answered; a second. */
  readonly acknowledgements: number;
  readonly claims: number;
  /** Of many consumers of as many subscriptions; a second. */
  readonly acknowledgementsAtOnce: number;
}

/** `count`: of each. */
export async function acknowledgementRates(parent: string, count: number): Promise<AcknowledgementRates> {
  const folder = mkdtempSync(join(parent, 'feed-acks-'));
  const server = await ServerProcess.real(folder);
  try {
    const { url } = server;
    const credentials = { username: 'reader', password: 'a long password of the benchmark' };
    await register(url, credentials);
    const token = await login(url, credentials);
    const client = await AlarmClient.connect({ url, token, WebSocket });
    const { id: page_id } = await client.createPage({ name: 'Page' });
    const alarm = { page_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' };
    const { id: alarm_id } = await client.createAlarm(alarm);
    const triggers = Array.from({ length: count }, (_, price) => client.triggerAlarm({ alarm_id, price }));
    await Promise.all(triggers);
    await client.close();
    await putSubscription(url, token, NAME, { partitions: 2 });
    const claims = await perSecond(count, async () => {
      await releasePartition(url, token, NAME, await claimPartition(url, token, NAME, 'claims'));
    });
    await putSubscription(url, token, 'one', {});
    const { events } = await readSubscription(url, token, 'one', { limit: 10_000 });
    const cursors = events.map(({ cursor }) => cursor).values();
    const acknowledgements = await perSecond(events.length, async () => {
      await acknowledge(url, token, 'one', { cursor: cursors.next().value ?? '' });
    });
    const names = Array.from({ length: AT_ONCE }, (_, at) => `many-${at}`);
    await Promise.all(names.map((name) => putSubscription(url, token, name, {})));
    const each = Math.ceil(count / AT_ONCE) * 4;
    const began = performance.now();
    await Promise.all(
      names.map(async (name) => {
        for (const { cursor } of events.slice(0, each)) await acknowledge(url, token, name, { cursor });
      }),
    );
    const atOnce = (AT_ONCE * Math.min(each, events.length) * 1_000) / (performance.now() - began);
    return { claims, acknowledgements, acknowledgementsAtOnce: atOnce };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function perSecond(count: number, what: () => Promise<void>): Promise<number> {
  const began = performance.now();
  for (let at = 0; at < count; at += 1) await what();
  return (count * 1_000) / (performance.now() - began);
}

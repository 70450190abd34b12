/** What Redis does with the same work: an entry of a stream for a trigger, and a message published with it for those who watch. */
import { encodeCommand, type Redis, RedisClient } from './redis.js';
import { type Tail, tailOf } from './tail.js';

const WARM_UP_MS = 1_000;

/** As long as an event of a trigger with its metadata. */
const ENTRY = 'e'.repeat(300);
/** As long as an alarm_update. */
const MESSAGE = 'm'.repeat(530);

const add = encodeCommand(['XADD', 'page', '*', 'event', ENTRY]);
/** The entry and the message, as one: nobody is told what is not kept. Its replies: OK, QUEUED, QUEUED, and both results. */
const addAndPublish =
  encodeCommand(['MULTI']) + add + encodeCommand(['PUBLISH', 'page', MESSAGE]) + encodeCommand(['EXEC']);

/** Entries a second with so many in flight, over so many sockets. */
export async function redisEntriesPerSecond(
  redis: Redis,
  { inFlight, sockets, seconds }: { inFlight: number; sockets: number; seconds: number },
): Promise<number> {
  let done = 0;
  let isOver = false;
  const clients: RedisClient[] = [];
  for (let at = 0; at < sockets; at += 1) {
    const client = await RedisClient.connect(redis.port, () => {
      done += 1;
      if (!isOver) client.write(add);
    });
    clients.push(client);
  }
  for (const client of clients) client.write(add.repeat(inFlight / sockets));
  const perSecond = await measured(seconds, () => done);
  isOver = true;
  for (const client of clients) client.close();
  return perSecond;
}

/** Deliveries a second to so many subscribers, each of an entry that is kept. */
export async function redisDeliveriesPerSecond(
  redis: Redis,
  { inFlight, subscribers, seconds }: { inFlight: number; subscribers: number; seconds: number },
): Promise<number> {
  let delivered = 0;
  let subscribed = 0;
  let isOver = false;
  const clients: RedisClient[] = [];
  const channel = encodeCommand(['SUBSCRIBE', 'page']);
  let onAll = (): void => undefined;
  const all = new Promise<void>((resolve) => (onAll = resolve));
  for (let at = 0; at < subscribers; at += 1) {
    let isFirst = true;
    const client = await RedisClient.connect(redis.port, () => {
      if (!isFirst) delivered += 1;
      else if (++subscribed === subscribers) onAll();
      isFirst = false;
    });
    client.write(channel);
    clients.push(client);
  }
  await all;
  const publisher = await RedisClient.connect(redis.port, (kind) => {
    if (kind === '*' && !isOver) publisher.write(addAndPublish);
  });
  clients.push(publisher);
  publisher.write(addAndPublish.repeat(inFlight));
  const perSecond = await measured(seconds, () => delivered);
  isOver = true;
  for (const client of clients) client.close();
  return perSecond;
}

/** `rate` entries a second over one socket, in an open loop. */
export async function redisTail(redis: Redis, rate: number, seconds: number): Promise<Tail> {
  const latencies = new Float64Array(Math.floor(rate * seconds));
  let answered = 0;
  let onAll = (): void => undefined;
  const all = new Promise<void>((resolve) => (onAll = resolve));
  const beganAt = performance.now();
  const client = await RedisClient.connect(redis.port, () => {
    latencies[answered] = performance.now() - beganAt - (1_000 * (answered + 1)) / rate;
    answered += 1;
    if (answered === latencies.length) onAll();
  });
  for (let sent = 0; sent < latencies.length; ) {
    const due = Math.min(latencies.length, Math.floor(((performance.now() - beganAt) / 1_000) * rate));
    if (due > sent) client.write(add.repeat(due - sent));
    sent = Math.max(sent, due);
    // As the load tool: a timer of a millisecond would be later than what is measured.
    await new Promise(setImmediate);
  }
  await all;
  client.close();
  return tailOf(latencies);
}

/** How much `count` grows in a second, after a warm-up. */
async function measured(seconds: number, count: () => number): Promise<number> {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  await pause(Math.min(WARM_UP_MS, seconds * 1_000));
  const [before, beganAt] = [count(), performance.now()];
  await pause(seconds * 1_000);
  return (count() - before) / ((performance.now() - beganAt) / 1_000);
}

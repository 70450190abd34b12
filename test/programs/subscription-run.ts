/**
 * A seeded run: consumers that read, acknowledge, die and take over, tokens that end, nodes that are killed, rights that change, answers that are lost. What
 * was told is judged by the log alone (subscription-checker.ts).
 */
import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '../../src/domain/events.js';
import { pageStream } from '../../src/domain/streams.js';
import { partitionOf } from '../../src/feeds/durable-subscription.js';
import type { EventLog, RecordedEvent } from '../../src/log/event-log.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import type { StateStore } from '../../src/log/state-store.js';
import { newEvent } from '../commands/wayward-log.js';
import { Random } from '../crash/random.js';
import { Judge, positionOf, type Told } from './subscription-checker.js';
import { type Answer, SubscriptionNode } from './subscription-node.js';

const READER = randomUUID();
const OWNER = randomUUID();

export interface RunSettings {
  readonly seed: number;
  readonly steps: number;
  /** Opens the log for another node, or again. */
  readonly openLog: () => Promise<EventLog & StateStore>;
  /** A file for the read model of the node with this number. */
  readonly fileOf: (node: number) => string;
  readonly nodes: 1 | 2;
}

export interface RunResult {
  readonly faults: readonly string[];
  readonly told: number;
  readonly acknowledged: number;
  readonly takeovers: number;
  readonly kills: number;
}

interface Claim {
  readonly partition: number;
  readonly epoch: number;
}

/** A consumer. What it knows is lost when it dies. */
interface Consumer {
  name: string;
  claim: Claim | undefined;
  /** Cursors that it was told and has not acknowledged, oldest first. */
  cursors: string[];
}

export async function runSubscription({ seed, steps, openLog, fileOf, nodes: count }: RunSettings): Promise<RunResult> {
  const random = new Random(seed);
  let now = Date.now();
  const start = async (node: number) => SubscriptionNode.start(await openLog(), fileOf(node), READER, () => now);
  const nodes: SubscriptionNode[] = [];
  for (let node = 0; node < count; node += 1) nodes.push(await start(node));
  const anyNode = (): SubscriptionNode => nodes[random.between(0, count - 1)]!;

  const pages = Array.from({ length: random.between(2, 6) }, () => ({
    id: randomUUID(),
    revision: NO_STREAM,
    isShared: false,
  }));
  const append = async (page: (typeof pages)[number], event: DomainEvent): Promise<void> => {
    const appended = await anyNode().log.append(pageStream(page.id), page.revision, [newEvent(OWNER, event)]);
    if (appended.kind !== 'appended') throw new Error(`The append ended as ${appended.kind}`);
    page.revision = appended.revision;
  };
  const share = async (page: (typeof pages)[number], can_view: boolean): Promise<void> => {
    page.isShared = can_view;
    await append(page, {
      type: 'PageShared',
      data: { subject_type: 'user', subject_id: READER, can_view, can_edit: false },
    });
  };
  for (const page of pages) {
    await append(page, { type: 'PageCreated', data: { name: 'Page', owner_id: OWNER } });
    await append(page, { type: 'AlarmCreated', data: { alarm_id: page.id, ticker: 'A', option: '', condition: '' } });
    if (random.chance(0.7)) await share(page, true);
  }
  const partitions = random.between(1, 3);
  const made = await nodes[0]!.call('put_subscription', { partitions, start: 'start' });
  if (made.status !== 201) throw new Error(`PUT: ${JSON.stringify(made)}`);

  const faults: string[] = [];
  const told: Told[] = [];
  /** By partition: what was answered as acknowledged, and the highest epoch that was answered. */
  const acknowledged = Array.from({ length: partitions }, () => 0n);
  const epochs = Array.from({ length: partitions }, () => -1);
  const consumers: Consumer[] = Array.from({ length: random.between(1, 3) }, (_, at) => ({
    name: `consumer-${at}`,
    claim: undefined,
    cursors: [],
  }));
  let [acks, takeovers, kills, names] = [0, 0, 0, 0];
  const expected = new Set([200, 204, 401, 409, 503]);
  const call = async (...asked: Parameters<SubscriptionNode['call']>): Promise<Answer> => {
    const answer = await anyNode().call(...asked);
    if (!expected.has(answer.status)) faults.push(`${asked[0]} was answered ${JSON.stringify(answer)}`);
    return answer;
  };

  const claim = async (consumer: Consumer): Promise<void> => {
    const before = [...epochs];
    const { status, json } = await call('claim_partition', { consumer: consumer.name });
    if (status !== 200) return;
    const { partition, epoch, cursor } = json;
    if (epoch < (before[partition] ?? 0))
      faults.push(`partition ${partition}: epoch ${epoch} after ${before[partition]}`);
    if (epoch > (epochs[partition] ?? -1) && (epochs[partition] ?? -1) >= 0) takeovers += 1;
    epochs[partition] = Math.max(epochs[partition] ?? -1, epoch);
    if (positionOf(cursor) < (acknowledged[partition] ?? 0n) && before[partition] === epoch)
      faults.push('a claim goes back behind an acknowledgement');
    consumer.claim = { partition, epoch };
    consumer.cursors = [];
  };
  const read = async (consumer: Consumer): Promise<void> => {
    const { partition, epoch } = consumer.claim ?? { partition: 0, epoch: -1 };
    const last = consumer.cursors.at(-1);
    const after = last !== undefined && random.chance(0.5) ? last : undefined;
    const known = acknowledged[partition] ?? 0n;
    const node = anyNode();
    const { status, json } = await node.call('read_subscription', undefined, {
      partition: String(partition),
      epoch: String(epoch),
      limit: String(random.between(1, 8)),
      ...(after === undefined ? {} : { after }),
    });
    if (!expected.has(status)) faults.push(`a read was answered ${status} ${JSON.stringify(json)}`);
    if (status === 409) consumer.claim = undefined;
    // An answer that is lost was not told to anybody.
    if (status !== 200 || random.chance(0.1)) return;
    const events = json.events.map(({ page_id, seq, cursor }: any) => ({
      page: page_id,
      seq,
      position: positionOf(cursor),
    }));
    told.push({
      partition,
      acknowledged: known,
      after: after === undefined ? undefined : positionOf(after),
      events,
      scopes: json.scope,
      next: positionOf(json.next),
      folded: BigInt(node.projection.position ?? '0'),
    });
    for (const { page } of events)
      if (partitionOf(page, partitions) !== partition) faults.push(`${page} is in another partition than ${partition}`);
    consumer.cursors.push(random.chance(0.5) && json.events.length > 0 ? json.events.at(-1).cursor : json.next);
  };
  const acknowledge = async (consumer: Consumer): Promise<void> => {
    const cursor = random.among(consumer.cursors);
    if (cursor === undefined) return;
    const held = consumer.claim ?? { partition: 0, epoch: 0 };
    const newest = epochs[held.partition] ?? -1;
    const { status, json } = await call('acknowledge_events', { ...held, cursor });
    if (status === 409) consumer.claim = undefined;
    if (status !== 200) return;
    if (held.epoch < newest)
      faults.push(`partition ${held.partition} was acknowledged with epoch ${held.epoch} after ${newest}`);
    acks += 1;
    const position = positionOf(json.cursor);
    if (position < positionOf(cursor)) faults.push('an acknowledgement was answered and not kept');
    if (position > (acknowledged[held.partition] ?? 0n)) acknowledged[held.partition] = position;
    consumer.cursors = consumer.cursors.filter((one) => positionOf(one) > position);
  };
  const act = async (consumer: Consumer): Promise<void> => {
    const chance = random.next();
    if (chance < 0.04) {
      // It dies, and comes back under its own name or another one.
      Object.assign(consumer, {
        claim: undefined,
        cursors: [],
        name: random.chance(0.5) ? consumer.name : `consumer-${(names += 1)}-again`,
      });
    } else if (!consumer.claim || chance < 0.1) await claim(consumer);
    else if (chance < 0.14) {
      await call('release_partition', consumer.claim);
      // What it holds is void now; sometimes it does not know that.
      if (random.chance(0.5)) consumer.claim = undefined;
    } else if (chance < 0.65) await read(consumer);
    else await acknowledge(consumer);
  };
  const write = async (): Promise<void> => {
    const page = random.among(pages)!;
    if (random.chance(0.15)) await share(page, !page.isShared);
    else await append(page, { type: 'AlarmTriggered', data: { alarm_id: page.id, price: random.between(1, 9) } });
  };
  const killOne = async (): Promise<void> => {
    const node = random.between(0, count - 1);
    await nodes[node]!.kill();
    kills += 1;
    nodes[node] = await start(node);
  };

  const setToken = (isValid: boolean): void => {
    for (const node of nodes) node.isTokenValid = isValid;
  };

  for (let step = 0; step < steps; step += 1) {
    if (random.chance(0.01)) await killOne();
    // Their token ends, also while a read waits, and they get another one.
    const endsToken = random.chance(0.03);
    if (endsToken && random.chance(0.5)) setToken(false);
    if (random.chance(0.05)) now += random.between(1, 40_000);
    await Promise.all([
      random.chance(0.5) ? write() : undefined,
      ...consumers.map((one) => (random.chance(0.7) ? act(one) : undefined)),
      endsToken ? Promise.resolve().then(() => setToken(false)) : undefined,
    ]);
    setToken(true);
  }

  // In the end all pages are visible, and one consumer after the other takes what is left.
  for (const page of pages) if (!page.isShared) await share(page, true);
  await Promise.all(nodes.map(({ projection }) => projection.atPresent(10_000)));
  now += 60_000;
  for (let partition = 0; partition < partitions; partition += 1) {
    const last: Consumer = { name: `last-${partition}`, claim: undefined, cursors: [] };
    await claim(last);
    if (!last.claim) faults.push('no partition is free in the end');
    for (let isCaughtUp = false; !isCaughtUp; ) {
      const { status, json } = await call('read_subscription', undefined, {
        partition: String(last.claim?.partition ?? 0),
        epoch: String(last.claim?.epoch ?? 0),
        limit: '50',
      });
      if (status === 503) continue;
      if (status !== 200) {
        faults.push(`the last read was answered ${status}`);
        break;
      }
      told.push({
        partition: last.claim?.partition ?? 0,
        acknowledged: acknowledged[last.claim?.partition ?? 0] ?? 0n,
        after: undefined,
        events: json.events.map(({ page_id, seq, cursor }: any) => ({
          page: page_id,
          seq,
          position: positionOf(cursor),
        })),
        scopes: json.scope,
        next: positionOf(json.next),
        folded: 2n ** 62n,
      });
      await call('acknowledge_events', { ...last.claim, cursor: json.next });
      isCaughtUp = json.caught_up;
    }
  }
  const events: RecordedEvent[] = [];
  const whole = nodes[0]!.log.subscribe(undefined, { deliver: (more) => void events.push(...more) });
  await whole.caughtUp;
  whole.close();
  for (const node of nodes) await node.kill();
  const judge = new Judge(events, READER);
  return {
    faults: [
      ...faults,
      ...told.flatMap((one) => judge.faultsOf(one)),
      ...judge.lost(told).map((one) => `${one} was lost`),
    ],
    told: told.reduce((sum, one) => sum + one.events.length, 0),
    acknowledged: acks,
    takeovers,
    kills,
  };
}

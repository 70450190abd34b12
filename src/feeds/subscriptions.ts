/**
 * The subscriptions of all users: kept as operational state, one for each, with a directory for each user and an index of the users who
 * have any (docs/decisions/0027). Any node serves any of them: nothing is kept in a node's memory.
 */
import { randomUUID } from 'node:crypto';
import { cursorPrefix, START_POSITION } from '../log/cursor.js';
import { comparePositions, type EventLog, LogUnavailable, type Position } from '../log/event-log.js';
import type { StateStore } from '../log/state-store.js';
import { TablesBehind } from '../projections/event-reader.js';
import { placeOfMoment } from '../projections/moment-position.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import type { Projection } from '../projections/projection.js';
import { begunAt, type DurableSubscription, type Partition, relocated } from './durable-subscription.js';
import { stateIdOf } from './state-ids.js';
import { StateUpdates, type Updated } from './state-updates.js';
import { SubscriptionUsers } from './subscription-users.js';
import { newSecret, type Webhook } from './webhook.js';

/** Subscriptions that one user may have at a time. */
export const SUBSCRIPTIONS_PER_USER = 100;

/** Partitions of subscriptions with a webhook that one user may have at a time. */
export const WEBHOOK_PARTITIONS_PER_USER = 128;

/** What a `PUT` asks for. */
export interface SubscriptionWish {
  readonly name: string;
  readonly types: readonly string[] | null;
  readonly pages: readonly string[] | null;
  /** Undefined: as it is; one for a new subscription. */
  readonly partitions: number | undefined;
  /** Undefined: it has none, or none any more. */
  readonly webhook?: Pick<Webhook, 'url' | 'max_age_s'> | undefined;
}

/** Where a new subscription begins. */
export interface Beginning {
  readonly position: Position;
  /** A moment in the future, from which on there are events for it. */
  readonly from: string | null;
}

export type Put =
  /** `secret`: of a webhook that is new; it is shown this once. */
  | {
      readonly kind: 'created' | 'changed';
      readonly subscription: DurableSubscription;
      readonly secret?: string | undefined;
    }
  | { readonly kind: 'partitions fixed'; readonly partitions: number }
  | { readonly kind: 'too many' | 'too many webhooks' | 'full' | 'unavailable' };

/** Subscription ids by name. */
type Directory = Readonly<Record<string, string>>;

export interface SubscriptionsOptions {
  readonly log: Pick<EventLog, 'id' | 'engine' | 'eventAt' | 'subscribe'>;
  readonly states: StateStore;
  readonly projection: Pick<Projection, 'position' | 'clock' | 'live' | 'moments' | 'writer'>;
  /** Milliseconds since 1970: leases end by it, so the clocks of nodes must be synchronized. */
  readonly now?: () => number;
}

const webhookOf = ({ webhook }: SubscriptionWish, secrets: Webhook['secrets']): Webhook | undefined =>
  webhook && { ...webhook, secrets, paused: null };

const placeKey = ({ position, event }: Partition): string => `${position} ${event}`;

const directoryOf = (userId: string): string => stateIdOf(`subscriptions of ${userId}`);

export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  readonly #log: string;
  readonly now: () => number;
  readonly #records: StateUpdates<DurableSubscription>;
  readonly #directories: StateUpdates<Directory>;
  readonly #users: SubscriptionUsers;

  /** Brings them to the log as it is now: nobody appends yet. Where the store does not answer, each is brought when it is first read. */
  static async start(options: SubscriptionsOptions): Promise<Subscriptions> {
    const subscriptions = new Subscriptions(options);
    await subscriptions.#users
      .bringToLog((userId) => subscriptions.of(userId))
      .catch((error: unknown) => {
        if (!(error instanceof LogUnavailable)) throw error;
      });
    return subscriptions;
  }

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
    this.now = options.now ?? Date.now;
    this.#log = cursorPrefix(options.log);
    this.#records = new StateUpdates(options.states);
    this.#directories = new StateUpdates(options.states);
    this.#users = new SubscriptionUsers(options.states, this.#log);
  }

  /** Rejects with LogUnavailable, here as below. */
  async find(userId: string, name: string): Promise<DurableSubscription | undefined> {
    const directory = await this.#directories.read(directoryOf(userId));
    const id = directory && Object.hasOwn(directory, name) ? directory[name] : undefined;
    return id === undefined ? undefined : this.#read(id);
  }

  /** By name. */
  async of(userId: string): Promise<DurableSubscription[]> {
    const directory = (await this.#directories.read(directoryOf(userId))) ?? {};
    const found = await Promise.all(Object.values(directory).map((id) => this.#read(id)));
    return found.flatMap((one) => one ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Creates it, or changes its filter; its place stays. `beginning` is asked for where it is new. */
  async put(userId: string, wish: SubscriptionWish, beginning: Beginning): Promise<Put> {
    const { name, types, pages, partitions } = wish;
    if (wish.webhook && (await this.#webhookPartitions(userId, wish)) > WEBHOOK_PARTITIONS_PER_USER)
      return { kind: 'too many webhooks' };
    if (wish.webhook) {
      const listed = await this.#users.add(userId, 'webhooks');
      if (listed.kind !== 'done') return listed;
    }
    const before = await this.find(userId, name);
    if (before) {
      if (partitions !== undefined && partitions !== before.partitions.length)
        return { kind: 'partitions fixed', partitions: before.partitions.length };
      const secret = newSecret();
      const updated = await this.update(before.id, (found) => {
        const webhook = webhookOf(wish, found.webhook?.secrets ?? [secret]);
        // A webhook that failed is tried again at once: its address may be another one.
        const failed = found.partitions.map((partition) => ({ ...partition, failing: undefined }));
        const subscription = { ...found, types, pages, webhook, partitions: wish.webhook ? failed : found.partitions };
        return { value: subscription, result: subscription };
      });
      if (updated.kind !== 'done') return updated;
      // Deleted at the same moment: made anew.
      const { result } = updated;
      if (!result) return this.put(userId, wish, beginning);
      const isNew = result.webhook?.secrets.some(({ text }) => text === secret.text);
      return { kind: 'changed', subscription: result, secret: isNew ? secret.text : undefined };
    }
    return this.#create(userId, wish, beginning);
  }

  /** Partitions with webhooks that the user would have; 0 if this one has a webhook already. */
  async #webhookPartitions(userId: string, { name, partitions = 1 }: SubscriptionWish): Promise<number> {
    const all = await this.of(userId);
    const before = all.find((one) => one.name === name);
    if (before?.webhook) return 0;
    const others = all.filter((one) => one.webhook).map((one) => one.partitions.length);
    return others.reduce((sum, count) => sum + count, before?.partitions.length ?? partitions);
  }

  /** The index and the record are written first: what the directory names is whole. */
  async #create(userId: string, wish: SubscriptionWish, { position, from }: Beginning): Promise<Put> {
    const { name, types, pages, partitions = 1 } = wish;
    const { projection } = this.#options;
    const listed = await this.#users.add(userId, 'users');
    if (listed.kind !== 'done') return listed;
    const place: Partition = { position, event: await this.#eventAt(position), epoch: 0, holder: null, until: 0 };
    const secret = newSecret();
    const subscription: DurableSubscription = {
      id: randomUUID(),
      user: userId,
      name,
      types,
      pages,
      created_at: projection.clock.at(),
      log: this.#log,
      from,
      partitions: Array.from({ length: partitions }, () => place),
      webhook: webhookOf(wish, [secret]),
    };
    const written = await this.#records.update(subscription.id, () => ({ value: subscription, result: true }));
    if (written.kind !== 'done') return written;
    const named = await this.#directories.update<'named' | 'too many' | 'there'>(
      directoryOf(userId),
      (directory = {}) => {
        if (Object.hasOwn(directory, name)) return { result: 'there' };
        if (Object.keys(directory).length >= SUBSCRIPTIONS_PER_USER) return { result: 'too many' };
        return { value: { ...directory, [name]: subscription.id }, result: 'named' };
      },
    );
    if (named.kind !== 'done') return named;
    if (named.result === 'named')
      return { kind: 'created', subscription, secret: wish.webhook ? secret.text : undefined };
    await this.#forget(subscription.id);
    // Another one was created at the same moment.
    return named.result === 'there' ? this.put(userId, wish, { position, from }) : { kind: 'too many' };
  }

  /** False if there is none. */
  async remove(userId: string, name: string): Promise<Updated<boolean>> {
    const removed = await this.#directories.update(directoryOf(userId), (directory = {}) => {
      if (!Object.hasOwn(directory, name)) return { result: undefined };
      const { [name]: id, ...others } = directory;
      return { value: others, result: id };
    });
    if (removed.kind !== 'done') return removed;
    if (removed.result !== undefined) await this.#forget(removed.result);
    return { kind: 'done', result: removed.result !== undefined };
  }

  /** Changes a subscription; `result` is undefined if there is none any more. Resolves when the change is durable, on all nodes. */
  update<Result>(
    id: string,
    change: (found: DurableSubscription) => { readonly value?: DurableSubscription; readonly result: Result },
  ): Promise<Updated<Result | undefined>> {
    return this.#records.update<Result | undefined>(id, (found) => (found ? change(found) : { result: undefined }));
  }

  /** The same subscription; if the moment that it began with has come since, with the place of that moment. */
  async begun(subscription: DurableSubscription): Promise<DurableSubscription> {
    const { projection, log } = this.#options;
    const { from } = subscription;
    if (from === null || projection.live.time.newestAt < from) return subscription;
    if (!(await projection.writer.readable(POSITION_WAIT_MS))) throw new TablesBehind();
    const place = await placeOfMoment(from, projection.moments, log);
    if (place === undefined) return subscription;
    const begun = begunAt(subscription, place);
    await this.update(subscription.id, (one) =>
      one.from === from ? { value: begunAt(one, place), result: true } : { result: false },
    );
    return begun;
  }

  /** The place of an acknowledgement. Rejects with LogUnavailable. */
  async placeAt(position: Position): Promise<Pick<Partition, 'position' | 'event'>> {
    return { position, event: await this.#eventAt(position) };
  }

  /** Undefined: there is none any more. */
  byId(id: string): Promise<DurableSubscription | undefined> {
    return this.#read(id);
  }

  /** Ids of the users who have subscriptions, or webhooks, or had some. */
  users(among: 'users' | 'webhooks' = 'users'): Promise<string[]> {
    return this.#users.ids(among);
  }

  async #read(id: string): Promise<DurableSubscription | undefined> {
    const found = await this.#records.read(id);
    return found && found.log !== this.#log ? this.#bring(found) : found;
  }

  async #bring(found: DurableSubscription): Promise<DurableSubscription | undefined> {
    const head = await this.placeAt(this.#options.projection.position ?? START_POSITION);
    const places = new Set<string>();
    for (const partition of found.partitions) if (await this.#isThere(partition, head)) places.add(placeKey(partition));
    const updated = await this.update(found.id, (now) => {
      if (now.log === this.#log) return { result: now };
      const value = relocated(now, this.#log, (partition) => places.has(placeKey(partition)), head);
      return { value, result: value };
    });
    return updated.kind === 'done' ? updated.result : found;
  }

  /** Whether this log has what the partition has acknowledged. */
  async #isThere({ position, event }: Partition, head: Pick<Partition, 'position'>): Promise<boolean> {
    return event === null ? comparePositions(position, head.position) <= 0 : (await this.#eventAt(position)) === event;
  }

  async #eventAt(position: Position): Promise<string | null> {
    return position === START_POSITION ? null : ((await this.#options.log.eventAt(position))?.id ?? null);
  }

  /** Nobody finds it any more; if this fails, what is left of it is never read. */
  async #forget(id: string): Promise<void> {
    await this.#records.update(id, (found) => (found ? { value: undefined, result: true } : { result: true }));
  }
}

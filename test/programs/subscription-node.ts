/** A node as subscriptions need it: log, projection and the endpoints, called without a network. */
import { randomUUID } from 'node:crypto';
import { AttemptLog } from '../../src/feeds/attempts.js';
import { Subscriptions } from '../../src/feeds/subscriptions.js';
import type { Endpoint, HttpRequest } from '../../src/http/endpoint.js';
import { subscriptionEndpoints } from '../../src/http/subscription-endpoints.js';
import { START_POSITION } from '../../src/log/cursor.js';
import type { EventLog } from '../../src/log/event-log.js';
import type { StateStore } from '../../src/log/state-store.js';
import { type AllowedTargets, allowedTargets } from '../../src/net/inner-addresses.js';
import { ReadBudget } from '../../src/net/read-budget.js';
import { EventFeed } from '../../src/projections/event-feed.js';
import { Projection } from '../../src/projections/projection.js';

export interface Answer {
  readonly status: number;
  readonly json: any;
}

export class SubscriptionNode {
  readonly log: EventLog & StateStore;
  readonly projection: Projection;
  readonly subscriptions: Subscriptions;
  readonly #endpoints: readonly Endpoint[];
  readonly feed: EventFeed;
  readonly userId: string;
  /** Whether the consumers' token is valid. */
  isTokenValid = true;

  private constructor(
    log: EventLog & StateStore,
    projection: Projection,
    feed: EventFeed,
    subscriptions: Subscriptions,
    userId: string,
    allowed: AllowedTargets,
  ) {
    this.log = log;
    this.projection = projection;
    this.feed = feed;
    this.userId = userId;
    this.subscriptions = subscriptions;
    this.#endpoints = subscriptionEndpoints({
      log,
      subscriptions,
      projection,
      feed,
      authenticate: () => (this.isTokenValid ? { userId, sessionId: 'session' } : undefined),
      reads: new ReadBudget({ readsPerSecond: Infinity, readBytesPerSecond: Infinity }),
      attempts: new AttemptLog(log),
      targets: { allowed },
      onWebhook: () => undefined,
    });
  }

  /** `userId`: who asks. `now`: milliseconds since 1970. */
  static async start(
    log: EventLog & StateStore,
    file: string,
    userId: string,
    now: () => number,
    allowed: AllowedTargets = allowedTargets([]),
  ): Promise<SubscriptionNode> {
    const fail = (message?: string): never => {
      throw new Error(`The read model cannot be written: ${message}`);
    };
    const projection = await Projection.start(log, { file, onDiscard: () => undefined, onFull: fail, onFailed: fail });
    await projection.caughtUp;
    const subscriptions = await Subscriptions.start({ log, states: log, projection, now });
    const feed = new EventFeed(projection.position ?? START_POSITION);
    projection.listen((folded, _data, entry) => feed.note(folded, entry, projection.live.time.newestAt));
    return new SubscriptionNode(log, projection, feed, subscriptions, userId, allowed);
  }

  /** Calls an endpoint by its id. */
  async call(id: string, body: object | undefined, query: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const endpoint = this.#endpoints.find(({ describe }) => describe.id === id);
    if (!endpoint) throw new Error(`There is no ${id}`);
    const headers: HttpRequest['headers'] = {
      authorization: 'Bearer token',
      'content-type': '',
      'idempotency-key': '',
      'last-event-id': '',
      accept: '',
      'accept-encoding': '',
      'if-none-match': '',
    };
    const reply = await endpoint.handle({
      id: randomUUID(),
      params: { name: 'ledger' },
      query: new URLSearchParams(query),
      headers,
      hasEmptyKey: false,
      body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
      address: '127.0.0.1',
    });
    const text =
      reply.body === undefined
        ? ''
        : typeof reply.body === 'string'
          ? reply.body
          : [...(reply.body as readonly string[])].join('');
    return { status: reply.status, json: text === '' ? undefined : JSON.parse(text) };
  }

  /** Nothing of what is in its memory is written any more: what is durable is in the log. */
  async kill(): Promise<void> {
    this.feed.stop();
    await this.projection.close();
    await this.log.close();
  }
}

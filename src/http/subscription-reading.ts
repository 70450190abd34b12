/** Reading a subscription: claims of its partitions, events, acknowledgements. */
import { z } from 'zod';
import { ConsumerName } from '../domain/fields.js';
import {
  acknowledged,
  type Claimed,
  claimed,
  type DurableSubscription,
  holds,
  LEASE_S,
  released,
} from '../feeds/durable-subscription.js';
import { START_POSITION } from '../log/cursor.js';
import { CloudEvent, Cursor, EventRecord, MarkLine, ScopeLine } from '../protocol/event-records.js';
import type { Identity } from './authentication.js';
import { type Endpoint, type HttpRequest, json, type Reply } from './endpoint.js';
import { placeOf } from './event-places.js';
import { type EventTexts, representations } from './event-representations.js';
import { problem } from './problems.js';
import { jsonBody, type Parsed, validate } from './request-body.js';
import {
  beyondToken,
  noSubscription,
  notWritten,
  type SubscriptionEndpointsOptions,
  subscriptionEndpoint,
} from './subscription-access.js';
import { EventsAnswer, EventsQuery, notHolder, readPartition } from './subscription-events.js';

const Held = z.object({
  partition: z.int().min(0).max(63).default(0),
  epoch: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Of the claim. It may be left out where there is one partition.' }),
});

const Ack = Held.extend({ cursor: Cursor.meta({ description: 'Everything up to it is done.' }) });

const Claim = z.object({ partition: z.int(), epoch: z.int(), lease_s: z.int(), cursor: Cursor }).meta({ id: 'Claim' });

const Acknowledged = z.object({ partition: z.int(), cursor: Cursor }).meta({ id: 'Acknowledged' });

export function readingEndpoints(options: SubscriptionEndpointsOptions, texts: EventTexts): Endpoint[] {
  const { subscriptions } = options;
  const found = async (
    { params }: HttpRequest,
    { userId, program }: Identity,
    use: (subscription: DurableSubscription) => Promise<Reply>,
  ): Promise<Reply> => {
    const subscription = await subscriptions.find(userId, params['name'] ?? '');
    if (!subscription) return noSubscription();
    return beyondToken(program, subscription) ?? use(subscription);
  };
  return [
    subscriptionEndpoint(
      options,
      'POST',
      '/subscriptions/{name}/claim',
      {
        id: 'claim_partition',
        summary: 'Get a free partition for a consumer, or renew the one that it holds.',
        body: { 'application/json': z.object({ consumer: ConsumerName }) },
        success: { status: 200, description: 'The partition.', schema: Claim },
        problems: ['not_found', 'none_free', 'store_full'],
      },
      (request, identity) => {
        const body = bodyOf(z.object({ consumer: ConsumerName }), request);
        if ('problem' in body) return Promise.resolve(body.problem);
        return found(request, identity, ({ id }) => claim(options, texts, id, body.value.consumer));
      },
    ),
    subscriptionEndpoint(
      options,
      'POST',
      '/subscriptions/{name}/release',
      {
        id: 'release_partition',
        summary: 'Give a partition back at once.',
        body: { 'application/json': Held },
        success: { status: 204, description: 'It is free.' },
        problems: ['not_found', 'not_holder', 'store_full'],
      },
      (request, identity) => {
        const body = bodyOf(Held, request);
        if ('problem' in body) return Promise.resolve(body.problem);
        const { partition, epoch } = body.value;
        return found(request, identity, async ({ id }) => {
          const updated = await subscriptions.update(id, (one) =>
            holds(one, partition, epoch)
              ? { value: released(one, partition, subscriptions.now()), result: true }
              : { result: false },
          );
          if (updated.kind !== 'done') return notWritten(updated.kind);
          if (updated.result === undefined) return noSubscription();
          return updated.result ? { status: 204 } : notHolder(partition, epoch);
        });
      },
    ),
    subscriptionEndpoint(
      options,
      'POST',
      '/subscriptions/{name}/ack',
      {
        id: 'acknowledge_events',
        summary: 'Acknowledge all events up to a cursor: durable when answered, on all nodes.',
        body: { 'application/json': Ack },
        success: { status: 200, description: 'How far the partition is acknowledged.', schema: Acknowledged },
        problems: ['not_found', 'not_holder', 'log_changed', 'not_caught_up', 'store_full'],
      },
      (request, identity) => {
        const body = bodyOf(Ack, request);
        if ('problem' in body) return Promise.resolve(body.problem);
        return found(request, identity, ({ id }) => acknowledge(options, texts, id, body.value));
      },
    ),
    subscriptionEndpoint(
      options,
      'GET',
      '/subscriptions/{name}/events',
      {
        id: 'read_subscription',
        summary: 'The events of a partition that are not acknowledged yet, in log order. A sign of life of its holder.',
        query: EventsQuery,
        success: { status: 200, description: 'The events.', schema: EventsAnswer },
        alsoAs: {
          [representations.ndjson]: z.union([EventRecord, MarkLine, ScopeLine]),
          [representations.cloudEvents]: z.array(CloudEvent),
        },
        problems: ['not_found', 'not_holder', 'log_changed', 'not_caught_up'],
      },
      (request, identity) => found(request, identity, (one) => readPartition(options, texts, one, request, identity)),
    ),
  ];
}

const bodyOf = <T>(schema: z.ZodType<T>, request: HttpRequest): Parsed<T> => {
  const body = jsonBody(request);
  return 'problem' in body ? body : validate(schema, body.value);
};

async function claim(
  { subscriptions }: SubscriptionEndpointsOptions,
  texts: EventTexts,
  id: string,
  consumer: string,
): Promise<Reply> {
  const updated = await subscriptions.update<Claimed | number>(id, (one) => {
    const now = subscriptions.now();
    const claim = claimed(one, consumer, now);
    return claim
      ? { value: claim.subscription, result: claim }
      : { result: Math.min(...one.partitions.map(({ until }) => until)) - now };
  });
  if (updated.kind !== 'done') return notWritten(updated.kind);
  const { result } = updated;
  if (result === undefined) return noSubscription();
  if (typeof result === 'number')
    return problem(
      'none_free',
      `Every partition of this subscription is held: the next lease ends in ${Math.ceil(result / 1_000)} s`,
      { retryAfterMs: 1_000 },
    );
  const { index } = result;
  const partition = result.subscription.partitions[index];
  const answer: z.infer<typeof Claim> = {
    partition: index,
    epoch: partition?.epoch ?? 0,
    lease_s: LEASE_S,
    cursor: texts.cursor(partition?.position ?? START_POSITION),
  };
  return json(200, JSON.stringify(answer));
}

async function acknowledge(
  { subscriptions, projection, log }: SubscriptionEndpointsOptions,
  texts: EventTexts,
  id: string,
  { partition, epoch, cursor }: z.infer<typeof Ack>,
): Promise<Reply> {
  const place = await placeOf(cursor, projection, log, 'cursor');
  if ('status' in place) return place;
  const at = await subscriptions.placeAt(place.after);
  const updated = await subscriptions.update(id, (one) => {
    if (!holds(one, partition, epoch)) return { result: 'not holder' as const };
    const value = acknowledged(one, partition, at, subscriptions.now());
    const result = value.partitions[partition]?.position;
    return value === one ? { result } : { value, result };
  });
  if (updated.kind !== 'done') return notWritten(updated.kind);
  if (updated.result === undefined) return noSubscription();
  if (updated.result === 'not holder') return notHolder(partition, epoch);
  const answer: z.infer<typeof Acknowledged> = { partition, cursor: texts.cursor(updated.result) };
  return json(200, JSON.stringify(answer));
}

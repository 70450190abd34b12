/** The events of a partition: read from the acknowledged cursor on, which is a sign of life of its holder. */
import { z } from 'zod';
import { type DurableSubscription, holds, renewed } from '../feeds/durable-subscription.js';
import { readerOf } from '../feeds/subscription-reader.js';
import { START_POSITION } from '../log/cursor.js';
import { comparePositions } from '../log/event-log.js';
import { bearerToken } from '../net/bearer.js';
import { POSITION_WAIT_MS } from '../projections/position-waiters.js';
import { Cursor, EventRecord, EventScope } from '../protocol/event-records.js';
import type { Identity } from './authentication.js';
import type { HttpRequest, Reply } from './endpoint.js';
import { eventsAnswer } from './event-answers.js';
import { chargeTo, LONGEST_WAIT_MS } from './event-endpoints.js';
import { placeOf } from './event-places.js';
import { type EventTexts, type Representation, representationOf } from './event-representations.js';
import { integer } from './history-endpoints.js';
import { problem } from './problems.js';
import { validate } from './request-body.js';
import { noSubscription, notWritten, type SubscriptionEndpointsOptions } from './subscription-access.js';

export const EventsQuery = z.object({
  partition: integer(0, 63, 0),
  epoch: integer(-1, Number.MAX_SAFE_INTEGER, -1).meta({
    description: 'Of the claim; -1, or left out, where there is one partition.',
  }),
  after: z.string().optional().meta({ description: 'A cursor to ask ahead from; otherwise the acknowledged one.' }),
  limit: integer(1, 10_000, 1_000),
  wait: integer(0, 30, 0).meta({ description: 'Seconds to wait for an event if there is none.' }),
});

export const EventsAnswer = z
  .object({
    events: z.array(EventRecord),
    next: Cursor,
    caught_up: z.boolean(),
    scope: z.array(EventScope),
  })
  .meta({ id: 'EventsOfSubscription' });

/** A wait after which the lease is renewed again, in milliseconds. */
const RENEWED_AFTER_MS = 5_000;

export const notHolder = (partition: number, epoch: number | undefined): Reply =>
  problem(
    'not_holder',
    epoch === undefined
      ? 'This subscription has several partitions: claim one, and send its partition and epoch'
      : `Partition ${partition} is not held with epoch ${epoch}: claim it again`,
  );

export async function readPartition(
  options: SubscriptionEndpointsOptions,
  texts: EventTexts,
  subscription: DurableSubscription,
  { query, headers }: HttpRequest,
  { userId }: Identity,
): Promise<Reply> {
  const { projection, feed, log, authenticate, reads, subscriptions } = options;
  const valid = validate(EventsQuery, Object.fromEntries(query));
  if ('problem' in valid) return valid.problem;
  const { partition, after, limit, wait } = valid.value;
  const epoch = valid.value.epoch === -1 ? undefined : valid.value.epoch;
  if (!holds(subscription, partition, epoch)) return notHolder(partition, epoch);
  const renewing = await lifeOf(options, subscription, partition, epoch);
  if (renewing) return renewing;
  await projection.present(POSITION_WAIT_MS);
  const begun = await subscriptions.begun(subscription);
  const own = begun.partitions[partition]?.position ?? START_POSITION;
  const ahead = after === undefined ? undefined : await placeOf(after, projection, log);
  if (ahead && 'status' in ahead) return ahead;
  const from = ahead && comparePositions(ahead.after, own) > 0 ? ahead.after : own;
  if (from !== START_POSITION && !(await projection.reached(from, POSITION_WAIT_MS)))
    return problem('not_caught_up', 'This node has not reached the acknowledged cursor yet: try again', {
      retryAfterMs: 1_000,
    });
  const token = bearerToken(headers.authorization) ?? '';
  const startedAt = performance.now();
  const reply = await eventsAnswer(
    {
      reader: readerOf(begun, partition, from, { projection, feed }),
      limit,
      waitMs: Math.min(wait * 1_000, LONGEST_WAIT_MS),
      follows: false,
      isAllowed: () => authenticate(token) !== undefined,
      charge: chargeTo(reads, userId),
    },
    documentOrLines(headers.accept),
    texts,
    feed,
  );
  // After a long wait the consumer would have little time left.
  if (performance.now() - startedAt > RENEWED_AFTER_MS)
    subscriptions
      .update(subscription.id, (one) => renewal(one, partition, epoch, subscriptions.now()))
      .catch(() => undefined);
  return reply;
}

const documentOrLines = (accept: string): Representation => {
  const as = representationOf(accept);
  return as === 'sse' ? 'json' : as;
};

const renewal = (one: DurableSubscription, partition: number, epoch: number | undefined, now: number) => {
  if (!holds(one, partition, epoch)) return { result: false };
  const value = renewed(one, partition, now);
  return value === one ? { result: true } : { value, result: true };
};

/** Records the sign of life; a reply if it cannot be, or the partition is lost. */
async function lifeOf(
  { subscriptions }: SubscriptionEndpointsOptions,
  subscription: DurableSubscription,
  partition: number,
  epoch: number | undefined,
): Promise<Reply | undefined> {
  if (renewed(subscription, partition, subscriptions.now()) === subscription) return undefined;
  const updated = await subscriptions.update(subscription.id, (one) =>
    renewal(one, partition, epoch, subscriptions.now()),
  );
  if (updated.kind !== 'done') return notWritten(updated.kind);
  if (updated.result === undefined) return noSubscription();
  return updated.result ? undefined : notHolder(partition, epoch);
}

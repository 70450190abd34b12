/** Subscriptions whose place the server keeps, over HTTP: made, listed, deleted. How they are read: subscription-reading.ts. */
import { z } from 'zod';
import { Moment, PageId, SubscriptionName } from '../domain/fields.js';
import { givenMoment } from '../domain/given-moment.js';
import { refuse } from '../domain/refusals.js';
import type { AttemptLog } from '../feeds/attempts.js';
import { type DurableSubscription, isFree } from '../feeds/durable-subscription.js';
import { type Lag, lagOf } from '../feeds/subscription-lag.js';
import { type Beginning, SUBSCRIPTIONS_PER_USER, WEBHOOK_PARTITIONS_PER_USER } from '../feeds/subscriptions.js';
import { START_POSITION } from '../log/cursor.js';
import { Cursor, recordTypes } from '../protocol/event-records.js';
import { type Identity, tokenScope } from './authentication.js';
import { type Endpoint, type HttpRequest, json, type Reply } from './endpoint.js';
import { placeFrom, placeOf } from './event-places.js';
import { EventTexts } from './event-representations.js';
import { problem, refused, validationFailed } from './problems.js';
import { jsonBody, validate } from './request-body.js';
import {
  beyondToken,
  noSubscription,
  notWritten,
  type SubscriptionEndpointsOptions,
  subscriptionEndpoint,
} from './subscription-access.js';
import { readingEndpoints } from './subscription-reading.js';
import {
  type WebhookEndpointsOptions,
  type WebhookTargets,
  WebhookView,
  WebhookWish,
  webhookEndpoints,
  wrongTarget,
} from './webhook-endpoints.js';

/** Pages that one subscription can name. */
const PAGES_OF_SUBSCRIPTION = 1_000;

const Wish = z.object({
  types: z
    .array(z.enum(recordTypes as [string, ...string[]]))
    .min(1)
    .optional()
    .meta({ description: 'Event types; without it all.', example: ['AlarmTriggered'] }),
  pages: z
    .array(PageId)
    .min(1)
    .max(PAGES_OF_SUBSCRIPTION)
    .optional()
    .meta({ description: 'Ids of pages; without it all that you may see.' }),
  start: z.string().default('start').meta({
    description:
      'Where a new one begins: `start`, `now`, a cursor, or a moment, which may be in the future. Ignored for one that exists.',
    example: 'now',
  }),
  webhook: WebhookWish.optional(),
  partitions: z.int().min(1).max(64).optional().meta({ description: 'Of a new one; 1 by default. It cannot change.' }),
});

const Place = z.object({
  partition: z.int(),
  cursor: Cursor.meta({ description: 'Everything up to it is acknowledged.' }),
  epoch: z.int(),
  holder: z.string().nullable().meta({ description: 'The consumer that holds it; null: it is free.' }),
  lease_until: Moment.nullable(),
  failing: z
    .object({ times: z.int(), again_at: Moment, error: z.string() })
    .nullable()
    .meta({ description: 'Of a webhook whose last try failed.' }),
});

const SubscriptionView = z
  .object({
    name: SubscriptionName,
    types: z.array(z.string()).nullable(),
    pages: z.array(PageId).nullable(),
    created_at: Moment,
    partitions: z.int(),
    positions: z.array(Place),
    webhook: WebhookView.nullable(),
  })
  .meta({ id: 'Subscription' });

const WholeSubscription = SubscriptionView.extend({
  lag: z.object({
    events: z.int().meta({ description: 'Events that are not acknowledged yet; see `more`.' }),
    more: z.boolean().meta({ description: 'There are more: counting ends after 10,000.' }),
    seconds: z.int().nullable().meta({ description: 'Since the oldest of them; null: there is none.' }),
  }),
  last_error: z
    .object({ at: Moment, error: z.string() })
    .nullable()
    .meta({ description: "The webhook's last try that was not taken; null: there is none among the last 100." }),
}).meta({ id: 'WholeSubscription' });

export interface AllSubscriptionOptions extends WebhookEndpointsOptions {
  readonly targets: WebhookTargets;
  /** Called when a webhook was made or changed. */
  readonly onWebhook: () => void;
}

export function subscriptionEndpoints(options: AllSubscriptionOptions): Endpoint[] {
  const { log, subscriptions } = options;
  const texts = new EventTexts(log);
  return [
    subscriptionEndpoint(
      options,
      'PUT',
      '/subscriptions/{name}',
      {
        id: 'put_subscription',
        summary: 'Make a subscription whose place the server keeps, or change its filter.',
        body: { 'application/json': Wish },
        success: { status: 200, description: 'The subscription; 201 if it is new.', schema: SubscriptionView },
        problems: ['partitions_fixed', 'limit_reached', 'log_changed', 'not_caught_up', 'store_full'],
      },
      (request, identity) => put(options, texts, request, identity),
    ),
    subscriptionEndpoint(
      options,
      'GET',
      '/subscriptions',
      {
        id: 'list_subscriptions',
        summary: 'Your subscriptions, by name.',
        success: { status: 200, description: 'The subscriptions.', schema: z.array(SubscriptionView) },
      },
      async (_request, { userId, program }) => {
        const all = (await subscriptions.of(userId)).filter((one) => !beyondToken(program, one));
        return json(200, JSON.stringify(all.map((one) => viewOf(one, texts, subscriptions.now()))));
      },
    ),
    subscriptionEndpoint(
      options,
      'GET',
      '/subscriptions/{name}',
      {
        id: 'get_subscription',
        summary: 'A subscription: positions, holders, and how far it is behind.',
        success: { status: 200, description: 'The subscription.', schema: WholeSubscription },
        problems: ['not_found', 'not_caught_up'],
      },
      async ({ params }, { userId, program }) => {
        const found = await subscriptions.find(userId, params['name'] ?? '');
        if (!found) return noSubscription();
        const beyond = beyondToken(program, found);
        if (beyond) return beyond;
        const lag: Lag = await lagOf(found, options);
        const last_error = await lastErrorOf(found, options.attempts);
        const whole: z.infer<typeof WholeSubscription> = {
          ...viewOf(found, texts, subscriptions.now()),
          lag,
          last_error,
        };
        return json(200, JSON.stringify(whole));
      },
    ),
    subscriptionEndpoint(
      options,
      'DELETE',
      '/subscriptions/{name}',
      {
        id: 'delete_subscription',
        summary: 'Delete a subscription and its place.',
        success: { status: 204, description: 'It is gone.' },
        problems: ['not_found', 'store_full'],
      },
      async ({ params }, { userId, program }) => {
        const name = params['name'] ?? '';
        const found = await subscriptions.find(userId, name);
        const beyond = found && beyondToken(program, found);
        if (beyond) return beyond;
        const removed = await subscriptions.remove(userId, name);
        if (removed.kind !== 'done') return notWritten(removed.kind);
        return removed.result ? { status: 204 } : noSubscription();
      },
    ),
    ...readingEndpoints(options, texts),
    ...webhookEndpoints(options),
  ];
}

async function put(
  options: AllSubscriptionOptions,
  texts: EventTexts,
  request: HttpRequest,
  { userId, program }: Identity,
): Promise<Reply> {
  const { subscriptions } = options;
  const name = SubscriptionName.safeParse(request.params['name']);
  if (!name.success) return validationFailed([{ field: 'name', message: name.error.issues[0]?.message ?? 'is wrong' }]);
  const body = jsonBody(request);
  if ('problem' in body) return body.problem;
  const parsed = validate(Wish, body.value);
  if ('problem' in parsed) return parsed.problem;
  const { types = null, pages = null, start, partitions, webhook } = parsed.value;
  const before = await subscriptions.find(userId, name.data);
  const beyond = beyondToken(program, { types, pages }) ?? (before && beyondToken(program, before));
  if (beyond) return beyond;
  if (program && (webhook ?? before?.webhook)) return tokenScope('A webhook takes the token of a login');
  const wrong = webhook && (await wrongTarget(webhook.url, options.targets));
  if (wrong) return wrong;
  const beginning = before ? { position: START_POSITION, from: null } : await beginningOf(options, start);
  if ('status' in beginning) return beginning;
  const made = await subscriptions.put(
    userId,
    {
      name: name.data,
      types,
      pages,
      partitions,
      webhook: webhook && { url: webhook.url, max_age_s: webhook.max_age_s ?? null },
    },
    beginning,
  );
  switch (made.kind) {
    case 'created':
    case 'changed':
      if (webhook) options.onWebhook();
      return json(
        made.kind === 'created' ? 201 : 200,
        JSON.stringify(viewOf(made.subscription, texts, subscriptions.now(), made.secret)),
        made.secret === undefined ? {} : { 'Cache-Control': 'no-store' },
      );
    case 'partitions fixed':
      return problem(
        'partitions_fixed',
        `The subscription has ${made.partitions} partitions, which cannot change: delete it, or leave partitions out`,
      );
    case 'too many':
      return refused(
        refuse('limit_reached', `A user may have ${SUBSCRIPTIONS_PER_USER} subscriptions: delete one first`, {
          limit: SUBSCRIPTIONS_PER_USER,
        }),
      );
    case 'too many webhooks':
      return refused(
        refuse(
          'limit_reached',
          `A user may have ${WEBHOOK_PARTITIONS_PER_USER} partitions with webhooks: end one first, or ask for fewer partitions`,
          { limit: WEBHOOK_PARTITIONS_PER_USER },
        ),
      );
    default:
      return notWritten(made.kind);
  }
}

async function beginningOf(
  { projection, log }: SubscriptionEndpointsOptions,
  start: string,
): Promise<Beginning | Reply> {
  const moment = givenMoment(start);
  if (moment && 'fault' in moment) return validationFailed([{ field: 'start', message: moment.fault }]);
  const place = moment
    ? await placeFrom(new Date(moment.ms).toISOString(), projection, log)
    : await placeOf(start, projection, log, 'start');
  return 'status' in place ? place : { position: place.after, from: place.from ?? null };
}

async function lastErrorOf(
  { id, webhook }: DurableSubscription,
  attempts: AttemptLog,
): Promise<z.infer<typeof WholeSubscription>['last_error']> {
  const tries = webhook ? (await attempts.of(id)).attempts : [];
  const failed = tries.findLast(({ error }) => error !== null);
  return failed ? { at: failed.at, error: failed.error ?? '' } : null;
}

function viewOf(
  { name, types, pages, created_at, partitions, webhook }: DurableSubscription,
  texts: EventTexts,
  now: number,
  secret?: string,
): z.infer<typeof SubscriptionView> {
  const positions = partitions.map((one, partition) => ({
    partition,
    cursor: texts.cursor(one.position),
    epoch: one.epoch,
    holder: isFree(one, now) ? null : one.holder,
    lease_until: isFree(one, now) ? null : new Date(one.until).toISOString(),
    failing: one.failing
      ? { times: one.failing.times, again_at: new Date(one.failing.again).toISOString(), error: one.failing.why }
      : null,
  }));
  return {
    name,
    types: types ? [...types] : null,
    pages: pages ? [...pages] : null,
    created_at,
    partitions: partitions.length,
    positions,
    webhook: webhook ? { url: webhook.url, max_age_s: webhook.max_age_s, paused: webhook.paused, secret } : null,
  };
}

/** The webhook of a subscription over HTTP: what a PUT may name, its secret, and its tries. */
import { z } from 'zod';
import { Moment } from '../domain/fields.js';
import type { AttemptLog } from '../feeds/attempts.js';
import { newSecret, rotated } from '../feeds/webhook.js';
import type { AllowedTargets } from '../net/inner-addresses.js';
import { checkedAddresses, hostOf, type Resolve } from '../net/webhook-post.js';
import { type Endpoint, json, type Reply } from './endpoint.js';
import { validationFailed } from './problems.js';
import {
  beyondToken,
  noSubscription,
  notWritten,
  type SubscriptionEndpointsOptions,
  subscriptionEndpoint,
} from './subscription-access.js';

/** How long the DNS is waited for, in milliseconds. */
const RESOLVE_MS = 2_000;

export const WebhookWish = z.object({
  url: z.string().max(2_000).meta({ example: 'https://hooks.example.com/alarms' }),
  max_age_s: z.int().min(1).max(31_536_000).optional().meta({
    description: 'Events that are older, in seconds, are skipped; without it none are.',
    example: 300,
  }),
});

export const WebhookView = z.object({
  url: z.string(),
  max_age_s: z.int().nullable(),
  paused: z.string().nullable().meta({ description: 'Why nothing is sent until the next PUT; null: it is sent.' }),
  secret: z.string().optional().meta({ description: 'Of a new webhook: it is shown here only.', example: 'whsec_…' }),
});

const Secret = z.object({ secret: z.string().meta({ example: 'whsec_…' }) }).meta({ id: 'WebhookSecret' });

const Tries = z
  .object({
    attempts: z.array(
      z.object({
        at: Moment,
        partition: z.int(),
        webhook_id: z.string(),
        events: z.int(),
        outcome: z.enum(['delivered', 'failed', 'refused', 'gone']),
        status: z.int().nullable(),
        error: z.string().nullable(),
        duration_ms: z.int(),
      }),
    ),
    skipped: z.int().meta({ description: 'Events that were too old to be sent.' }),
  })
  .meta({ id: 'WebhookAttempts' });

/** What webhooks may be sent to, and how a host name is resolved. */
export interface WebhookTargets {
  readonly allowed: AllowedTargets;
  readonly resolve?: Resolve;
}

/** What is wrong with the address; undefined if nothing is. A host that cannot be resolved now is accepted: it is checked at each connection. */
export async function wrongTarget(text: string, targets: WebhookTargets): Promise<Reply | undefined> {
  const wrong = (message: string): Reply => validationFailed([{ field: 'webhook.url', message }]);
  if (!URL.canParse(text)) return wrong('must be a URL: https://hooks.example.com/alarms');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return wrong('must begin with https:// or http://');
  if (url.username !== '' || url.password !== '')
    return wrong('must not contain a user name or a password: requests are signed');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), RESOLVE_MS);
  });
  const found = await Promise.race([checkedAddresses(hostOf(url), targets).catch(() => 'unknown' as const), late]);
  clearTimeout(timer);
  return found === 'inner'
    ? wrong(
        'must not be, or resolve to, an address of this machine or of a private network (the operator can allow it with WEBHOOK_ALLOW)',
      )
    : undefined;
}

export interface WebhookEndpointsOptions extends SubscriptionEndpointsOptions {
  readonly attempts: AttemptLog;
}

export function webhookEndpoints(options: WebhookEndpointsOptions): Endpoint[] {
  const { subscriptions, attempts } = options;
  return [
    subscriptionEndpoint(
      options,
      'POST',
      '/subscriptions/{name}/rotate-secret',
      {
        id: 'rotate_webhook_secret',
        summary: 'Another secret for the webhook. Requests are signed with both for 24 hours.',
        success: { status: 200, description: 'The new secret; it is shown here only.', schema: Secret },
        problems: ['not_found', 'store_full'],
      },
      async ({ params }, { userId }) => {
        const found = await subscriptions.find(userId, params['name'] ?? '');
        if (!found?.webhook) return noSubscription();
        const secret = newSecret();
        const updated = await subscriptions.update(found.id, (one) =>
          one.webhook
            ? { value: { ...one, webhook: rotated(one.webhook, secret, subscriptions.now()) }, result: true }
            : { result: false },
        );
        if (updated.kind !== 'done') return notWritten(updated.kind);
        if (!updated.result) return noSubscription();
        const answer: z.infer<typeof Secret> = { secret: secret.text };
        return json(200, JSON.stringify(answer), { 'Cache-Control': 'no-store' });
      },
      'login',
    ),
    subscriptionEndpoint(
      options,
      'GET',
      '/subscriptions/{name}/attempts',
      {
        id: 'list_webhook_attempts',
        summary: "The webhook's last 100 tries, newest last, and how many events were skipped.",
        success: { status: 200, description: 'The tries.', schema: Tries },
        problems: ['not_found'],
      },
      async ({ params }, { userId, program }) => {
        const found = await subscriptions.find(userId, params['name'] ?? '');
        if (!found) return noSubscription();
        const tries: z.infer<typeof Tries> = { ...(await attempts.of(found.id)) } as z.infer<typeof Tries>;
        return beyondToken(program, found) ?? json(200, JSON.stringify(tries));
      },
    ),
  ];
}

/** Subscriptions whose place the server keeps: made by name, read and acknowledged by one consumer or by several. */
import type { EventRecord, EventScope } from './events.js';
import { request } from './http.js';

export interface SubscriptionWish {
  /** Event types; default: all. */
  readonly types?: readonly string[];
  /** Ids of pages; default: all that the user sees. */
  readonly pages?: readonly string[];
  /** Where a new one begins: `start` (default), `now`, a cursor, or a moment (RFC 3339). */
  readonly start?: string;
  /** 1 to 64, of a new one; default: 1. A page is always in the same partition, so its order holds. */
  readonly partitions?: number;
  /** Where the server posts the events; without it nowhere, or nowhere any more. It takes the token of a login. */
  readonly webhook?: {
    readonly url: string;
    /** Events that are older, in seconds, are skipped; default: none are. */
    readonly maxAgeS?: number;
  };
}

export interface SubscriptionWebhook {
  readonly url: string;
  readonly max_age_s: number | null;
  /** Why nothing is sent until the next `putSubscription`; null: it is sent. */
  readonly paused: string | null;
  /** Of a new webhook: it is shown here only. Requests are signed with it (Standard Webhooks). */
  readonly secret?: string;
}

export interface SubscriptionPosition {
  readonly partition: number;
  /** Everything up to it is acknowledged. */
  readonly cursor: string;
  readonly epoch: number;
  /** The consumer that holds it; null: it is free. */
  readonly holder: string | null;
  /** RFC 3339; null: it is free. */
  readonly lease_until: string | null;
  /** Of a webhook whose last try failed: how often in a row, when it is tried again, and why. */
  readonly failing: { readonly times: number; readonly again_at: string; readonly error: string } | null;
}

export interface Subscription {
  readonly name: string;
  readonly types: readonly string[] | null;
  readonly pages: readonly string[] | null;
  readonly created_at: string;
  readonly partitions: number;
  readonly positions: readonly SubscriptionPosition[];
  readonly webhook: SubscriptionWebhook | null;
}

export interface WholeSubscription extends Subscription {
  /** Events that are not acknowledged yet (`more`: there are more), and how old the oldest is; `seconds` is null if there is none. */
  readonly lag: { readonly events: number; readonly more: boolean; readonly seconds: number | null };
  /** The webhook's last try that was not taken, whatever came after it; null: there is none among the last 100. */
  readonly last_error: { readonly at: string; readonly error: string } | null;
}

/** A request to a webhook. */
export interface WebhookAttempt {
  /** When it ended: RFC 3339. */
  readonly at: string;
  readonly partition: number;
  readonly webhook_id: string;
  readonly events: number;
  readonly outcome: 'delivered' | 'failed' | 'refused' | 'gone';
  /** Of the answer; null: there was none. */
  readonly status: number | null;
  readonly error: string | null;
  readonly duration_ms: number;
}

export interface WebhookAttempts {
  /** The last 100, newest last. */
  readonly attempts: readonly WebhookAttempt[];
  /** Events that were too old to be sent. */
  readonly skipped: number;
}

/** What a consumer holds. It may be left out where there is one partition: then whoever asks holds it. */
export interface HeldPartition {
  readonly partition?: number;
  readonly epoch?: number;
}

export interface Claim {
  readonly partition: number;
  readonly epoch: number;
  /** The lease ends so many seconds after the last sign of life: a claim, a read or an acknowledgement. */
  readonly lease_s: number;
  readonly cursor: string;
}

export interface SubscriptionEvents {
  readonly events: readonly EventRecord[];
  /** To acknowledge all of this, and to ask ahead from. */
  readonly next: string;
  readonly caught_up: boolean;
  readonly scope: readonly EventScope['scope'][];
}

export interface ReadOptions extends HeldPartition {
  /** A cursor to ask ahead from; default: the acknowledged one. */
  readonly after?: string;
  /** 1 to 10,000; default: 1,000. */
  readonly limit?: number;
  /** How long to wait for an event if there is none, in seconds, up to 30. */
  readonly waitS?: number;
}

const path = (name: string, rest = ''): string => `/subscriptions/${encodeURIComponent(name)}${rest}`;

/**
 * Makes the subscription, or changes its filter; its place stays. `token`: of a login, or an access token that may read. Rejects with
 * AlarmServerError, here as below: 409 `partitions_fixed`, 422.
 */
export const putSubscription = async (
  baseUrl: string,
  token: string,
  name: string,
  { webhook, ...wish }: SubscriptionWish = {},
): Promise<Subscription> => {
  const body = { ...wish, webhook: webhook && { url: webhook.url, max_age_s: webhook.maxAgeS } };
  return (await request<Subscription>(baseUrl, 'PUT', path(name), { token, body })).data;
};

/** The user's subscriptions, by name. */
export const listSubscriptions = async (baseUrl: string, token: string): Promise<readonly Subscription[]> =>
  (await request<readonly Subscription[]>(baseUrl, 'GET', '/subscriptions', { token })).data;

/** With how far it is behind. 404 if there is none. */
export const getSubscription = async (baseUrl: string, token: string, name: string): Promise<WholeSubscription> =>
  (await request<WholeSubscription>(baseUrl, 'GET', path(name), { token })).data;

/** 404 if there is none. */
export async function deleteSubscription(baseUrl: string, token: string, name: string): Promise<void> {
  await request(baseUrl, 'DELETE', path(name), { token });
}

/** A free partition, or the one that this consumer holds. 409 `none_free`: try again later. */
export const claimPartition = async (baseUrl: string, token: string, name: string, consumer: string): Promise<Claim> =>
  (await request<Claim>(baseUrl, 'POST', path(name, '/claim'), { token, body: { consumer } })).data;

/** Gives a partition back at once. 409 `not_holder` if another consumer has it. */
export async function releasePartition(
  baseUrl: string,
  token: string,
  name: string,
  { partition, epoch }: HeldPartition,
): Promise<void> {
  await request(baseUrl, 'POST', path(name, '/release'), { token, body: { partition, epoch } });
}

/** The events of the partition that are not acknowledged yet, in log order. 409 `not_holder`: claim again. */
export async function readSubscription(
  baseUrl: string,
  token: string,
  name: string,
  { partition, epoch, after, limit, waitS }: ReadOptions = {},
): Promise<SubscriptionEvents> {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ partition, epoch, after, limit, wait: waitS }))
    if (value !== undefined) query.set(key, String(value));
  return (
    await request<SubscriptionEvents>(baseUrl, 'GET', `${path(name, '/events')}?${query}`, { token, timeoutMs: 60_000 })
  ).data;
}

/** Everything up to the cursor is done: durable, on all nodes, when it resolves. The cursor that is acknowledged then. 409 `not_holder`. */
export async function acknowledge(
  baseUrl: string,
  token: string,
  name: string,
  { partition, epoch, cursor }: HeldPartition & { readonly cursor: string },
): Promise<string> {
  const body = { partition, epoch, cursor };
  return (await request<{ cursor: string }>(baseUrl, 'POST', path(name, '/ack'), { token, body })).data.cursor;
}

/** Another secret for the webhook; requests bear the signatures of both for 24 hours. It is shown here only. 404 if there is no webhook. */
export const rotateWebhookSecret = async (baseUrl: string, token: string, name: string): Promise<string> =>
  (await request<{ secret: string }>(baseUrl, 'POST', path(name, '/rotate-secret'), { token })).data.secret;

/** The webhook's last requests. */
export const listWebhookAttempts = async (baseUrl: string, token: string, name: string): Promise<WebhookAttempts> =>
  (await request<WebhookAttempts>(baseUrl, 'GET', path(name, '/attempts'), { token })).data;

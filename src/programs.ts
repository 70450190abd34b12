/** All that serves programs: the event stream, subscriptions, webhooks. Composed here, started and stopped by app.ts. */
import type { Logger } from 'pino';
import { AttemptLog } from './feeds/attempts.js';
import { lagOf } from './feeds/subscription-lag.js';
import { SubscriptionLags } from './feeds/subscription-lags.js';
import { Subscriptions } from './feeds/subscriptions.js';
import type { Authenticate } from './http/authentication.js';
import type { Endpoint } from './http/endpoint.js';
import { eventEndpoints } from './http/event-endpoints.js';
import { EventTexts } from './http/event-representations.js';
import { OpenStreams } from './http/open-streams.js';
import { subscriptionEndpoints } from './http/subscription-endpoints.js';
import { START_POSITION } from './log/cursor.js';
import type { EventLog } from './log/event-log.js';
import type { StateStore } from './log/state-store.js';
import { allowedTargets } from './net/inner-addresses.js';

import type { ReadBudget } from './net/read-budget.js';
import { Webhooks } from './processes/webhooks/webhooks.js';
import type { ProgramFigures } from './program-metrics.js';
import { EventFeed } from './projections/event-feed.js';
import type { Projection } from './projections/projection.js';
import type { Service } from './service.js';

/** Events that are counted for the metrics of one subscription. */
const LAG_EVENTS = 1_000;

export interface ProgramsOptions {
  readonly log: EventLog;
  readonly states: StateStore;
  readonly projection: Projection;
  readonly authenticate: Authenticate;
  readonly reads: ReadBudget;
  readonly config: {
    readonly limits: { readonly eventStreamsPerUser: number };
    readonly webhookAllow: readonly string[];
  };
  /** Called with the outcome of each request to a webhook. */
  readonly onAttempt: (outcome: string) => void;
  readonly logger: Logger;
}

export interface Programs {
  readonly endpoints: readonly Endpoint[];
  /** In the order of their start. */
  readonly services: readonly Service[];
  readonly figures: ProgramFigures;
}

/** To be called before there are new events. */
export async function createPrograms(options: ProgramsOptions): Promise<Programs> {
  const { log, states, projection, authenticate, reads, config, onAttempt, logger } = options;
  const subscriptions = await Subscriptions.start({ log, states, projection });
  const feed = new EventFeed(projection.position ?? START_POSITION);
  projection.listen((folded, _data, _entry, stored) => feed.note(folded, stored, projection.live.time.newestAt));
  const attempts = new AttemptLog(states);
  const allowed = allowedTargets(config.webhookAllow);
  const texts = new EventTexts(log);
  const webhooks = new Webhooks({
    subscriptions,
    attempts,
    projection,
    feed,
    cloudEvent: (event) => texts.cloudEvent(event),
    allowed,
    onAttempt,
    onError: (error) =>
      logger.error({ err: error }, 'a webhook is not served because of an internal error; it is tried again'),
  });
  const lags = new SubscriptionLags({
    subscriptions,
    lagOf: (subscription) => lagOf(subscription, { projection, feed }, LAG_EVENTS),
    onError: (error) => logger.error({ err: error }, 'how far subscriptions are behind could not be measured'),
  });
  const streams = new OpenStreams(config.limits.eventStreamsPerUser);
  const parts = { log, projection, feed, authenticate, reads };
  return {
    endpoints: [
      ...subscriptionEndpoints({
        ...parts,
        subscriptions,
        attempts,
        targets: { allowed },
        onWebhook: () => webhooks.look(),
      }),
      ...eventEndpoints({ ...parts, streams }),
    ],
    services: [{ name: 'event feed', drain: () => feed.stop() }, webhooks],
    figures: {
      get followers() {
        return streams.open;
      },
      get webhooks() {
        return webhooks.serving;
      },
      get webhooksWaiting() {
        return webhooks.waiting;
      },
      lags: () => lags.read(),
    },
  };
}

/** The metrics of programs: event streams, subscriptions, webhooks. */
import { Gauge, type Registry } from 'prom-client';

/** How far one subscription is behind. */
interface ProgramLag {
  /** Id of its owner. */
  readonly userId: string;
  readonly name: string;
  readonly events: number;
  readonly seconds: number;
}

export interface ProgramFigures {
  /** Open event streams. */
  readonly followers: number;
  /** Partitions whose webhook this node serves, and those that wait until it has room. */
  readonly webhooks: number;
  readonly webhooksWaiting: number;
  /** `furthest`: a few, whatever their number. */
  readonly lags: () => { readonly subscriptions: number; readonly furthest: readonly ProgramLag[] };
}

/** `figures` is read when the metrics are requested. */
export function observePrograms(registry: Registry, figures: ProgramFigures): void {
  const gauge = (name: string, help: string, value: () => number): void =>
    void new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('alarm_server_event_streams', 'Open streams of GET /events.', () => figures.followers);
  gauge('alarm_server_webhook_partitions', 'Webhook partitions that this node serves.', () => figures.webhooks);
  gauge(
    'alarm_server_webhook_partitions_waiting',
    'Webhook partitions that wait until this node has room for them.',
    () => figures.webhooksWaiting,
  );
  gauge('alarm_server_subscriptions', 'Subscriptions of all users.', () => figures.lags().subscriptions);
  const lag = (name: string, help: string, value: (lag: ProgramLag) => number): void =>
    void new Gauge({
      name,
      help: `${help} Of the 20 subscriptions that are furthest behind, measured every 10 s while metrics are requested.`,
      labelNames: ['user', 'subscription'],
      registers: [registry],
      collect() {
        this.reset();
        for (const one of figures.lags().furthest) this.set({ user: one.userId, subscription: one.name }, value(one));
      },
    });
  lag(
    'alarm_server_subscription_lag_seconds',
    'Age of the oldest event that a subscription has not acknowledged.',
    ({ seconds }) => seconds,
  );
  lag(
    'alarm_server_subscription_lag_events',
    'Events that a subscription has not acknowledged, counted up to 1,000.',
    ({ events }) => events,
  );
}

/** What a node is doing, in figures, for operators: those of /metrics as JSON, where /metrics itself may be closed or on another port. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { Moment } from '../domain/fields.js';
import { administrating } from './administrators.js';
import { type Endpoint, json } from './endpoint.js';
import type { AdminEndpointsOptions } from './role-endpoints.js';

/** The delay is that of the last such time, in ms: operators who ask meanwhile are answered the same. */
const WINDOW_MS = 5_000;
/** How often the delay is sampled, in ms. */
const RESOLUTION_MS = 20;

const Delay = z.object({ p50_ms: z.number(), p99_ms: z.number(), max_ms: z.number() }).meta({
  description: 'How long work waited for the serving thread.',
});

const Figures = z
  .object({
    node: z.string(),
    at: Moment,
    resident_bytes: z.int().meta({ description: 'Memory of the process.' }),
    event_loop: Delay.nullable().meta({ description: 'Null until it was measured for the first time.' }),
    figures: z
      .array(z.object({ name: z.string(), labels: z.record(z.string(), z.string()), value: z.number() }))
      .meta({ description: 'The samples of /metrics whose names begin with alarm_server_.' }),
  })
  .meta({ id: 'Figures' });

/** Measures from the first question on. The metrics have a histogram of their own, which is emptied with each scrape. */
class LoopDelay {
  #histogram: IntervalHistogram | undefined;
  #since = 0;
  #last: z.infer<typeof Delay> | null = null;

  read(): z.infer<typeof Delay> | null {
    const now = performance.now();
    if (!this.#histogram) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#histogram.enable();
      this.#since = now;
    } else if (now - this.#since >= WINDOW_MS) {
      const { max } = this.#histogram;
      const [p50, p99] = [this.#histogram.percentile(50), this.#histogram.percentile(99)];
      this.#last = { p50_ms: delayOf(p50), p99_ms: delayOf(p99), max_ms: delayOf(max) };
      this.#histogram.reset();
      this.#since = now;
    }
    return this.#last;
  }
}

/** Nanoseconds between two samples → ms that the second one was late. */
const delayOf = (nanoseconds: number): number => Math.max(0, Math.round(nanoseconds / 1e4) / 100 - RESOLUTION_MS);

export interface FiguresOptions extends AdminEndpointsOptions {
  readonly registry: Registry;
  /** What this node is called. */
  readonly node: string;
}

export function figuresEndpoint(options: FiguresOptions): Endpoint {
  const { registry, node } = options;
  const delay = new LoopDelay();
  return administrating(
    options,
    'GET',
    '/admin/figures',
    {
      id: 'get_figures',
      summary: 'What the node that is asked is doing: commands, latencies, delays, sockets and sizes.',
      success: { status: 200, description: 'The figures of this moment.', schema: Figures },
    },
    async () => {
      const metrics = registry.getMetricsAsArray().filter(({ name }) => name.startsWith('alarm_server_'));
      const read = await Promise.all(metrics.map(({ name }) => registry.getSingleMetric(name)!.get()));
      const figures = read.flatMap(({ name, values }) =>
        values.map((sample) => ({
          name: 'metricName' in sample ? String(sample.metricName) : name,
          labels: Object.fromEntries(Object.entries(sample.labels).map(([label, value]) => [label, String(value)])),
          value: sample.value,
        })),
      );
      return json(
        200,
        JSON.stringify({
          node,
          at: new Date().toISOString(),
          resident_bytes: process.memoryUsage.rss(),
          event_loop: delay.read(),
          figures,
        } satisfies z.infer<typeof Figures>),
      );
    },
  );
}

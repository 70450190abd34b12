/** The metrics of alarms' lives: how many are open, and how long it takes until somebody acknowledges. */
import { Gauge, Histogram, type Registry } from 'prom-client';
import { isOpen } from './domain/occurrence.js';
import { AlarmCounts } from './projections/alarm-counts.js';
import type { Folded } from './projections/live-state.js';
import type { Projection } from './projections/projection.js';
import { type ObservedTimers, observeTimers } from './timer-metrics.js';

/** Buckets in seconds, from somebody at the screen to the next day. */
const UNTIL_ACKNOWLEDGED = [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400];

/** Has to be called when the projection has caught up: what was acknowledged before is not observed again. */
export function observeAlarms(registry: Registry, projection: Projection, timers: ObservedTimers): void {
  observeTimers(registry, timers);
  const counts = new AlarmCounts(() => projection.live.pages.values());
  new Gauge({
    name: 'alarm_server_alarms',
    help: 'Alarms by state: open, acknowledged, snoozed. A snoozed alarm is counted as open or acknowledged too, if it is.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(counts.count())) this.set({ state }, count);
    },
  });
  const untilAcknowledged = new Histogram({
    name: 'alarm_server_acknowledged_seconds',
    help: "Time from an occurrence's first trigger to the acknowledgement that leaves nothing of it open. Each node observes those of all nodes.",
    buckets: UNTIL_ACKNOWLEDGED,
    registers: [registry],
  });
  projection.listen((folded) => {
    for (const seconds of secondsToAcknowledge(folded)) untilAcknowledged.observe(seconds);
  });
}

/** Of each occurrence of which the event leaves nothing open. */
export function secondsToAcknowledge({ recorded, alarm, alarms, isVoid }: Folded): number[] {
  const { event, metadata } = recorded;
  if (isVoid || (event.type !== 'AlarmAcknowledged' && event.type !== 'PageAcknowledged')) return [];
  const at = Date.parse(metadata.at);
  return (alarm ? [alarm] : (alarms ?? [])).flatMap(({ occurrence }) =>
    occurrence && !isOpen(occurrence) ? [Math.max(0, at - Date.parse(occurrence.first_at)) / 1_000] : [],
  );
}

/** The metrics of deadlines. */
import { Gauge, type Registry } from 'prom-client';

export interface ObservedTimers {
  readonly counts: { readonly due: number; readonly late: number; readonly held: number };
}

/** `counts` is read when the metrics are requested. */
export function observeTimers(registry: Registry, timers: ObservedTimers): void {
  const registers = [registry];
  new Gauge({
    name: 'alarm_server_timers_due',
    help: 'Alarms with a deadline: a snooze that ends, an expiry, a re-notification.',
    registers,
    collect() {
      this.set(timers.counts.due);
    },
  });
  new Gauge({
    name: 'alarm_server_timers_late',
    help: 'Alarms with a deadline that was due over 2 s ago and has not taken effect.',
    registers,
    collect() {
      this.set(timers.counts.late);
    },
  });
  new Gauge({
    name: 'alarm_server_timers_held',
    help: 'Alarms that would be told again and wait for their slot, because those of their owner are too many.',
    registers,
    collect() {
      this.set(timers.counts.held);
    },
  });
}

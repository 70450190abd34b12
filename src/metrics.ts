/** What an operator can watch: every metric of the server, by its name. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome } from './commands/handling/pending-command.js';
import type { PageStateCounts } from './projections/page-states.js';

/** From a fraction of a commit to a disk in trouble; seconds. */
const LATENCIES = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1];

/** What is read when somebody asks for the metrics. */
export interface Readings {
  readonly heapFull: () => boolean;
  readonly sockets: () => number;
  readonly joining: () => number;
  readonly connections: { readonly open: number; readonly refused: number };
  readonly connectionsWaiting: () => number;
  readonly loopBreaks: () => number;
  readonly undelivered: { readonly allBytes: number; readonly cut: number };
  readonly pageStates: Readonly<PageStateCounts>;
  readonly lag: () => { events: number; milliseconds: number };
}

export class Metrics {
  readonly registry = new Registry();
  readonly #outcomes = new Map<string, { inc(): void }>();
  readonly #commands: Counter<'command' | 'outcome'>;
  readonly #socketsRefused: Counter<'code'>;
  readonly #socketsTooSlow: Counter;
  readonly #commit: Histogram;
  readonly #events: Counter;
  readonly #push: Histogram;

  readonly #conflicts: Counter;
  readonly #resubscriptions: Counter;
  readonly #voids: Counter;
  readonly #storeAvailable: Gauge;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.#commands = new Counter({
      name: 'alarm_server_commands_total',
      help: 'Commands by kind and outcome: done, or the code of the refusal.',
      labelNames: ['command', 'outcome'],
      registers,
    });
    this.#socketsRefused = new Counter({
      name: 'alarm_server_sockets_refused_total',
      help: 'Sockets with a good token that were refused all the same, by code.',
      labelNames: ['code'],
      registers,
    });
    this.#socketsTooSlow = new Counter({
      name: 'alarm_server_sockets_too_slow_total',
      help: 'Sockets that were cut because they did not read what they were sent.',
      registers,
    });
    this.#events = new Counter({ name: 'alarm_server_events_total', help: 'Events appended to the log.', registers });
    this.#commit = new Histogram({
      name: 'alarm_server_commit_seconds',
      help: 'Time of one commit of the SQLite log, fsync included, or of one append to EventStoreDB; many commands share one.',
      buckets: LATENCIES,
      registers,
    });
    this.#conflicts = new Counter({
      name: 'alarm_server_append_conflicts_total',
      help: 'Appends that another node was faster than; they are decided again.',
      registers,
    });
    this.#resubscriptions = new Counter({
      name: 'alarm_server_resubscriptions_total',
      help: "Times the log's feed ended and was begun again.",
      registers,
    });
    this.#voids = new Counter({
      name: 'alarm_server_void_events_total',
      help: "Events that the log's order made void.",
      registers,
    });
    this.#storeAvailable = new Gauge({
      name: 'alarm_server_store_available',
      help: 'Whether the store of the log answers: 1 or 0.',
      registers,
    });
    this.#storeAvailable.set(1);
    this.#push = new Histogram({
      name: 'alarm_server_push_seconds',
      help: 'Time from a commit to all its events handed to the sockets.',
      buckets: LATENCIES,
      registers,
    });
  }

  /** To be called once, when what it reads stands. */
  observe({
    heapFull,
    sockets,
    joining,
    connections,
    connectionsWaiting,
    loopBreaks,
    undelivered,
    pageStates,
    lag,
  }: Readings): void {
    const registers = [this.registry];
    const counterOf = (name: string, help: string, total: () => number): void =>
      void new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(total());
        },
      });
    new Gauge({
      name: 'alarm_server_heap_full',
      help: 'Whether nothing more can be made because the heap is over 80 % of its limit: 1 or 0.',
      registers,
      collect() {
        this.set(Number(heapFull()));
      },
    });
    new Gauge({
      name: 'alarm_server_sockets',
      help: 'Sockets open now.',
      registers,
      collect() {
        this.set(sockets());
      },
    });
    new Gauge({
      name: 'alarm_server_sockets_joining',
      help: 'Sockets that wait for their state.',
      registers,
      collect() {
        this.set(joining());
      },
    });
    new Gauge({
      name: 'alarm_server_http_connections',
      help: 'HTTP connections open now, sockets not counted.',
      registers,
      collect() {
        this.set(connections.open);
      },
    });
    counterOf(
      'alarm_server_connections_refused_total',
      'Connections that were closed at once: too many of their address, or as many files open as the system allows.',
      () => connections.refused,
    );
    new Gauge({
      name: 'alarm_server_connections_waiting',
      help: 'New connections that wait to be read.',
      registers,
      collect() {
        this.set(connectionsWaiting());
      },
    });
    counterOf(
      'alarm_server_turns_broken_total',
      'Times that a turn of the event loop, long for connections that came or went, was broken to push what it had brought.',
      loopBreaks,
    );
    new Gauge({
      name: 'alarm_server_undelivered_bytes',
      help: 'Bytes that wait in memory for clients that have not read them, as counted four times a second; what several share counts once.',
      registers,
      collect() {
        this.set(undelivered.allBytes);
      },
    });
    counterOf(
      'alarm_server_undelivered_cut_total',
      'States and large replies whose connections were cut because they took nothing, or for want of room.',
      () => undelivered.cut,
    );
    counterOf(
      'alarm_server_page_states_sent_total',
      'States of pages that clients were given: one for each page and client.',
      () => pageStates.sent,
    );
    counterOf(
      'alarm_server_page_states_built_total',
      'Times the state of a page was put together, for all who ask until the page changes.',
      () => pageStates.built,
    );
    counterOf(
      'alarm_server_page_state_alarms_total',
      'Alarms that were made into text for states of pages.',
      () => pageStates.alarms,
    );
    new Gauge({
      name: 'alarm_server_projection_lag_events',
      help: 'Events that the read models do not have yet.',
      registers,
      collect() {
        this.set(lag().events);
      },
    });
    new Gauge({
      name: 'alarm_server_projection_lag_seconds',
      help: 'Age of the oldest event that the read models do not have yet.',
      registers,
      collect() {
        this.set(lag().milliseconds / 1000);
      },
    });
  }

  settled(command: string, outcome: Outcome): void {
    const label = outcome.kind === 'done' ? 'done' : outcome.refusal.code;
    const key = `${command} ${label}`;
    let counter = this.#outcomes.get(key);
    if (!counter) this.#outcomes.set(key, (counter = this.#commands.labels(command, label)));
    counter.inc();
  }

  socketTooSlow(): void {
    this.#socketsTooSlow.inc();
  }

  socketRefused(code: string): void {
    this.#socketsRefused.labels(code).inc();
  }

  committed(milliseconds: number, events: number): void {
    this.#commit.observe(milliseconds / 1000);
    this.#events.inc(events);
  }

  conflicted(): void {
    this.#conflicts.inc();
  }

  resubscribed(): void {
    this.#resubscriptions.inc();
  }

  voided(): void {
    this.#voids.inc();
  }

  storeAvailable(isAvailable: boolean): void {
    this.#storeAvailable.set(Number(isAvailable));
  }

  pushed(milliseconds: number): void {
    this.#push.observe(milliseconds / 1000);
  }
}

/** Every metric of the server, by its name. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Outcome } from './commands/handling/pending-command.js';
import type { PageStateCounts } from './projections/page-states.js';
import { SocketMetrics } from './socket-metrics.js';

/** Buckets in seconds, from a fraction of a commit to a very slow disk. */
const LATENCIES = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1];

/** Values that are read when the metrics are requested. */
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
  readonly evidence: { readonly status: string; readonly size: number | undefined };
}

export class Metrics {
  readonly registry = new Registry();
  readonly sockets = new SocketMetrics(this.registry);
  readonly #outcomes = new Map<string, { inc(): void }>();
  readonly #commands: Counter<'command' | 'outcome'>;
  readonly #commit: Histogram;
  readonly #events: Counter;
  readonly #push: Histogram;

  readonly #conflicts: Counter;
  readonly #resubscriptions: Counter;
  readonly #voids: Counter;
  readonly #webhookAttempts: Counter<'outcome'>;
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
    this.#events = new Counter({ name: 'alarm_server_events_total', help: 'Events appended to the log.', registers });
    this.#commit = new Histogram({
      name: 'alarm_server_commit_seconds',
      help: 'Time of one commit of the SQLite log, fsync included, or of one append to EventStoreDB. One commit holds many commands.',
      buckets: LATENCIES,
      registers,
    });
    this.#conflicts = new Counter({
      name: 'alarm_server_append_conflicts_total',
      help: 'Appends that conflicted with an append of another node; their commands are decided again.',
      registers,
    });
    this.#resubscriptions = new Counter({
      name: 'alarm_server_resubscriptions_total',
      help: 'Times the subscription to the log ended and was started again.',
      registers,
    });
    this.#webhookAttempts = new Counter({
      name: 'alarm_server_webhook_attempts_total',
      help: 'Requests to webhooks by outcome: delivered, failed, refused (an address that is not allowed), gone (answered 410).',
      labelNames: ['outcome'],
      registers,
    });
    this.#voids = new Counter({
      name: 'alarm_server_void_events_total',
      help: 'Events that were invalid at their position in the log and had no effect.',
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
      help: 'Time from a commit until all its events were sent to the sockets.',
      buckets: LATENCIES,
      registers,
    });
  }

  /** To be called once, when everything it reads has been created. */
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
    evidence,
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
      help: 'Whether nothing more can be created because the heap is over 80 % of its limit: 1 or 0.',
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
      help: 'HTTP connections open now, without sockets.',
      registers,
      collect() {
        this.set(connections.open);
      },
    });
    counterOf(
      'alarm_server_connections_refused_total',
      'Connections that were closed immediately: too many from their address, or the limit of open files was reached.',
      () => connections.refused,
    );
    new Gauge({
      name: 'alarm_server_connections_waiting',
      help: 'New connections that wait for the server to read from them.',
      registers,
      collect() {
        this.set(connectionsWaiting());
      },
    });
    counterOf(
      'alarm_server_turns_broken_total',
      'Times that a long iteration of the event loop (many sockets opened or closed) was interrupted to push new events.',
      loopBreaks,
    );
    new Gauge({
      name: 'alarm_server_undelivered_bytes',
      help: 'Bytes in memory that clients have not read yet, counted four times a second; shared bytes count once.',
      registers,
      collect() {
        this.set(undelivered.allBytes);
      },
    });
    counterOf(
      'alarm_server_undelivered_cut_total',
      'States and large replies whose connections were cut because the client read nothing or too many bytes were undelivered.',
      () => undelivered.cut,
    );
    counterOf(
      'alarm_server_page_states_sent_total',
      'Page states that were sent to clients: one for each page and client.',
      () => pageStates.sent,
    );
    counterOf(
      'alarm_server_page_states_built_total',
      'Times the state of a page was built. It is reused until the page changes.',
      () => pageStates.built,
    );
    counterOf(
      'alarm_server_page_state_alarms_total',
      'Alarms that were serialized for page states.',
      () => pageStates.alarms,
    );
    new Gauge({
      name: 'alarm_server_evidence_intact',
      help: 'Whether the log is what the signed checkpoints say: 1, or 0 where it differs and nothing is signed any more.',
      registers,
      collect() {
        this.set(Number(evidence.status !== 'differs'));
      },
    });
    new Gauge({
      name: 'alarm_server_evidence_events',
      help: 'Events in the tree of the evidence.',
      registers,
      collect() {
        this.set(evidence.size ?? 0);
      },
    });
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

  webhookTried(outcome: string): void {
    this.#webhookAttempts.inc({ outcome });
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

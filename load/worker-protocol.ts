/** The messages between the tool and its worker processes. Places of pages, alarms and page sets are indexes into the plan's lists. */
import type { FaultCounts } from './faults.js';

export interface Plan {
  /** The server's address, http: or https:. */
  readonly url: string;
  readonly ids: boolean;
  readonly pages: readonly string[];
  readonly alarms: readonly { readonly id: string; readonly page: number }[];
  /** The page sets. */
  readonly pageSets: readonly (readonly number[])[];
  readonly viewers: readonly {
    readonly name: string;
    readonly token: string;
    readonly pageSet: number;
    /** Whether it acknowledges what it sees. */
    readonly acknowledges?: boolean;
  }[];
  readonly publishers: readonly PlannedPublisher[];
  /** Streams of /events. */
  readonly followers: readonly (Planned & { readonly as: 'ndjson' | 'sse' })[];
  /** Subscriptions, each with so many consumers and partitions. */
  readonly subscriptions: readonly (Planned & { readonly consumers: number })[];
  /** Viewers that are cut, or stop reading, and reconnect: with what they hold, or for the whole state. */
  readonly returning: readonly {
    readonly name: string;
    readonly token: string;
    readonly pageSet: number;
    readonly resumes: boolean;
  }[];
}

interface Planned {
  readonly name: string;
  readonly token: string;
  readonly pageSet: number;
}

export interface PlannedPublisher {
  readonly name: string;
  readonly token: string;
  readonly pageSet: number;
  readonly alarms: readonly number[];
  readonly pace: Pace;
}

/** So many in flight always (closed loop), or so many a second (open loop), `burst` at a time, the first `offsetUs` after the start. */
export type Pace =
  | { readonly inFlight: number }
  | { readonly rate: number; readonly burst: number; readonly offsetUs: number };

export type ToWorker =
  /** Open all sockets. */
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** Trigger from `startUs` on; measure from `fromUs` to `toUs`. */
  | { readonly kind: 'run'; readonly startUs: number; readonly fromUs: number; readonly toUs: number }
  /** Measure from `fromUs` to `toUs` too: a window of its own, behind those before. */
  | { readonly kind: 'window'; readonly fromUs: number; readonly toUs: number }
  /** Cut all returning viewers at `atUs`, and let them reconnect evenly over `spreadUs` from then on. */
  | { readonly kind: 'storm'; readonly atUs: number; readonly spreadUs: number }
  /** Returning viewers read nothing for so long, then read on to the end of what they were sent, and reconnect. */
  | { readonly kind: 'stop reading'; readonly forMs: number }
  /** Stop triggering, wait for what is in flight. */
  | { readonly kind: 'stop'; readonly drainMs: number }
  /** Every socket that sees a page must come to its revision in here; then report. */
  | { readonly kind: 'settle'; readonly revisions: readonly number[]; readonly drainMs: number };

export type FromWorker =
  | { readonly kind: 'connected'; readonly sequenced: boolean }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'progress'; readonly triggers: number; readonly deliveries: number }
  /** By page: the highest revision any socket here has seen, and how many triggers of this worker are done. */
  | { readonly kind: 'idle'; readonly revisions: readonly number[]; readonly done: readonly number[] }
  | { readonly kind: 'returned'; readonly report: ReturnReport }
  | { readonly kind: 'read on'; readonly report: StoppedReport }
  | { readonly kind: 'report'; readonly report: WorkerReport };

/** Of one measured window. */
export interface WindowReport {
  readonly triggers: number;
  readonly deliveries: number;
  /** Events at followers and at consumers, and acknowledgements that were answered. */
  readonly followed: number;
  readonly consumed: number;
  readonly acknowledged: number;
  readonly toPublisher: string;
  readonly toViewer: string;
  readonly toFollower: string;
  readonly toConsumer: string;
}

/** How returning viewers reconnected. */
export interface ReturnReport {
  /** When the last of them had its state, µs. */
  readonly allBackUs: number;
  /** From the first attempt to connect to the state: of viewers that resumed, and of viewers that requested the whole state. */
  readonly resumed: string;
  readonly fresh: string;
  /** Failed attempts, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface StoppedReport {
  /** Why each connection ended, as seen by the viewer that reads again. */
  readonly ends: readonly string[];
  /** Bytes read by all the stopped after they read on: what the system had kept for them. */
  readonly bytesLeft: number;
  /** When [µs] a reading viewer beside them had received how many bytes since they stopped. */
  readonly sent: readonly (readonly [us: number, bytes: number])[];
}

export interface WorkerReport {
  /** One a window, in their order. */
  readonly windows: readonly WindowReport[];
  /** States of returning viewers that were compared with what a client that stayed connected was told. */
  readonly statesChecked: number;
  /** Acknowledgements that took effect, of the viewers that acknowledge. */
  readonly alarmsAcknowledged: number;
  readonly faults: FaultCounts;
  readonly examples: readonly string[];
  /** Share of one processor this worker used in the measured window: near 1 it may be the tool that was measured. */
  readonly cpuShare: number;
}

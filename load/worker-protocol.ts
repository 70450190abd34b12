/** What the tool and its worker processes say to each other. Places of pages, alarms and audiences are indexes into the plan's lists. */
import type { FaultCounts } from './faults.js';

export interface Plan {
  /** The server's address, http: or https:. */
  readonly url: string;
  readonly ids: boolean;
  readonly pages: readonly string[];
  readonly alarms: readonly { readonly id: string; readonly page: number }[];
  /** Pages of each audience. */
  readonly audiences: readonly (readonly number[])[];
  readonly viewers: readonly { readonly name: string; readonly token: string; readonly audience: number }[];
  readonly publishers: readonly PlannedPublisher[];
}

export interface PlannedPublisher {
  readonly name: string;
  readonly token: string;
  readonly audience: number;
  readonly alarms: readonly number[];
  readonly pace: Pace;
}

/** So many in flight always (closed loop), or so many a second (open loop), the first `offsetUs` after the start. */
export type Pace = { readonly inFlight: number } | { readonly rate: number; readonly offsetUs: number };

export type ToWorker =
  /** Open all sockets. */
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** Trigger from `startUs` on; measure from `fromUs` to `toUs`. */
  | { readonly kind: 'run'; readonly startUs: number; readonly fromUs: number; readonly toUs: number }
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
  | { readonly kind: 'report'; readonly report: WorkerReport };

export interface WorkerReport {
  readonly triggers: number;
  readonly deliveries: number;
  readonly toPublisher: string;
  readonly toViewer: string;
  readonly faults: FaultCounts;
  readonly examples: readonly string[];
  /** Share of one processor this worker used in the measured window: near 1 it may be the tool that was measured. */
  readonly cpuShare: number;
}

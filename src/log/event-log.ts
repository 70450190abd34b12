/**
 * The event log's port: the only truth. Whatever an adapter says was appended survives the process and the power, and every
 * subscriber gets it, in one order. One contract suite (test/log) holds every adapter to what is said here.
 */
import type { DomainEvent, Metadata, PrivateEvent } from '../domain/events.js';

/** An event to append. `id` (a UUID) makes a repeated append of the same events at the same place harmless. */
export interface NewEvent {
  readonly id: string;
  readonly event: DomainEvent | PrivateEvent;
  readonly metadata: Metadata;
}

/** Place of an event in the whole log: an opaque string; later events have later positions (`comparePositions`). */
export type Position = string;

/** An event as the log has it. `revision` is its place in its stream: 0, 1, 2 … without a gap. */
export interface RecordedEvent {
  readonly id: string;
  readonly event: DomainEvent;
  readonly metadata: Metadata;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  /** Its data as they were written, where that was in an earlier version of its schema. */
  readonly written?: unknown;
}

/** An event of a private stream as the log has it. */
export type RecordedPrivateEvent = PrivateEvent & { readonly revision: number };

/** An event, by its place and a hash of all that it says. */
export interface EventMark {
  readonly position: Position;
  readonly id: string;
  /** SHA-256, base64 (event-codec.ts). */
  readonly digest: string;
}

/** The expected revision of a stream that must not exist yet. */
export const NO_STREAM = -1;

/** What became of an append. */
export type Resolved =
  /** Durable. `revision` and `position` are those of the last event. */
  | { readonly kind: 'appended'; readonly revision: number; readonly position: Position }
  /** The stream is not where it was expected; nothing was written. */
  | { readonly kind: 'conflict'; readonly actual: number }
  /** There is no room; nothing was written. Writing works again when there is. */
  | { readonly kind: 'full' };

export type Appended =
  | Resolved
  /** The engine does not answer. The same append is tried again until it does; `resolved` tells then. Only a shared log says this. */
  | { readonly kind: 'unknown'; readonly resolved: Promise<Resolved> };

/** Thrown by a read that the engine does not answer. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

export interface Subscriber {
  /**
   * Gets events in log order, each exactly once. Must not throw: one that does ends the process. A promise in answer means:
   * no more of what is old already before it resolves; what is appended meanwhile cannot wait.
   */
  deliver(events: readonly RecordedEvent[]): void | Promise<void>;
}

export interface Subscription {
  /** Resolves when all that the log held at the call of `subscribe` has been delivered. */
  readonly caughtUp: Promise<void>;
  close(): void;
}

export interface EventLog {
  /** Id of this log: that of the last event in the stream `log`. A restored one has another. */
  readonly id: string;

  /** The ids it has had, oldest first; the last is `id`. */
  readonly lineage: readonly string[];

  /** What gives the positions: those of one engine mean nothing to another, although it may hold the same log. */
  readonly engine: string;

  /** Whether others than this process append to it too. */
  readonly isShared: boolean;

  /** False while the engine does not answer: an append would end as `unknown`. */
  readonly isAvailable: boolean;

  /**
   * Appends `events` to `stream`, all or none. `expected` is the revision of the stream's last event, or NO_STREAM. Appends
   * called in one turn of the event loop are committed in the order of their calls, and together where the engine can.
   */
  append(stream: string, expected: number, events: readonly NewEvent[]): Promise<Appended>;

  /** Feeds all that is behind `after` (undefined: from the start), then all that comes. Private streams are left out. */
  subscribe(after: Position | undefined, subscriber: Subscriber): Subscription;

  /** The last event of a private stream with its revision, or undefined if there is no such stream. Rejects with LogUnavailable. */
  readPrivate(stream: string): Promise<RecordedPrivateEvent | undefined>;

  /** Position of the last event now in the log that a subscriber can get. */
  head(): Promise<Position>;

  /** The event at exactly this position, or undefined if there is none. Rejects with LogUnavailable. */
  eventAt(position: Position): Promise<EventMark | undefined>;

  close(): Promise<void>;
}

/** Below zero if `a` is before `b`. Positions are decimal numbers without leading zeros, of any length. */
export const comparePositions = (a: Position, b: Position): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

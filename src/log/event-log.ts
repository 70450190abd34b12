/**
 * The event log's port: the only source of truth. An event that an adapter reports as appended survives a crash and a power
 * failure, and every subscriber gets it, in one order. One contract test suite (test/log) checks every adapter.
 */
import type { DomainEvent, Metadata, PrivateEvent } from '../domain/events.js';

/** An event to append. Its `id` (a UUID) makes a repeated append of the same events at the same revision harmless. */
export interface NewEvent {
  readonly id: string;
  readonly event: DomainEvent | PrivateEvent;
  readonly metadata: Metadata;
}

/** Location of an event in the whole log: an opaque string. Later events have higher positions (`comparePositions`). */
export type Position = string;

/** A stored event. `revision` is its index in its stream: 0, 1, 2 … without gaps. */
export interface RecordedEvent {
  readonly id: string;
  readonly event: DomainEvent;
  readonly metadata: Metadata;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  /** Its data as written, if that was an earlier version of its schema. */
  readonly written?: unknown;
}

/** A stored event of a private stream. */
export type RecordedPrivateEvent = PrivateEvent & { readonly revision: number };

/** An event, identified by its location and a hash of its content. */
export interface EventMark {
  readonly position: Position;
  readonly id: string;
  /** SHA-256, base64 (event-codec.ts). */
  readonly digest: string;
}

/** The expected revision of a stream that must not exist yet. */
export const NO_STREAM = -1;

/** The outcome of an append. */
export type Resolved =
  /** Durable. `revision` and `position` are those of the last event. */
  | { readonly kind: 'appended'; readonly revision: number; readonly position: Position }
  /** The stream is not at the expected revision; nothing was written. */
  | { readonly kind: 'conflict'; readonly actual: number }
  /** The disk is full; nothing was written. Writes work again when there is space. */
  | { readonly kind: 'full' };

export type Appended =
  | Resolved
  /** The engine does not respond. The same append is retried until it does; `resolved` then gives the outcome. Only on a shared log. */
  | { readonly kind: 'unknown'; readonly resolved: Promise<Resolved> };

/** Thrown by a read if the engine does not respond. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

export interface Subscriber {
  /**
   * Gets events in log order, each exactly once. Must not throw: an exception ends the process. If it returns a promise, no more
   * old events are delivered before it resolves; new events are delivered all the same.
   */
  deliver(events: readonly RecordedEvent[]): void | Promise<void>;
}

export interface Subscription {
  /** Resolves when all events that the log contained when `subscribe` was called have been delivered. */
  readonly caughtUp: Promise<void>;
  close(): void;
}

export interface EventLog {
  /** Id of this log: that of the last event in the stream `log`. A restore changes it. */
  readonly id: string;

  /** All ids of the log, oldest first; the last is `id`. */
  readonly lineage: readonly string[];

  /** The engine, which determines the positions: positions of one engine mean nothing to another, even for the same log. */
  readonly engine: string;

  /** Whether other processes append to it too. */
  readonly isShared: boolean;

  /** False while the engine does not respond: an append would end as `unknown`. */
  readonly isAvailable: boolean;

  /**
   * Appends `events` to `stream`, all or none. `expected` is the revision of the stream's last event, or NO_STREAM. Appends called
   * in one iteration of the event loop are committed in the order of the calls, and together if the engine can.
   */
  append(stream: string, expected: number, events: readonly NewEvent[]): Promise<Appended>;

  /**
   * Appends the event to a private stream; the data of the events before it are gone from then on, where this log holds them: an embedded
   * log overwrites them with the event's, a shared one keeps the last event alone.
   */
  overwrite(stream: string, expected: number, event: NewEvent): Promise<Appended>;

  /** Delivers all events after `after` (undefined: from the start), then new ones. Private streams are excluded. */
  subscribe(after: Position | undefined, subscriber: Subscriber): Subscription;

  /** The last event of a private stream with its revision; undefined if there is no such stream. Rejects with LogUnavailable. */
  readPrivate(stream: string): Promise<RecordedPrivateEvent | undefined>;

  /** Position of the last event that a subscriber can get. */
  head(): Promise<Position>;

  /** The event at exactly this position; undefined if there is none. Rejects with LogUnavailable. */
  eventAt(position: Position): Promise<EventMark | undefined>;

  close(): Promise<void>;
}

/** Negative if `a` is before `b`. Positions are decimal numbers without leading zeros, of any length. */
export const comparePositions = (a: Position, b: Position): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

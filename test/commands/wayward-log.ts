/**
 * A fake: an event log in memory that keeps the port's contract and is made to misbehave as real engines may, on demand. It
 * can be full, be preceded by another writer (a conflict), answer or deliver later than it has written, or not answer at all.
 */
import { randomUUID } from 'node:crypto';
import { type DomainEvent, eventVersions, type Metadata } from '../../src/domain/events.js';
import { eventDigest } from '../../src/log/event-codec.js';
import {
  type Appended,
  comparePositions,
  type EventLog,
  type EventMark,
  type NewEvent,
  NO_STREAM,
  type Position,
  type RecordedEvent,
  type Resolved,
  type Subscriber,
  type Subscription,
} from '../../src/log/event-log.js';

type Fate =
  | { readonly kind: 'full' }
  /** Another writer is faster, on this append's stream or on one that it does not guard. */
  | { readonly kind: 'preceded'; readonly stream: string | undefined; readonly by: readonly NewEvent[] }
  | { readonly kind: 'stalled'; readonly until: Promise<void> };

export const newEvent = (by: string, event: DomainEvent, metadata: Partial<Metadata> = {}): NewEvent => {
  const key = metadata.key ?? randomUUID();
  return {
    id: key,
    event,
    metadata: {
      at: '2026-01-15T10:30:00.000Z',
      by,
      via: 'owner',
      command: 'elsewhere',
      v: eventVersions[event.type],
      ...metadata,
      key,
    },
  };
};

export class WaywardLog implements EventLog {
  readonly id = randomUUID();
  readonly lineage = [this.id];
  readonly engine = 'wayward';
  readonly isShared = true;
  isAvailable = true;
  readonly events: RecordedEvent[] = [];
  /** The appends as they were called. */
  readonly appends: { readonly stream: string; readonly expected: number; readonly events: readonly NewEvent[] }[] = [];
  readonly #subscribers = new Set<Subscriber>();
  readonly #fates: Fate[] = [];
  #heldAnswers: (() => void)[] | undefined;
  #heldFeed: RecordedEvent[] | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor() {
    this.#write('log', [newEvent('system', { type: 'LogCreated', data: { log_id: this.id } })]);
  }

  /** The next append finds no room. */
  fillUp(): void {
    this.#fates.push({ kind: 'full' });
  }

  /** Before the next append another writer appends these to its stream; every subscriber gets them first. */
  precedeWith(...by: NewEvent[]): void {
    this.#fates.push({ kind: 'preceded', stream: undefined, by });
  }

  /** Before the next append another writer appends these to `stream`, which is another one: every subscriber gets them first. */
  overtakeWith(stream: string, ...by: NewEvent[]): void {
    this.#fates.push({ kind: 'preceded', stream, by });
  }

  /** Another writer appends these to `stream` now. */
  writeElsewhere(stream: string, ...by: NewEvent[]): void {
    this.#feed(this.#write(stream, by));
  }

  /** The next append is not answered before the function that this returns is called; it is made only then. */
  stall(): () => void {
    let resume: () => void = () => undefined;
    this.#fates.push({ kind: 'stalled', until: new Promise((resolve) => (resume = resolve)) });
    return () => resume();
  }

  /** Appends are written and delivered, and answered only when the function that this returns is called. */
  holdAnswers(): () => void {
    this.#heldAnswers = [];
    return () => {
      const held = this.#heldAnswers ?? [];
      this.#heldAnswers = undefined;
      for (const answer of held) answer();
    };
  }

  /** Appends are written and answered, and delivered only when the function that this returns is called. */
  holdFeed(): () => void {
    this.#heldFeed = [];
    return () => {
      const held = this.#heldFeed ?? [];
      this.#heldFeed = undefined;
      if (held.length > 0) for (const subscriber of this.#subscribers) void subscriber.deliver(held);
    };
  }

  /** Resolves when one more append has been made, or has failed, whether it is answered or not. */
  nextAppend(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<Appended> {
    this.appends.push({ stream, expected, events });
    // As of any engine, nothing comes of it before the call has returned.
    await undefined;
    const fate = this.#fates.shift();
    const appended: Appended =
      fate?.kind === 'stalled'
        ? { kind: 'unknown', resolved: fate.until.then(() => this.#append(stream, expected, events, undefined)) }
        : this.#append(stream, expected, events, fate);
    const isAnswered = this.#heldAnswers && new Promise<void>((answer) => this.#heldAnswers!.push(answer));
    for (const resolve of this.#waiting.splice(0)) resolve();
    await isAnswered;
    return appended;
  }

  async overwrite(stream: string, expected: number, event: NewEvent): Promise<Appended> {
    return this.append(stream, expected, [event]);
  }

  subscribe(after: Position | undefined, subscriber: Subscriber): Subscription {
    const behind = this.events.filter(({ position }) => after === undefined || comparePositions(position, after) > 0);
    const caughtUp = Promise.resolve(behind.length > 0 ? subscriber.deliver(behind) : undefined).then(
      () => void this.#subscribers.add(subscriber),
    );
    return { caughtUp, close: () => void this.#subscribers.delete(subscriber) };
  }

  async readPrivate(): Promise<undefined> {
    return undefined;
  }

  async head(): Promise<Position> {
    return String(this.events.length);
  }

  async eventAt(position: Position): Promise<EventMark | undefined> {
    const event = this.events.find((event) => event.position === position);
    return event && { position, id: event.id, digest: eventDigest(event) };
  }

  async close(): Promise<void> {
    this.#subscribers.clear();
  }

  #append(stream: string, expected: number, events: readonly NewEvent[], fate: Fate | undefined): Resolved {
    if (fate?.kind === 'full') return { kind: 'full' };
    if (fate?.kind === 'preceded') this.#feed(this.#write(fate.stream ?? stream, fate.by));
    const actual = this.#revision(stream);
    if (actual !== expected) return { kind: 'conflict', actual };
    this.#feed(this.#write(stream, events));
    return { kind: 'appended', revision: this.#revision(stream), position: String(this.events.length) };
  }

  #revision(stream: string): number {
    return this.events.filter((event) => event.stream === stream).at(-1)?.revision ?? NO_STREAM;
  }

  #write(stream: string, events: readonly NewEvent[]): RecordedEvent[] {
    let revision = this.#revision(stream);
    const written = events.map(({ id, event, metadata }, at) => ({
      id,
      event: event as DomainEvent,
      metadata,
      stream,
      revision: ++revision,
      position: String(this.events.length + at + 1),
    }));
    this.events.push(...written);
    return written;
  }

  #feed(written: readonly RecordedEvent[]): void {
    if (this.#heldFeed) this.#heldFeed.push(...written);
    else for (const subscriber of this.#subscribers) void subscriber.deliver(written);
  }
}

/**
 * The subscription's only consumer: folds each event into the live state, passes it to the listeners, which push and answer, and
 * passes it to the read-model writer.
 */

import type { EventLog, Position, RecordedEvent, Subscriber, Subscription } from '../log/event-log.js';
import { comparePositions } from '../log/event-log.js';
import { type Database, openDatabase } from '../log/sqlite/database.js';
import { renderEvent } from './event-rendering.js';
import { FreeTexts } from './free-texts.js';
import { HeadReads } from './head-reads.js';
import type { Folded, LiveState } from './live-state.js';
import { LogClock } from './log-clock.js';
import { openPagesAt, type PagesAt, pagesOpened } from './page-at.js';
import { PageStates } from './page-states.js';
import { PositionWaiters } from './position-waiters.js';
import { AccessHistory, openAccessRows } from './read-model/access-changes.js';
import { type AccessLog, openAccessLog } from './read-model/access-log.js';
import {
  type History,
  type HistoryEntry,
  historyEntry,
  openedEntry,
  openHistory,
  withOpened,
  withUnwritten,
} from './read-model/alarm-events.js';
import { type DenialLog, openDenialLog } from './read-model/denials.js';
import { type HistoryRanges, openHistoryRanges } from './read-model/history-ranges.js';
import { forbidsReuse, type IdempotencyRecord, openIdempotencyRecords } from './read-model/idempotency-records.js';
import { type Moments, openMoments } from './read-model/moments.js';
import { type Occurrences, openOccurrences } from './read-model/occurrences.js';
import { deleteReadModel, isDamage, loadReadModel } from './read-model/read-model.js';
import { ReadModelWriter, type ReadModelWriterOptions } from './read-model/writer.js';

/**
 * Called with every event immediately after its fold, in log order. `data`: the event's rendering, as JSON. `entry`: its entry in the
 * page's history, for an event of a page. `stored`: the same entry with free text sealed, as it is to be kept for longer.
 */
export type Listener = (
  folded: Folded,
  data: string,
  entry: HistoryEntry | undefined,
  stored: HistoryEntry | undefined,
) => void;

export interface ProjectionOptions extends ReadModelWriterOptions {
  readonly onDiscard: (reason: string) => void;
  /** Called after each batch with the time that folding and passing it on took (in milliseconds), its number of events, and its last event. */
  readonly onDelivered?: (milliseconds: number, events: number, last: RecordedEvent) => void;
}

export class Projection implements Subscriber {
  readonly live: LiveState;
  /** People's free text: sealed in the live state and the tables, opened where it is sent. */
  readonly texts: FreeTexts;
  readonly pageStates = new PageStates((json) => this.texts.open(json));
  readonly writer: ReadModelWriter;
  readonly history: History;
  /** Who had access to which page, at any position. */
  readonly access: AccessHistory;
  /** Pages as they were; the tables have to contain what is read. */
  readonly pagesAt: PagesAt;
  /** Every alarm's occurrences; the same. */
  readonly occurrences: Occurrences;
  /** Who had which access, and who gave it; the same. */
  readonly accessLog: AccessLog;
  /** Parts of histories; the same. */
  readonly historyRanges: HistoryRanges;
  /** What users were refused; the same. */
  readonly denials: DenialLog;
  /** Where to look for the place of a moment (moment-position.ts). */
  readonly moments: Moments;
  /** The time of new events. */
  readonly clock = new LogClock();
  readonly #reader: Database;
  readonly #idempotencyRecord: (key: string) => IdempotencyRecord | undefined;
  readonly #waiters = new PositionWaiters();
  readonly #heads: HeadReads;
  readonly #listeners: Listener[] = [];
  #subscription: Subscription | undefined;
  readonly #onDelivered: ProjectionOptions['onDelivered'];
  readonly #log: Pick<EventLog, 'isShared' | 'isAvailable'>;
  #position: Position | undefined;
  #isClosed = false;
  /** Events that wait for the keys of texts: resolves when they are folded. */
  #waiting: Promise<void> | undefined;

  /** Loads the live state from the read model and folds the events after its checkpoint; ready when `caughtUp` resolves. */
  static async start(log: EventLog, options: ProjectionOptions): Promise<Projection> {
    const { live, checkpoint } = await loadReadModel(options.file, log, await log.head(), options);
    const projection = new Projection(log, live, checkpoint, options);
    await Promise.all([projection.writer.loaded, projection.texts.load()]);
    projection.#subscribe(log, checkpoint);
    return projection;
  }

  private constructor(log: EventLog, live: LiveState, checkpoint: Position | undefined, options: ProjectionOptions) {
    this.live = live;
    this.clock.observe(live.time.newestAt);
    this.texts = new FreeTexts({ log, keys: live.textKeys, at: () => this.clock.at() });
    this.#log = log;
    this.#heads = new HeadReads(log);
    this.#position = checkpoint;
    // A read model that cannot be written or read now would fail again at the next start.
    const onFailed = (message: string): void => {
      deleteReadModel(options.file);
      options.onFailed(message);
    };
    this.writer = new ReadModelWriter(live, checkpoint, { ...options, onFailed });
    this.#reader = openDatabase(options.file, { readonly: true, timeout: 100 });
    const { idempotencyRecord, changedAfter, lostAfter, hadAt, markAtMoment, markAtPosition, markAtIndex, ...history } =
      reportingDamage(
        {
          ...openHistory(this.#reader),
          ...openAccessRows(this.#reader),
          ...openMoments(this.#reader),
          idempotencyRecord: openIdempotencyRecords(this.#reader),
        },
        onFailed,
      );
    const open = (json: string): string => this.texts.open(json);
    const unwritten = (): ReturnType<ReadModelWriter['unwrittenHistory']> | undefined =>
      this.writer.isFull ? this.writer.unwrittenHistory() : undefined;
    this.history = withOpened(withUnwritten(history, unwritten), open);
    this.pagesAt = pagesOpened(reportingDamage(openPagesAt(this.#reader), onFailed), open);
    this.occurrences = reportingDamage({ ...openOccurrences(this.#reader, open) }, onFailed);
    this.accessLog = reportingDamage(openAccessLog(this.#reader), onFailed);
    this.historyRanges = reportingDamage(openHistoryRanges(this.#reader, open), onFailed);
    this.denials = reportingDamage(openDenialLog(this.#reader), onFailed);
    this.moments = { markAtMoment, markAtPosition, markAtIndex };
    this.access = new AccessHistory(live, { changedAfter, lostAfter, hadAt }, () => this.writer.unwrittenAccess());
    this.#idempotencyRecord = idempotencyRecord;
    this.#onDelivered = options.onDelivered;
  }

  #subscribe(log: EventLog, checkpoint: Position | undefined): void {
    this.#subscription = log.subscribe(checkpoint, this);
  }

  get caughtUp(): Promise<void> {
    return this.#whenCaughtUp();
  }

  async #whenCaughtUp(): Promise<void> {
    await this.#subscription?.caughtUp;
    while (this.#waiting) await this.#waiting;
  }

  /** Position of the last folded event; undefined before the first. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Adds a listener. Listeners are called in the order in which they were added. */
  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Events with text whose key this node does not have wait until it is read, and later ones behind them. */
  deliver(events: readonly RecordedEvent[]): void | Promise<void> {
    if (!this.#waiting && !this.texts.lacksKeyFor(events)) return this.#fold(events);
    const before = this.#waiting ?? Promise.resolve();
    const waiting = before.then(async () => {
      await this.texts.readKeysFor(events);
      if (this.#isClosed) return;
      await this.#fold(events);
    });
    this.#waiting = waiting;
    void waiting.then(() => {
      if (this.#waiting === waiting) this.#waiting = undefined;
    });
    return waiting;
  }

  #fold(events: readonly RecordedEvent[]): void | Promise<void> {
    const startedAt = performance.now();
    for (const recorded of events) {
      const folded = this.live.fold(recorded, this.#log.isShared && this.#isReuse(recorded));
      if (recorded.event.type === 'UserTextsErased') this.pageStates.forget();
      const sealed = renderEvent(this.live, folded);
      const data = this.texts.open(sealed);
      const stored = folded.page && historyEntry(folded, sealed);
      const entry = stored && openedEntry(stored, (json) => this.texts.open(json));
      for (const listener of this.#listeners) listener(folded, data, entry, stored);
      this.writer.note(folded, stored, folded.isVoid ? undefined : idempotencyRecord(recorded, sealed));
    }
    const last = events.at(-1);
    if (!last) return;
    this.#position = last.position;
    this.clock.observe(this.live.time.newestAt);
    if (this.#waiters.size > 0) this.#waiters.reached(this.#position);
    this.#onDelivered?.(performance.now() - startedAt, events.length, last);
    if (this.writer.isBehind) return new Promise((resolve) => this.writer.whenDrained(resolve));
  }

  /** A single node looks up a command's id before it decides; of several nodes, two may use the same id at the same time. */
  #isReuse({ metadata: { id, key, at } }: RecordedEvent): boolean {
    const before = id === undefined ? undefined : this.findCommand(key);
    return before !== undefined && forbidsReuse(before, at);
  }

  /** The idempotency record of the command with this key; undefined if it has had no effect. */
  findCommand(key: string): IdempotencyRecord | undefined {
    const found = this.writer.unwrittenCommand(key) ?? this.#idempotencyRecord(key);
    if (!found) return undefined;
    const data = this.texts.open(found.data);
    return data === found.data ? found : { ...found, data };
  }

  /** Resolves to true when the event at `position` has been folded, to false after `timeoutMs`. */
  async reached(position: Position, timeoutMs: number): Promise<boolean> {
    if (this.#position !== undefined && comparePositions(this.#position, position) >= 0) return true;
    return this.#waiters.wait(position, timeoutMs);
  }

  /**
   * Resolves when everything that the log contained at this call has been folded; immediately if the end of the log cannot be read,
   * and after `timeoutMs` in any case. Undefined if no other process appends, because then no client can have received an event
   * that is not folded yet; or if the log does not respond.
   */
  present(timeoutMs: number): Promise<void> | undefined {
    if (!this.#log.isShared || !this.#log.isAvailable) return undefined;
    return this.atPresent(timeoutMs).then(() => undefined);
  }

  /** Resolves to true when everything that the log contained at this call has been folded; to false after `timeoutMs`, or if the end of the log cannot be read. */
  atPresent(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      const over = (isReached: boolean): void => {
        clearTimeout(timer);
        resolve(isReached);
      };
      this.#heads
        .head()
        .then((head) => this.reached(head, timeoutMs))
        .then(over, () => over(false));
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.texts.close();
    this.#subscription?.close();
    await this.writer.close();
    this.#reader.close();
  }
}

function idempotencyRecord(
  { metadata, stream, revision, position }: RecordedEvent,
  data: string,
): IdempotencyRecord | undefined {
  const { id, hash, key, command, at } = metadata;
  if (id === undefined || hash === undefined) return undefined;
  return { key, hash, command, stream, revision, position, at, data };
}

/** The same reads; a read that finds the file damaged calls `onDamage` before it throws. */
function reportingDamage<Reads extends Readonly<Record<string, (...args: never[]) => unknown>>>(
  reads: Reads,
  onDamage: (message: string) => void,
): Reads {
  const telling = ([name, read]: [string, (...args: never[]) => unknown]) => [
    name,
    (...args: never[]): unknown => {
      try {
        return read(...args);
      } catch (error) {
        if (isDamage(error)) onDamage((error as Error).message);
        throw error;
      }
    },
  ];
  return Object.fromEntries(Object.entries(reads).map(telling)) as Reads;
}

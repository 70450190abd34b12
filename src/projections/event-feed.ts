/**
 * The newest events of all pages in memory, in log order, for those who read events as they happen; and who is to be woken by them.
 * Older events are read from alarm_events (page-merge.ts). While nobody reads, nothing is kept.
 */
import { isGroupEvent, isPageEvent, isUserEvent } from '../domain/events.js';
import { idOf } from '../domain/streams.js';
import { comparePositions, type Position } from '../log/event-log.js';
import { FeedWaiter } from './feed-waiter.js';
import type { Folded } from './live-state.js';
import { changesAccess } from './read-model/access-changes.js';
import type { HistoryEntry } from './read-model/alarm-events.js';

/** Events kept in memory. */
const KEPT = 4_096;

/** Every reader looks for its place within this time, in milliseconds: the longest wait of a stream whose connection takes nothing, and more. */
const READERS_MS = 120_000;

export interface RecentEvent {
  readonly position: Position;
  /** Undefined for an event of a group. */
  readonly page: { readonly id: string; readonly entry: HistoryEntry } | undefined;
  /** The running maximum of `at` in the log, up to it. */
  readonly newestAt: string;
  /** Whether it may have changed who sees which page. */
  readonly changesAccess: boolean;
}

export class EventFeed {
  readonly #events: RecentEvent[] = [];
  readonly #nextIteration: (then: () => void) => void;
  readonly #waiters = new Set<FeedWaiter>();
  readonly #touched = new Set<string>();
  readonly #touchedUsers = new Set<string>();
  /** Number of events noted so far: the index of the next one. */
  #next = 0;
  /** Index of the first kept event, or of one that was replaced since. */
  #first = 0;
  /** Everything after this position is kept. */
  #keptAfter: Position;
  /** Events noted since somebody last looked for their place: who looks after more than KEPT finds nothing of use to them. */
  #unread = KEPT;
  /** When somebody last looked, on the monotonic clock. */
  #readAt = Number.NEGATIVE_INFINITY;
  #accessChanges = 0;
  #accessTouched = false;
  #isScheduled = false;
  #isEnding = false;

  /** `position`: that of the last event folded before the first call of `note`. */
  constructor(position: Position, nextIteration: (then: () => void) => void = (then) => void setImmediate(then)) {
    this.#keptAfter = position;
    this.#nextIteration = nextIteration;
  }

  /** Number of changes of access so far. */
  get accessChanges(): number {
    return this.#accessChanges;
  }

  /** Index of the next event to be noted. */
  get end(): number {
    return this.#next;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Number of those who wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Has to be called with every folded event, in log order. `entry`: of an event of a page, its entry in the page's history. `newestAt`:
   * the running maximum of `at` (RFC 3339, UTC, ms).
   */
  note(folded: Folded, entry: HistoryEntry | undefined, newestAt: string): void {
    const { recorded, page, isVoid } = folded;
    const { event, position } = recorded;
    const isAccess = !isVoid && (isPageEvent(event) || isGroupEvent(event)) && changesAccess[event.type];
    if (isUserEvent(event)) this.#touchUser(idOf(recorded.stream));
    if (!page && !isAccess) return;
    // Who reads slowly has to learn which of the events came after a change of access.
    if (isAccess && performance.now() - this.#readAt < READERS_MS) this.#unread = 0;
    if (this.#unread < KEPT) {
      this.#unread += 1;
      this.#keep({ position, page: page && entry && { id: page.id, entry }, newestAt, changesAccess: isAccess });
    } else this.#skip(position);
    if (isAccess) {
      this.#accessChanges += 1;
      this.#accessTouched = true;
    }
    if (this.#waiters.size === 0 && !this.#isScheduled) {
      this.#accessTouched = false;
      return;
    }
    if (page) this.#touched.add(page.id);
    this.#schedule();
  }

  /** Index of the first kept event after `position`; undefined if not all events after it are kept. From now on they are. */
  indexAfter(position: Position): number | undefined {
    this.#unread = 0;
    this.#readAt = performance.now();
    if (comparePositions(position, this.#keptAfter) < 0) return undefined;
    let low = this.#start;
    let high = this.#next;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.#events[middle % KEPT];
      if (found && comparePositions(found.position, position) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The event with this index; undefined if it is not kept (any more). */
  at(index: number): RecentEvent | undefined {
    return index >= this.#start && index < this.#next ? this.#events[index % KEPT] : undefined;
  }

  /** Of the newest kept change of access: its index. */
  get lastAccessChange(): number | undefined {
    for (let at = this.#next - 1; at >= this.#start; at -= 1) if (this.#events[at % KEPT]?.changesAccess) return at;
    return undefined;
  }

  /** Somebody who waits for events of pages, for any change of access, or for an event of their own account. */
  waiter(userId: string): FeedWaiter {
    return new FeedWaiter({ userId, waiting: this.#waiters, isAboutToWake: () => this.#isScheduled });
  }

  /** Wakes everybody; nobody waits from now on. */
  stop(): void {
    this.#isEnding = true;
    for (const waiter of [...this.#waiters]) waiter.wake(true);
  }

  /** Index of the first kept event. */
  get #start(): number {
    return Math.max(this.#first, this.#next - KEPT);
  }

  #keep(event: RecentEvent): void {
    const at = this.#next % KEPT;
    if (this.#next - this.#first >= KEPT) this.#keptAfter = this.#events[at]?.position ?? this.#keptAfter;
    this.#events[at] = event;
    this.#next += 1;
  }

  /** Keeps neither this event nor those before it. */
  #skip(position: Position): void {
    if (this.#events.length > 0) this.#events.length = 0;
    this.#keptAfter = position;
    this.#next += 1;
    this.#first = this.#next;
  }

  /** Their session may have ended. */
  #touchUser(userId: string): void {
    if (this.#waiters.size === 0) return;
    this.#touchedUsers.add(userId);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#nextIteration(() => this.#wake());
  }

  #wake(): void {
    this.#isScheduled = false;
    const isForAll = this.#accessTouched;
    this.#accessTouched = false;
    const touched = [...this.#touched];
    this.#touched.clear();
    const users = new Set(this.#touchedUsers);
    this.#touchedUsers.clear();
    for (const waiter of [...this.#waiters])
      if (isForAll || users.has(waiter.userId) || touched.some((page) => waiter.pages.has(page))) waiter.wake(true);
  }
}

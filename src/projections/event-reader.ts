/**
 * One read of all events that a user may see, in log order, from a position on. Rights are those of the moment at which an event is
 * handed out: an event is handed out if its page is visible then, whenever the right came.
 */
import { maySeeGrants } from '../domain/authorization.js';
import { comparePositions, type Position } from '../log/event-log.js';
import type { EventFeed } from './event-feed.js';
import type { FeedWaiter } from './feed-waiter.js';
import { type PageEvent, PageMerge, seqAt } from './page-merge.js';
import { POSITION_WAIT_MS } from './position-waiters.js';
import type { Projection } from './projection.js';
import { openedEntry } from './read-model/alarm-events.js';

/** Events looked at in one call of `read`, at most; and their data, in characters. */
const LOOKED_AT = 1_000;
const CHARACTERS = 48 * 1024;

export interface EventFilter {
  /** Undefined: all types, and void events. */
  readonly types: ReadonlySet<string> | undefined;
  /** Undefined: all pages. */
  readonly pages: ReadonlySet<string> | undefined;
  /** Whether the page is among those that are read, in addition; undefined: all are. */
  readonly isIncluded?: ((pageId: string) => boolean) | undefined;
}

export interface ReadEvent extends PageEvent {
  /** Whether the user sees what only the page's owner sees. */
  readonly isOwner: boolean;
}

/** A page that the user sees from here on, or does not see any more. Its events up to `seq` are in its history. */
export type Scope = { readonly lost: string } | { readonly gained: string; readonly seq: number };

export interface ReadPart {
  /** What the user sees now and did not see before, or the reverse; to be told before the events. */
  readonly scopes: readonly Scope[];
  readonly events: readonly ReadEvent[];
  /** Events that were looked at, those handed out among them. */
  readonly looked: number;
}

export interface EventReaderOptions {
  readonly projection: Projection;
  readonly feed: EventFeed;
  readonly userId: string;
  readonly filter: EventFilter;
  /** Events after this position are read. */
  readonly after: Position;
  /** Only events from this moment on (RFC 3339, UTC, ms), which the log has not reached at `after`. */
  readonly from?: string | undefined;
  /** Whether `after` is a cursor of an earlier read: then what the user sees now and did not see there is told. */
  readonly isResumed: boolean;
}

/** Thrown if the tables could not be read in time. */
export class TablesBehind extends Error {
  override readonly name = 'TablesBehind';
}

const isWanted = ({ pages, isIncluded }: EventFilter, pageId: string): boolean =>
  pages?.has(pageId) !== false && isIncluded?.(pageId) !== false;

export class EventReader {
  readonly #options: EventReaderOptions;
  readonly #waiter: FeedWaiter;
  #visible: ReadonlySet<string>;
  #accessChanges: number;
  /** Pages whose events up to a seq are read from their history, because a right to see them came after these. */
  readonly #floors = new Map<string, number>();
  #isToTell: boolean;
  /** Kept while the tables are behind. */
  readonly #untold: Scope[] = [];
  /** The moment that events are waited for; undefined when it has come. */
  #from: string | undefined;
  #merge: PageMerge | undefined;
  /** The tables hold everything up to here. */
  #until: Position | undefined;
  #position: Position;
  #isCaughtUp = false;
  readonly #open = (json: string): string => this.#options.projection.texts.open(json);

  constructor(options: EventReaderOptions) {
    this.#options = options;
    this.#waiter = options.feed.waiter(options.userId);
    this.#position = options.after;
    this.#isToTell = options.isResumed;
    this.#from = options.from;
    this.#visible = this.#visibleNow();
    this.#accessChanges = options.feed.accessChanges;
  }

  /** Everything up to here has been looked at. */
  get position(): Position {
    return this.#position;
  }

  /** Whether everything that this node knows had been looked at when `read` last returned. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** The next events, at most `limit`; none if it has caught up, or if none of those looked at matched. Rejects with TablesBehind. */
  async read(limit: number): Promise<ReadPart> {
    if (this.#isToTell) {
      this.#untold.push(...(await this.#sinceCursor()));
      this.#isToTell = false;
    }
    this.#untold.push(...this.#changedScopes());
    while (this.#options.feed.indexAfter(this.#position) === undefined && !this.#merge) {
      await this.#openMerge();
      this.#untold.push(...this.#changedScopes());
    }
    // Nothing is awaited from here on: the rights are those of now.
    return { scopes: this.#untold.splice(0), ...(this.#merge ? this.#fromTables(limit) : this.#fromMemory(limit)) };
  }

  /** Resolves when there may be something to read, at `until` (performance.now()), or at `endWait`. */
  async wait(until: number): Promise<void> {
    const { feed, projection } = this.#options;
    if (feed.isEnding || this.#accessChanges !== feed.accessChanges || !this.#isCaughtUp) return;
    const index = feed.indexAfter(this.#position);
    if (index === undefined || index < feed.end) return;
    if (!(await this.#waiter.wait(this.#visible, until)) && projection.position !== undefined)
      this.#position = projection.position;
  }

  /** Ends a wait, and each later one at once. */
  endWait(): void {
    this.#waiter.end();
  }

  #fromMemory(limit: number): { events: ReadEvent[]; looked: number } {
    const { feed, projection } = this.#options;
    const events: ReadEvent[] = [];
    let looked = 0;
    let characters = 0;
    let index = feed.indexAfter(this.#position) ?? feed.end;
    for (; looked < LOOKED_AT && events.length < limit && characters < CHARACTERS; index += 1) {
      const recent = feed.at(index);
      if (!recent) break;
      looked += 1;
      this.#position = recent.position;
      if (this.#isTooEarly(recent.newestAt)) continue;
      const event = recent.page && this.#matching(recent.page.id, recent.page.entry);
      if (!event) continue;
      events.push(event);
      characters += event.entry.data.length;
    }
    this.#isCaughtUp = index >= feed.end;
    if (this.#isCaughtUp && projection.position !== undefined) this.#reached(projection.position);
    return { events, looked };
  }

  #fromTables(limit: number): { events: ReadEvent[]; looked: number } {
    const events: ReadEvent[] = [];
    let looked = 0;
    let characters = 0;
    const until = this.#until ?? this.#position;
    this.#isCaughtUp = false;
    while (looked < LOOKED_AT && events.length < limit && characters < CHARACTERS) {
      const next = this.#merge?.next(until);
      if (!next) {
        this.#merge = undefined;
        this.#reached(until);
        // If this is the end, the next read finds it in memory at once.
        this.#isCaughtUp = this.#options.feed.indexAfter(this.#position) === this.#options.feed.end;
        break;
      }
      looked += 1;
      this.#position = next.entry.position;
      if (this.#isTooEarly(next.entry.at)) continue;
      const event = this.#matching(next.pageId, next.entry);
      if (!event) continue;
      events.push(event);
      characters += event.entry.data.length;
    }
    return { events, looked };
  }

  /** `newestAt`: of the event; with tables its own `at`, which of events that waited this long is the same but for clocks that differ. */
  #isTooEarly(newestAt: string): boolean {
    if (this.#from === undefined) return false;
    if (newestAt < this.#from) return true;
    this.#from = undefined;
    return false;
  }

  #matching(pageId: string, entry: PageEvent['entry']): ReadEvent | undefined {
    const { projection, userId, filter } = this.#options;
    if (!this.#visible.has(pageId) || entry.seq <= (this.#floors.get(pageId) ?? -1)) return undefined;
    if (filter.types && (entry.void !== 0 || !filter.types.has(entry.type))) return undefined;
    const page = projection.live.pages.get(pageId);
    // In memory free text is sealed; what the tables gave is opened already.
    return page && { pageId, entry: openedEntry(entry, this.#open), isOwner: maySeeGrants(page, userId) };
  }

  #reached(position: Position): void {
    if (comparePositions(position, this.#position) > 0) this.#position = position;
  }

  #visibleNow(): ReadonlySet<string> {
    const { projection, userId, filter } = this.#options;
    const ids = projection.live.pageIdsVisibleTo(userId);
    if (filter.pages || filter.isIncluded) for (const id of ids) if (!isWanted(filter, id)) ids.delete(id);
    return ids;
  }

  /** What has changed since the last call, while this read runs. */
  #changedScopes(): Scope[] {
    const { feed } = this.#options;
    if (this.#accessChanges === feed.accessChanges) return [];
    this.#accessChanges = feed.accessChanges;
    const before = this.#visible;
    this.#visible = this.#visibleNow();
    const scopes: Scope[] = [];
    for (const lost of before)
      if (!this.#visible.has(lost)) {
        this.#floors.delete(lost);
        scopes.push({ lost });
      }
    const gains = [...this.#visible].filter((id) => !before.has(id));
    if (gains.length > 0) {
      const seqOf = this.#seqsOfGains();
      for (const gained of gains) {
        const seq = seqOf(gained);
        this.#floors.set(gained, seq);
        scopes.push({ gained, seq });
      }
      // The pages that are read from the tables are others now.
      this.#merge = undefined;
    }
    return scopes;
  }

  /** Of a page: seq of the event that gave the right to see it; what came after it is told. -1 for a page that was created since: it is told whole. */
  #seqsOfGains(): (pageId: string) => number {
    const { feed, projection } = this.#options;
    const index = feed.indexAfter(this.#position);
    const changed = feed.lastAccessChange ?? feed.end;
    const created = new Set<string>();
    const later = new Map<string, number>();
    for (let at = index ?? changed + 1; at < feed.end; at += 1) {
      const page = feed.at(at)?.page;
      if (!page) continue;
      if (page.entry.seq === 0) created.add(page.id);
      if (at > changed) later.set(page.id, (later.get(page.id) ?? 0) + 1);
    }
    return (pageId) => {
      if (created.has(pageId)) return -1;
      if (index === undefined) {
        const first = projection.history.positionOf(pageId, 0);
        if (first === undefined || comparePositions(first, this.#position) > 0) return -1;
      }
      return (projection.live.pages.get(pageId)?.seq ?? -1) - (later.get(pageId) ?? 0);
    };
  }

  /** What the user sees now and did not see at the cursor, and the reverse. */
  async #sinceCursor(): Promise<Scope[]> {
    const { projection, userId, filter } = this.#options;
    const { live, access, history } = projection;
    const after = this.#position;
    await this.#tables();
    // As of now: what changes from here on is found by #changedScopes.
    this.#accessChanges = this.#options.feed.accessChanges;
    this.#visible = this.#visibleNow();
    const scopes: Scope[] = [];
    const maybeLost = access.maybeLostSince(userId, after);
    for (const [id, saw] of access.visibleThen(userId, after)) {
      if (!isWanted(filter, id)) continue;
      const sees = this.#visible.has(id);
      // What was lost meanwhile and is there again: while it was lost, a read that ended at this cursor may have left out events of it.
      if (saw === sees && !(sees && maybeLost.has(id))) continue;
      const page = live.pages.get(id);
      if (saw && !sees) scopes.push({ lost: id });
      else if (page) scopes.push({ gained: id, seq: seqAt(history, { id, lastSeq: page.seq }, after) });
    }
    return scopes;
  }

  async #openMerge(): Promise<void> {
    const { projection } = this.#options;
    this.#until = await this.#tables();
    const pages = Array.from(this.#visible, (id) => ({ id, lastSeq: projection.live.pages.get(id)?.seq ?? -1 }));
    this.#merge = await PageMerge.of(projection.history, pages, this.#position);
  }

  /** Waits until the tables hold all that is folded now, and returns its position. */
  async #tables(): Promise<Position> {
    const { projection } = this.#options;
    const position = projection.position ?? this.#position;
    if (!(await projection.writer.readable(POSITION_WAIT_MS))) throw new TablesBehind();
    return position;
  }
}

/**
 * A log as a server has it after a month: users who own pages that another user sees, alarms on them, and for the
 * rest triggers, page by page in rotation. Written without the server, because a million events over sockets would take a minute,
 * but with the server's own log, streams and ids, event for event as it would have written them (test/load/history.test.ts).
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { nameStream } from '../src/auth/usernames.js';
import { commandKey, contentHash, entityId, freshKey } from '../src/commands/handling/ids.js';
import { logFile } from '../src/config.js';
import { type DomainEvent, eventVersions, type Metadata } from '../src/domain/events.js';
import { pageStream } from '../src/domain/streams.js';
import { type EventLog, type NewEvent, NO_STREAM } from '../src/log/event-log.js';
import { openDatabase } from '../src/log/sqlite/database.js';
import { openSqliteLog } from '../src/log/sqlite/log.js';

export interface HistoryShape {
  /** All events of the log; at least as many as `standingEvents` says. */
  readonly events: number;
  readonly pages: number;
  /** In all, going round the pages: at least one a page. */
  readonly alarms: number;
  /** Two or more. They have no passwords: nobody logs in as one. */
  readonly users: number;
  /** How many triggers each of the first pages has, spread over the whole time; the other pages share the rest. */
  readonly triggers?: readonly number[];
}

/** Events that make users, pages, grants and alarms; only what comes on top of them is history. */
export const standingEvents = ({ pages, alarms, users }: Pick<HistoryShape, 'pages' | 'alarms' | 'users'>): number =>
  1 + users + 2 * pages + alarms;

/** Events of a batch at most, and batches per commit: as on a busy server. */
const BATCH = 64;
const BATCHES_AT_ONCE = 8;
const SPAN_MS = 30 * 24 * 60 * 60 * 1_000;

/** Writes the log into the data folder `folder`, which has none yet. */
export async function writeHistory(folder: string, shape: HistoryShape): Promise<void> {
  const needed = standingEvents(shape) + (shape.triggers ?? []).reduce((sum, count) => sum + count, 0);
  if (shape.events < needed)
    throw new Error(`a history of ${shape.events} events has no room for what stands in the end: it takes ${needed}`);
  mkdirSync(folder, { recursive: true });
  const began = Date.now() - SPAN_MS;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  const log = openSqliteLog({ file: logFile(folder), onFatal: fail });
  try {
    await Promise.race([new HistoryWriter(log, shape, began).write(), failed]);
  } finally {
    await log.close();
  }
  backdateFirst(folder, began);
}

/** The log has made its own first event now: what is asked as of a moment of the history would be before the log. */
function backdateFirst(folder: string, began: number): void {
  const db = openDatabase(logFile(folder));
  try {
    const metadata = db.prepare('SELECT metadata FROM events WHERE position = 1').pluck().get() as string;
    const text = JSON.stringify({ ...(JSON.parse(metadata) as Metadata), at: new Date(began).toISOString() });
    db.prepare('UPDATE events SET metadata = ? WHERE position = 1').run(text);
  } finally {
    db.close();
  }
}

interface WrittenPage {
  readonly stream: string;
  readonly owner: string;
  readonly viewer: string;
  readonly alarms: readonly string[];
  revision: number;
  triggers: number;
}

class HistoryWriter {
  readonly #log: EventLog;
  readonly #shape: HistoryShape;
  readonly #began: number;
  /** The log has made its own first event. */
  #events = 1;

  constructor(log: EventLog, shape: HistoryShape, began: number) {
    this.#log = log;
    this.#shape = shape;
    this.#began = began;
  }

  async write(): Promise<void> {
    const { events, pages: pageCount, users: userCount } = this.#shape;
    const users: string[] = [];
    for (let n = 0; n < userCount; n++) users.push(await this.#user(`history-${n}`));
    const pages: WrittenPage[] = [];
    for (let n = 0; n < pageCount; n++)
      pages.push(await this.#page(n, users[n % userCount]!, users[(n + 1) % userCount]!));
    const { triggers: asked = [] } = this.#shape;
    const standing = this.#events;
    /** The first of those pages that would have too few of its triggers after another batch, and how many it lacks. */
    const behind = (): readonly [WrittenPage, number] | undefined => {
      const passed = Math.min(1, (this.#events - standing + BATCH) / (events - standing));
      for (const [at, count] of asked.entries()) {
        const lacking = Math.ceil(count * passed) - pages[at]!.triggers;
        if (lacking > 0) return [pages[at]!, lacking];
      }
      return undefined;
    };
    const others = pages.slice(asked.length);
    for (let next = 0; this.#events < events; ) {
      const batches: Promise<void>[] = [];
      for (; batches.length < Math.min(BATCHES_AT_ONCE, pageCount) && this.#events < events; ) {
        const [page, count] = behind() ?? [others[next++ % others.length]!, BATCH];
        batches.push(this.#triggers(page, Math.min(count, events - this.#events)));
      }
      await Promise.all(batches);
    }
  }

  async #user(username: string): Promise<string> {
    const user_id = randomUUID();
    await this.#append(nameStream(username), NO_STREAM, [
      recorded(
        { type: 'UserRegistered', data: { user_id, username } },
        { at: this.#now(), by: user_id, via: 'self', command: 'register', key: freshKey() },
      ),
    ]);
    return user_id;
  }

  async #page(number: number, owner: string, viewer: string): Promise<WrittenPage> {
    const at = this.#now();
    const creation = { at, by: owner, via: 'self', command: 'create_page', key: freshKey() };
    const events = [
      recorded({ type: 'PageCreated', data: { name: `Page ${number}`, owner_id: owner } }, creation),
      recorded(
        { type: 'PageShared', data: { subject_type: 'user', subject_id: viewer, can_view: true, can_edit: false } },
        { at, by: owner, via: 'owner', command: 'share_page', key: freshKey() },
      ),
    ];
    const alarms: string[] = [];
    for (let n = number; n < this.#shape.alarms; n += this.#shape.pages) {
      const key = freshKey();
      const alarm_id = entityId(key);
      alarms.push(alarm_id);
      events.push(
        recorded(
          { type: 'AlarmCreated', data: { alarm_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' } },
          { at, by: owner, via: 'owner', command: 'create_alarm', key },
        ),
      );
    }
    const page = {
      stream: pageStream(entityId(creation.key)),
      owner,
      viewer,
      alarms,
      revision: NO_STREAM,
      triggers: 0,
    };
    await this.#appendTo(page, events);
    return page;
  }

  /** The owner's client gives its commands ids, the viewer's knows only the seed's contract. */
  #triggers(page: WrittenPage, count: number): Promise<void> {
    const at = this.#now();
    const { owner, viewer, alarms } = page;
    const events = Array.from({ length: count }, (): NewEvent => {
      const n = page.triggers++;
      const data = { alarm_id: alarms[n % alarms.length]!, price: 1 + (n % 10_000) / 100_000 };
      const event: DomainEvent = { type: 'AlarmTriggered', data };
      if (n % 2) return recorded(event, { at, by: viewer, via: 'direct', command: 'trigger_alarm', key: freshKey() });
      const id = randomUUID();
      return recorded(event, {
        at,
        by: owner,
        via: 'owner',
        command: 'trigger_alarm',
        key: commandKey(owner, id),
        id,
        hash: contentHash('trigger_alarm', data),
      });
    });
    return this.#appendTo(page, events);
  }

  #appendTo(page: WrittenPage, events: readonly NewEvent[]): Promise<void> {
    const expected = page.revision;
    page.revision += events.length;
    return this.#append(page.stream, expected, events);
  }

  async #append(stream: string, expected: number, events: readonly NewEvent[]): Promise<void> {
    this.#events += events.length;
    const { kind } = await this.#log.append(stream, expected, events);
    if (kind !== 'appended')
      throw new Error(
        `a history could not be written: ${kind === 'full' ? 'the disk is full' : `${stream} is there already`}`,
      );
  }

  #now(): string {
    return new Date(this.#began + (SPAN_MS * this.#events) / this.#shape.events).toISOString();
  }
}

const recorded = (event: DomainEvent, { at, by, via, command, key, ...identified }: Omit<Metadata, 'v'>): NewEvent => ({
  id: key,
  event,
  metadata: { at, by, via, command, key, ...identified, v: eventVersions[event.type] },
});

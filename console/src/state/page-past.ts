/**
 * A page after each of its events. Every 256 events the server is asked what it had then, and the events after that are folded: so the
 * arrow keys move event by event without a request each, and a long history costs no more than a short one.
 */
import type { Alarm, HistoryEvent, PageThen } from '@alarm-server/client';
import { type AlarmsThen, folded } from './past.js';

/** Events of a block. */
const BLOCK = 256;
/** Blocks that are held. */
const HELD = 8;

export interface PastPage {
  readonly alarms: AlarmsThen;
  /** The event after which the page was so. */
  readonly event: HistoryEvent | undefined;
}

/** Where it comes from. Both reject as the server refuses. */
export interface PastSource {
  /** The page's events after `afterSeq`, oldest first. */
  readonly events: (afterSeq: number, limit: number) => Promise<readonly HistoryEvent[]>;
  /** The page at a moment, or at `@` and a position; undefined: it did not exist yet. */
  readonly pageAt: (at: string) => Promise<PageThen | undefined>;
}

interface Block {
  /** After the event before the block's first. */
  readonly alarms: AlarmsThen;
  readonly events: readonly HistoryEvent[];
}

const NOTHING: AlarmsThen = new Map();

const byId = (alarms: readonly Alarm[]): AlarmsThen => new Map(alarms.map((alarm) => [alarm.id, alarm]));

export class PagePast {
  readonly #source: PastSource;
  readonly #size: number;
  readonly #blocks = new Map<number, Promise<Block>>();

  constructor(source: PastSource, size = BLOCK) {
    this.#source = source;
    this.#size = size;
  }

  /** After the event `seq`, which the page has. Rejects as the server refuses. */
  async after(seq: number): Promise<PastPage> {
    const number = Math.floor(seq / this.#size);
    const { alarms, events } = await this.#block(number, seq);
    const past = events.filter((event) => event.seq <= seq);
    return { alarms: folded(alarms, past), event: past.at(-1) };
  }

  /** The last event of the page at `at`, a moment or `@` and a position; undefined if the page did not exist yet. */
  async seqAt(at: string): Promise<number | undefined> {
    return (await this.#source.pageAt(at))?.page.seq;
  }

  async #block(number: number, upTo: number): Promise<Block> {
    const held = this.#blocks.get(number);
    if (held) {
      const block = await held;
      if ((block.events.at(-1)?.seq ?? -1) >= upTo) return block;
    }
    const read = this.#read(number * this.#size);
    this.#blocks.set(number, read);
    read.catch(() => this.#blocks.delete(number));
    for (const old of this.#blocks.keys()) if (this.#blocks.size > HELD) this.#blocks.delete(old);
    return read;
  }

  /** `first`: the block's first seq. */
  async #read(first: number): Promise<Block> {
    if (first === 0) return { alarms: NOTHING, events: await this.#source.events(-1, this.#size) };
    const [before, ...events] = await this.#source.events(first - 2, this.#size + 1);
    if (!before) throw new Error('The history has a gap.');
    return { alarms: await this.#exactly(before), events };
  }

  /** What the page had after `event`. */
  async #exactly(event: HistoryEvent): Promise<AlarmsThen> {
    const then = await this.#source.pageAt(event.at);
    if (then && then.page.seq <= event.seq) return this.#forward(then, event.seq);
    // Others of the same millisecond came after it.
    const earlier = await this.#source.pageAt(new Date(Date.parse(event.at) - 1).toISOString());
    return this.#forward(earlier, event.seq);
  }

  async #forward(then: PageThen | undefined, seq: number): Promise<AlarmsThen> {
    let alarms = then ? byId(then.alarms) : NOTHING;
    for (let after = then?.page.seq ?? -1; after < seq; ) {
      const events = await this.#source.events(after, Math.min(1_000, seq - after));
      const last = events.at(-1);
      if (!last) break;
      alarms = folded(alarms, events);
      after = last.seq;
    }
    return alarms;
  }
}

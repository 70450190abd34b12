/**
 * The alarms of each page as bytes of JSON: what every state of the page consists of, made for all who ask until the page changes.
 * Nothing is done before somebody asks. Then only alarms that have changed since somebody asked last are made into text; the rest
 * is copied. An alarm is never altered (domain/page.ts puts another in its place), so the same object is the same text.
 */
import type { Alarm, LivePage } from '../domain/page.js';
import { alarmJson } from './views.js';

/** Since the start. */
export interface PageStateCounts {
  /** Pages' states that somebody was given. */
  sent: number;
  /** Times the state of a page was put together. */
  built: number;
  /** Alarms that were made into text for it. */
  alarms: number;
}

interface Built {
  seq: number;
  /** In the page's order; each one's text has a comma before it, and ends in `bytes` at the same place of `ends`. */
  readonly alarms: readonly Alarm[];
  readonly ends: readonly number[];
  readonly bytes: Buffer;
  /** Lengths of the same texts in characters, and their sum. */
  readonly lengths: readonly number[];
  readonly length: number;
}

const NOTHING: Built = { seq: -1, alarms: [], ends: [], bytes: Buffer.alloc(0), lengths: [], length: 0 };

export class PageStates {
  readonly counts: Readonly<PageStateCounts>;
  readonly #counts: PageStateCounts = { sent: 0, built: 0, alarms: 0 };
  readonly #built = new WeakMap<LivePage, Built>();

  constructor() {
    this.counts = this.#counts;
  }

  /** The page's alarms for one who is given them: JSON, comma separated. They are the same bytes for all, and not to be altered. */
  alarmsJson(page: LivePage): Buffer {
    this.#counts.sent++;
    return this.#stateOf(page).bytes.subarray(1);
  }

  /** Length of that text in characters, for one who decides whether to give it. */
  lengthOf(page: LivePage): number {
    return this.#stateOf(page).length;
  }

  #stateOf(page: LivePage): Built {
    const before = this.#built.get(page) ?? NOTHING;
    if (before.seq === page.seq) return before;
    const next = new Next(before);
    for (const alarm of page.alarms.values()) next.add(alarm);
    if (next.isAsBefore) {
      before.seq = page.seq;
      return before;
    }
    this.#counts.built++;
    this.#counts.alarms += next.made;
    const built = next.built(page.seq);
    this.#built.set(page, built);
    return built;
  }
}

/** A page's state, put together from what it was before. */
class Next {
  /** Alarms that had to be made into text. */
  made = 0;
  readonly #before: Built;
  /** Place in `before` from which on the next alarm is looked for: a page keeps its alarms in the order of their creation. */
  #old = 0;
  readonly #alarms: Alarm[] = [];
  readonly #ends: number[] = [];
  readonly #lengths: number[] = [];
  readonly #pieces: Buffer[] = [];
  /** Bytes of `before` that go on as they are, not among the pieces yet. */
  #keptFrom = 0;
  #keptTo = 0;
  #end = 0;
  #length = 0;

  constructor(before: Built) {
    this.#before = before;
  }

  add(alarm: Alarm): void {
    const { alarms, ends, lengths } = this.#before;
    // Those passed over were deleted.
    while (this.#old < alarms.length && alarms[this.#old]!.id !== alarm.id) this.#old++;
    const from = this.#old === 0 ? 0 : ends[this.#old - 1]!;
    if (alarms[this.#old] === alarm) this.#keep(alarm, from, ends[this.#old]!, lengths[this.#old]!);
    else this.#make(alarm);
    this.#old++;
  }

  get isAsBefore(): boolean {
    return this.made === 0 && this.#alarms.length === this.#before.alarms.length && this.#before !== NOTHING;
  }

  built(seq: number): Built {
    this.#endKept();
    return { seq, alarms: this.#alarms, ends: this.#ends, bytes: Buffer.concat(this.#pieces, this.#end), lengths: this.#lengths, length: Math.max(0, this.#length - 1) };
  }

  #keep(alarm: Alarm, from: number, to: number, length: number): void {
    if (from !== this.#keptTo) {
      this.#endKept();
      this.#keptFrom = from;
    }
    this.#keptTo = to;
    this.#note(alarm, to - from, length);
  }

  #make(alarm: Alarm): void {
    this.#endKept();
    const text = `,${alarmJson(alarm)}`;
    const bytes = Buffer.from(text);
    this.#pieces.push(bytes);
    this.made++;
    this.#note(alarm, bytes.length, text.length);
  }

  #note(alarm: Alarm, bytes: number, length: number): void {
    this.#end += bytes;
    this.#length += length;
    this.#alarms.push(alarm);
    this.#ends.push(this.#end);
    this.#lengths.push(length);
  }

  #endKept(): void {
    if (this.#keptTo > this.#keptFrom) this.#pieces.push(this.#before.bytes.subarray(this.#keptFrom, this.#keptTo));
    this.#keptFrom = this.#keptTo;
  }
}

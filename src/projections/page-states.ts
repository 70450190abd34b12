/**
 * The alarms of each page as bytes of JSON: what every state of the page consists of, made for all who ask until the page changes.
 * Nothing is done before somebody asks. Then only alarms that have changed since somebody asked last are made into text; the rest
 * is kept. An alarm is never altered (domain/page.ts puts another in its place), so the same object is the same text.
 *
 * The text is in segments, each of which stays the same bytes until one of its alarms changes. So who still holds an older state of
 * the page, because it is on its way, shares with the newer one all that has not changed.
 */
import type { Alarm, LivePage } from '../domain/page.js';
import { alarmJson } from '../protocol/views.js';

/** Since the start. */
export interface PageStateCounts {
  /** Pages' states that somebody was given. */
  sent: number;
  /** Times the state of a page was put together. */
  built: number;
  /** Alarms that were made into text for it. */
  alarms: number;
}

/** A segment has at most so many alarms and so many bytes: what is handed to a connection at once (wire/undelivered.ts). */
const SEGMENT_ALARMS = 256;
const SEGMENT_BYTES = 64 * 1024;

/** Segments that changes have left with fewer alarms and fewer bytes than this on average are put together. */
const SPARSE_ALARMS = 32;
const SPARSE_BYTES = 8 * 1024;

/** Alarms that follow one another, as text. */
interface Segment {
  readonly alarms: readonly Alarm[];
  /** Where each one's text ends in `bytes`; it has a comma before it. */
  readonly ends: readonly number[];
  /** Lengths of the same texts in characters. */
  readonly lengths: readonly number[];
  readonly bytes: Buffer;
}

interface Built {
  seq: number;
  /** In the page's order. */
  readonly segments: readonly Segment[];
  /** Their bytes, without the comma before the first. */
  readonly parts: readonly Buffer[];
  /** Length of the whole text in characters. */
  readonly length: number;
}

const NOTHING: Built = { seq: -1, segments: [], parts: [], length: 0 };

export class PageStates {
  readonly counts: Readonly<PageStateCounts>;
  readonly #counts: PageStateCounts = { sent: 0, built: 0, alarms: 0 };
  readonly #built = new WeakMap<LivePage, Built>();

  constructor() {
    this.counts = this.#counts;
  }

  /** The page's alarms for one who is given them: JSON, comma separated, in parts. They are the same bytes for all, and not to be altered. */
  alarmsJson(page: LivePage): readonly Buffer[] {
    this.#counts.sent++;
    return this.#stateOf(page).parts;
  }

  /** Length of that text in characters, for one who decides whether to give it. */
  lengthOf(page: LivePage): number {
    return this.#stateOf(page).length;
  }

  #stateOf(page: LivePage): Built {
    const before = this.#built.get(page) ?? NOTHING;
    if (before.seq === page.seq) return before;
    const next = new Next();
    next.follow(before.segments, [...page.alarms.values()]);
    if (before !== NOTHING && next.isAs(before.segments)) {
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
  #segments: Segment[] = [];
  // The segment that is being put together.
  #alarms: Alarm[] = [];
  #ends: number[] = [];
  #lengths: number[] = [];
  #pieces: Buffer[] = [];
  #end = 0;

  /** A page keeps its alarms in the order of their creation: what is not where it was has been deleted, and new ones come last. */
  follow(before: readonly Segment[], alarms: readonly Alarm[]): void {
    let at = 0;
    for (const [place, segment] of before.entries()) {
      const isLast = place === before.length - 1;
      const grows = isLast && at + segment.alarms.length < alarms.length && hasRoom(segment);
      if (!grows && segment.alarms.every((alarm, offset) => alarms[at + offset] === alarm)) {
        this.#segments.push(segment);
        at += segment.alarms.length;
        continue;
      }
      for (const [offset, old] of segment.alarms.entries()) {
        const alarm = alarms[at];
        if (alarm?.id !== old.id) continue;
        if (alarm === old) this.#keep(segment, offset);
        else this.#make(alarm);
        at++;
      }
      if (!grows) this.#flush();
    }
    for (let alarm = alarms[at]; alarm; alarm = alarms[at]) {
      this.#make(alarm);
      at++;
    }
    this.#flush();
    if (this.#isSparse(alarms.length)) this.#putTogether();
  }

  isAs(before: readonly Segment[]): boolean {
    return this.#segments.length === before.length && this.#segments.every((segment, at) => segment === before[at]);
  }

  built(seq: number): Built {
    const segments = this.#segments;
    const length = segments.reduce((sum, { lengths }) => sum + lengths.reduce((all, one) => all + one, 0), 0);
    return {
      seq,
      segments,
      parts: segments.map(({ bytes }, at) => (at === 0 ? bytes.subarray(1) : bytes)),
      length: Math.max(0, length - 1),
    };
  }

  /** Few long alarms fill a segment too: to put those together would copy the whole page at each change. */
  #isSparse(alarms: number): boolean {
    const { length } = this.#segments;
    return (
      length > 1 &&
      alarms < length * SPARSE_ALARMS &&
      this.#segments.reduce((sum, { bytes }) => sum + bytes.length, 0) < length * SPARSE_BYTES
    );
  }

  #putTogether(): void {
    for (const segment of this.#segments.splice(0))
      for (const offset of segment.alarms.keys()) this.#keep(segment, offset);
    this.#flush();
  }

  #keep({ alarms, ends, lengths, bytes }: Segment, offset: number): void {
    const alarm = alarms[offset];
    const length = lengths[offset];
    if (!alarm || length === undefined) throw new RangeError(`The segment has no alarm at ${offset}`);
    this.#add(alarm, bytes.subarray(offset === 0 ? 0 : ends[offset - 1], ends[offset]), length);
  }

  #make(alarm: Alarm): void {
    const text = `,${alarmJson(alarm)}`;
    this.made++;
    this.#add(alarm, Buffer.from(text), text.length);
  }

  #add(alarm: Alarm, bytes: Buffer, length: number): void {
    if (this.#alarms.length >= SEGMENT_ALARMS || this.#end + bytes.length > SEGMENT_BYTES) this.#flush();
    this.#pieces.push(bytes);
    this.#end += bytes.length;
    this.#alarms.push(alarm);
    this.#ends.push(this.#end);
    this.#lengths.push(length);
  }

  #flush(): void {
    if (this.#alarms.length === 0) return;
    this.#segments.push({
      alarms: this.#alarms,
      ends: this.#ends,
      lengths: this.#lengths,
      bytes: Buffer.concat(this.#pieces, this.#end),
    });
    [this.#alarms, this.#ends, this.#lengths, this.#pieces, this.#end] = [[], [], [], [], 0];
  }
}

const hasRoom = ({ alarms, bytes }: Segment): boolean => alarms.length < SEGMENT_ALARMS && bytes.length < SEGMENT_BYTES;

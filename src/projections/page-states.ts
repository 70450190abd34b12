/**
 * Caches the alarms of each page as JSON bytes, which all states of the page are built from until it changes. They are built on
 * demand. Then only alarms that changed since the last request are serialised; the rest is reused. An alarm object is never mutated
 * (domain/page.ts replaces it), so the same object has the same text.
 *
 * The text is split into segments, each of which keeps the same bytes until one of its alarms changes. So an older state that is
 * still being sent shares all unchanged segments with the newer one.
 */
import type { Alarm } from '../domain/alarm.js';
import type { LivePage } from '../domain/page.js';
import { alarmJson } from '../protocol/views.js';

/** Since the start. */
export interface PageStateCounts {
  /** Page states that were requested. */
  sent: number;
  /** How often the state of a page was built. */
  built: number;
  /** Alarms that were serialised for it. */
  alarms: number;
}

/** Maximum alarms and bytes of a segment; the bytes equal a chunk of net/undelivered.ts. */
const SEGMENT_ALARMS = 256;
const SEGMENT_BYTES = 64 * 1024;

/** Segments are merged when changes have left them with fewer alarms and fewer bytes than this on average. */
const SPARSE_ALARMS = 32;
const SPARSE_BYTES = 8 * 1024;

/** Consecutive alarms, as text. */
interface Segment {
  readonly alarms: readonly Alarm[];
  /** Where each alarm's text ends in `bytes`; it starts with a comma. */
  readonly ends: readonly number[];
  /** Lengths of the same texts, in characters. */
  readonly lengths: readonly number[];
  readonly bytes: Buffer;
}

interface Built {
  seq: number;
  /** In the page's order. */
  readonly segments: readonly Segment[];
  /** The segments' bytes, without the comma before the first. */
  readonly parts: readonly Buffer[];
  /** Length of the whole text, in characters. */
  readonly length: number;
}

const NOTHING: Built = { seq: -1, segments: [], parts: [], length: 0 };

export class PageStates {
  readonly counts: Readonly<PageStateCounts>;
  readonly #counts: PageStateCounts = { sent: 0, built: 0, alarms: 0 };
  readonly #open: (json: string) => string;
  #built = new WeakMap<LivePage, Built>();

  /** `open`: opens free text in JSON. */
  constructor(open: (json: string) => string = (json) => json) {
    this.counts = this.#counts;
    this.#open = open;
  }

  /** Text was erased: every state is built anew. */
  forget(): void {
    this.#built = new WeakMap();
  }

  /** An alarm as states have it. */
  alarmJson(alarm: Alarm): string {
    return this.#open(alarmJson(alarm));
  }

  /** The page's alarms as comma-separated JSON, in parts. All callers share the same bytes and must not modify them. */
  alarmsJson(page: LivePage): readonly Buffer[] {
    this.#counts.sent++;
    return this.#stateOf(page).parts;
  }

  /** Length of that text in characters, to decide whether to send it. */
  lengthOf(page: LivePage): number {
    return this.#stateOf(page).length;
  }

  #stateOf(page: LivePage): Built {
    const before = this.#built.get(page) ?? NOTHING;
    if (before.seq === page.seq) return before;
    const next = new PageStateBuilder((alarm) => this.alarmJson(alarm));
    next.update(before.segments, [...page.alarms.values()]);
    if (before !== NOTHING && next.isUnchanged(before.segments)) {
      before.seq = page.seq;
      return before;
    }
    this.#counts.built++;
    this.#counts.alarms += next.serialised;
    const built = next.built(page.seq);
    this.#built.set(page, built);
    return built;
  }
}

/** Builds a page's state from the previous one. */
class PageStateBuilder {
  /** Alarms that had to be serialised. */
  serialised = 0;
  readonly #alarmJson: (alarm: Alarm) => string;
  #segments: Segment[] = [];
  // The segment that is being built.
  #alarms: Alarm[] = [];
  #ends: number[] = [];
  #lengths: number[] = [];
  #pieces: Buffer[] = [];
  #end = 0;

  constructor(alarmText: (alarm: Alarm) => string) {
    this.#alarmJson = alarmText;
  }

  /** A page keeps its alarms in the order of their creation: an alarm that is not at its place was deleted, and new ones are last. */
  update(before: readonly Segment[], alarms: readonly Alarm[]): void {
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
        if (alarm === old) this.#reuse(segment, offset);
        else this.#serialise(alarm);
        at++;
      }
      if (!grows) this.#flush();
    }
    for (let alarm = alarms[at]; alarm; alarm = alarms[at]) {
      this.#serialise(alarm);
      at++;
    }
    this.#flush();
    if (this.#isSparse(alarms.length)) this.#merge();
  }

  isUnchanged(before: readonly Segment[]): boolean {
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

  /** A few long alarms fill a segment too; merging those would copy the whole page on every change. */
  #isSparse(alarms: number): boolean {
    const { length } = this.#segments;
    return (
      length > 1 &&
      alarms < length * SPARSE_ALARMS &&
      this.#segments.reduce((sum, { bytes }) => sum + bytes.length, 0) < length * SPARSE_BYTES
    );
  }

  #merge(): void {
    for (const segment of this.#segments.splice(0))
      for (const offset of segment.alarms.keys()) this.#reuse(segment, offset);
    this.#flush();
  }

  #reuse({ alarms, ends, lengths, bytes }: Segment, offset: number): void {
    const alarm = alarms[offset];
    const length = lengths[offset];
    if (!alarm || length === undefined) throw new RangeError(`The segment has no alarm at ${offset}`);
    this.#add(alarm, bytes.subarray(offset === 0 ? 0 : ends[offset - 1], ends[offset]), length);
  }

  #serialise(alarm: Alarm): void {
    const text = `,${this.#alarmJson(alarm)}`;
    this.serialised++;
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

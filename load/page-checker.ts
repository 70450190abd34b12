/**
 * What one socket receives, checked: each event of each page it may see once and in order, and nothing of any other page.
 *
 * It follows its page set's reference stream as long as its bytes equal it. The first socket to get new bytes is the one
 * that parses them and extends the stream. Where bytes differ (a ping, an answer of its own, or a fault) it leaves the
 * stream and is read frame by frame to the end of the chunk; then it joins again where the stream stands at the same
 * revisions.
 */

import { nowUs } from './clock.js';
import type { Faults } from './faults.js';
import { CLOSE, CONTINUATION, type Frame, PING, PONG, readFrame, TEXT } from './frames.js';
import { type Message, type PageEvent, type PageState, readMessage } from './messages.js';
import { PageSequence, settleSequences } from './page-sequence.js';
import type { PageViewers } from './page-viewers.js';
import type { ReferenceStream, Straggler } from './reference-stream.js';

export interface PageCheckerEvents {
  /** An update says that `alarm` was triggered. `sentAt` as in SendTimes; `now` is when the bytes were read, µs. */
  triggered(alarm: number, sentAt: number, now: number): void;
  /**
   * May read the state, the first message of a socket, in bytes [start, end), by itself: what each page came to. Without it, or
   * where it gives undefined, the message is read as any other.
   */
  state?(bytes: Buffer, start: number, end: number): readonly PageState[] | undefined;
  /** Whether this error is an answer that the socket may get. Without it none is. */
  isExpected?(message: Extract<Message, { kind: 'error' }>): boolean;
  /** The state was read and is as it should be. */
  ready(): void;
  answered(message: Extract<Message, { kind: 'success' | 'error' }>, now: number): void;
  ping(payload: string): void;
  closing(code: number, reason: string): void;
}

const nothing = Buffer.alloc(0);

export class PageChecker implements Straggler {
  /** Does the server number its events? Known after the initial state; true until then. */
  sequenced = true;
  frame = 0;
  readonly #name: string;
  readonly #pageSet: PageViewers;
  readonly #faults: Faults;
  readonly #events: PageCheckerEvents;
  /** One per page of the set; not up to date while following. */
  readonly #sequences: readonly PageSequence[];
  #stream: ReferenceStream | undefined;
  #following = false;
  /** Offset in the stream up to which this socket's bytes equal it. */
  #offset = 0;
  /** A frame begun that could not be read yet. */
  #begun: Buffer = nothing;
  /** Payloads of a fragmented message so far. */
  #fragments: Buffer[] = [];

  /** `name` is what examples of faults call it. */
  constructor(name: string, pageSet: PageViewers, faults: Faults, events: PageCheckerEvents) {
    this.#name = name;
    this.#pageSet = pageSet;
    this.#faults = faults;
    this.#events = events;
    this.#sequences = pageSet.pages.map(() => new PageSequence());
  }

  /** Takes the next bytes, [0, length). Throws FramingError where they are no frames of a server. */
  receive(bytes: Buffer, length: number): void {
    const now = nowUs();
    let chunk = bytes;
    let at = 0;
    let limit = length;
    const resume = (): void => {
      if (!this.#begun.length) return;
      chunk = Buffer.concat([this.#begun, chunk.subarray(at, limit)]);
      at = 0;
      limit = chunk.length;
      this.#begun = nothing;
    };
    resume();
    while (at < limit) {
      if (this.#following) {
        const equal = this.#stream!.match(this.#offset, chunk, at, limit);
        if (equal > 0) {
          at += equal;
          this.#advance(this.#offset + equal, now);
          continue;
        }
        if (equal < 0) {
          this.leave();
          resume();
        }
      }
      const frame = readFrame(chunk, at, limit);
      if (!frame) {
        this.#begun = Buffer.from(chunk.subarray(at, limit));
        break;
      }
      this.#take(chunk, at, frame, now);
      at = frame.end;
    }
    if (!this.#following) this.#join();
  }

  /** Each page's last revision, in the order of the set's pages. */
  revisions(): number[] {
    return this.#following ? [...this.#stream!.vectorBefore(this.frame)] : this.#sequences.map(({ last }) => last);
  }

  /** Counts as gaps (or, without numbers, as duplicates) what is not as `expected`, the pages' revisions at the end. */
  settle(expected: readonly number[]): void {
    this.leave();
    settleSequences(this.#name, this.#sequences, expected, this.#faults);
  }

  leave(): void {
    if (!this.#following) return;
    const stream = this.#stream!;
    stream.vectorBefore(this.frame).forEach((revision, index) => this.#sequences[index]!.follow(revision));
    // The leading socket may have begun a frame that the stream does not have; then the stream has no part of it.
    if (stream.startOf(this.frame) < this.#offset) this.#begun = stream.slice(this.frame, this.#offset);
    stream.stragglers.delete(this);
    this.#following = false;
  }

  #join(): void {
    if (!this.#stream) return;
    const frame = this.#stream.frameAfter(Float64Array.from(this.#sequences, ({ last }) => last));
    if (frame === undefined) return;
    this.frame = frame;
    this.#offset = this.#stream.startOf(frame);
    this.#stream.stragglers.add(this);
    this.#following = true;
  }

  /** The bytes up to `offset` equal the stream's. */
  #advance(offset: number, now: number): void {
    const { ends, alarms, sentAt, mask, frameCount } = this.#stream!;
    let frame = this.frame;
    while (frame < frameCount && ends[frame & mask]! <= offset) {
      const alarm = alarms[frame & mask]!;
      if (alarm >= 0) this.#events.triggered(alarm, sentAt[frame & mask]!, now);
      frame++;
    }
    this.frame = frame;
    this.#offset = offset;
  }

  /** Takes one frame, which lies at [at, frame.end). */
  #take(bytes: Buffer, at: number, { opcode, fin, start, end }: Frame, now: number): void {
    switch (opcode) {
      case TEXT: {
        const states = fin && !this.#stream ? this.#events.state?.(bytes, start, end) : undefined;
        if (states) return this.#state(states);
        if (fin)
          return this.#read(bytes.toString('utf8', start, end), now, (event, page, seq) =>
            this.#extend(bytes, at, end, event, page, seq),
          );
        this.#fragments = [Buffer.from(bytes.subarray(start, end))];
        return;
      }
      case CONTINUATION:
        this.#fragments.push(Buffer.from(bytes.subarray(start, end)));
        if (fin) this.#readWhole(Buffer.concat(this.#fragments.splice(0)), now);
        return;
      case PING:
        return this.#events.ping(bytes.toString('latin1', start, end));
      case PONG:
        return;
      case CLOSE:
        return this.#events.closing(
          end - start >= 2 ? bytes.readUInt16BE(start) : 1005,
          bytes.toString('utf8', start + 2, end),
        );
      default:
        this.#fault('errors', `a frame of opcode ${opcode}, where messages are text`);
    }
  }

  /** A message that came in several frames: a large state, most likely. */
  #readWhole(message: Buffer, now: number): void {
    const states = this.#stream ? undefined : this.#events.state?.(message, 0, message.length);
    if (states) this.#state(states);
    else this.#read(message.toString(), now);
  }

  #read(text: string, now: number, extend?: (event: PageEvent, page: number, seq: number) => void): void {
    let message: Message;
    try {
      message = readMessage(text);
    } catch (error) {
      return this.#fault('errors', (error as Error).message);
    }
    switch (message.kind) {
      case 'event':
        return this.#event(message, now, extend);
      case 'state':
        return this.#state(message.states);
      case 'success':
        return this.#events.answered(message, now);
      case 'error':
        if (!this.#events.isExpected?.(message)) this.#fault('errors', `the server says: ${message.text}`);
        return this.#events.answered(message, now);
      case 'added':
      case 'removed':
      case 'rights': {
        const page = message.kind === 'added' ? message.state.page : message.page;
        if (this.#pageSet.indexOf(page) === undefined)
          this.#fault('leaks', `a message of page ${page}, on which it has no right`);
        else this.#fault('errors', `its rights on page ${page} changed, which nobody asked for`);
        return;
      }
      case 'notice':
    }
  }

  #event(event: PageEvent, now: number, extend?: (event: PageEvent, page: number, seq: number) => void): void {
    const page = this.#pageSet.indexOf(event.page);
    if (page === undefined) return this.#fault('leaks', `an event of page ${event.page}, on which it has no right`);
    const last = this.#following ? this.#stream!.revision(page) : this.#sequences[page]!.last;
    const seq = event.seq ?? last + 1;
    if (this.#following && seq === last + 1 && extend) {
      // It leads: at the stream's end, with the next event in hand.
      extend(event, page, seq);
      this.#advance(this.#stream!.end, now);
      return;
    }
    this.leave();
    const verdict = this.#sequences[page]!.take(seq);
    if (verdict === 'duplicate') return this.#fault('duplicates', `seq ${seq} of page ${event.page} came again`);
    if (verdict === 'late') this.#fault('out_of_order', `seq ${seq} of page ${event.page} came after seq ${last}`);
    const alarm = this.#pageSet.alarm(event.triggered);
    if (alarm >= 0) this.#events.triggered(alarm, this.#pageSet.sendTimes.of(alarm, event.price, event.page, seq), now);
  }

  #extend(bytes: Buffer, start: number, end: number, event: PageEvent, page: number, seq: number): void {
    this.#pageSet.statuses?.take(event, seq);
    const alarm = this.#pageSet.alarm(event.triggered);
    this.#stream!.append(
      bytes,
      start,
      end,
      page,
      seq,
      alarm,
      this.#pageSet.sendTimes.of(alarm, event.price, event.page, seq),
    );
  }

  #state(states: readonly PageState[]): void {
    if (this.#stream) return this.#fault('errors', 'a second initial_state on one socket');
    for (const { page, seq } of states) {
      const index = this.#pageSet.indexOf(page);
      if (index === undefined) this.#fault('leaks', `its state shows page ${page}, on which it has no right`);
      else this.#sequences[index]!.follow(seq ?? 0);
      if (index !== undefined && seq === undefined) this.sequenced = false;
    }
    const shown = new Set(states.map(({ page }) => page));
    for (const page of this.#pageSet.pages)
      if (!shown.has(page)) this.#fault('errors', `its state does not show page ${page}, which it may see`);
    this.#stream = this.#pageSet.stream(Float64Array.from(this.#sequences, ({ last }) => last));
    this.#events.ready();
  }

  #fault(kind: 'duplicates' | 'out_of_order' | 'leaks' | 'errors', what: string): void {
    this.#faults.add(kind, 1, () => `${this.#name}: ${what}`);
  }
}

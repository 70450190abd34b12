/** The history of a page or an alarm as far as it was read: the newest part first, older parts on demand, new events as they come. */
import {
  alarmHistory,
  type HistoryEvent,
  type HistoryOptions,
  type HistoryPart,
  pageHistory,
} from '@alarm-server/client';
import { signal } from '@preact/signals';
import { sentence } from './failure.js';
import { patiently } from './patience.js';
import { SERVER, token } from './session.js';

/** Events of one part. */
const PART = 300;
/** Events of one request where everything is read. */
const LARGE_PART = 1_000;

export class HistoryLog {
  /** In the order of their seq, without a gap for a page. */
  readonly events = signal<readonly HistoryEvent[]>([]);
  readonly state = signal<'loading' | 'ready' | 'failed'>('loading');
  readonly failure = signal('');
  readonly #pageId: string;
  readonly #alarmId: string | undefined;
  /** Everything up to the first held event was read. */
  #isWhole = false;
  #work: Promise<void> = Promise.resolve();

  constructor(pageId: string, alarmId?: string) {
    this.#pageId = pageId;
    this.#alarmId = alarmId;
  }

  get hasOlder(): boolean {
    return !this.#isWhole && this.events.value.length > 0;
  }

  /** The newest part of a page that is at `seq`; of an alarm everything, since it is found by nothing but its id. */
  start(seq: number): Promise<void> {
    return this.#do(async () => {
      if (this.#alarmId !== undefined) return this.#readTo(-1);
      const afterSeq = Math.max(-1, seq - PART);
      this.#isWhole = afterSeq === -1;
      await this.#readTo(afterSeq);
    });
  }

  /** What has come since. */
  newer(): Promise<void> {
    return this.#do(() => this.#readTo(this.events.peek().at(-1)?.seq ?? -1));
  }

  older(part = PART): Promise<void> {
    return this.#do(async () => {
      const first = this.events.peek()[0]?.seq ?? 0;
      const afterSeq = Math.max(-1, first - 1 - part);
      const older = await this.#all(afterSeq, first);
      this.#isWhole = afterSeq === -1;
      this.events.value = [...older, ...this.events.peek()];
    });
  }

  /** Everything from the beginning. */
  async whole(): Promise<readonly HistoryEvent[]> {
    while (this.hasOlder && this.state.peek() !== 'failed') await this.older(LARGE_PART * 10);
    if (this.state.peek() === 'failed') throw new Error(this.failure.peek());
    return this.events.peek();
  }

  /** One piece of work after the other, so that parts do not overlap. */
  #do(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      try {
        await work();
        this.state.value = 'ready';
      } catch (error) {
        this.failure.value = sentence(error);
        this.state.value = 'failed';
      }
    });
    return this.#work;
  }

  async #readTo(afterSeq: number): Promise<void> {
    if (this.#alarmId !== undefined) this.#isWhole = true;
    const found = await this.#all(afterSeq, Number.MAX_SAFE_INTEGER);
    if (found.length > 0) this.events.value = [...this.events.peek(), ...found];
  }

  /** Events after `afterSeq` and before `before`. */
  async #all(afterSeq: number, before: number): Promise<HistoryEvent[]> {
    const found: HistoryEvent[] = [];
    let after: number | null = afterSeq;
    while (after !== null && after < before - 1) {
      const limit: number = Math.min(LARGE_PART, before === Number.MAX_SAFE_INTEGER ? LARGE_PART : before - 1 - after);
      const options: HistoryOptions = { afterSeq: after, limit };
      const part: HistoryPart = await patiently(() =>
        this.#alarmId === undefined
          ? pageHistory(SERVER, token(), this.#pageId, options)
          : alarmHistory(SERVER, token(), this.#alarmId, options),
      );
      found.push(...part.events);
      after = part.next;
    }
    return found;
  }
}

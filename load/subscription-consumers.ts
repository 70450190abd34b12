/**
 * The consumers of one subscription: each claims a partition, reads it, and acknowledges what it has read. What all of them receive together is
 * checked: each event once, since none of them dies; a page's in order, and by one of them only.
 */
import { acknowledge, claimPartition, putSubscription, readSubscription } from '@alarm-server/client';
import { nowUs } from './clock.js';
import { EventChecker } from './event-checker.js';
import { compareCursors, readRecord } from './event-lines.js';
import type { Faults } from './faults.js';
import type { PageViewers } from './page-viewers.js';

export interface SubscriptionConsumersOptions {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  /** Consumers, and partitions. */
  readonly consumers: number;
  readonly pageSet: PageViewers;
  readonly faults: Faults;
  /** An event was read. `sentAt` as in SendTimes, NaN for what is no trigger; µs. */
  readonly received: (sentAt: number, now: number) => void;
  readonly acknowledged: (now: number) => void;
}

/** How long a read waits for an event, in s: not longer than the end of a run may take. */
const WAIT_S = 1;

export class SubscriptionConsumers {
  /** Of pages: cursors grow within a partition only. */
  readonly checker: EventChecker;
  /** Resolves when all have read what was there. */
  readonly ready: Promise<void>;
  isOpen = true;
  readonly #options: SubscriptionConsumersOptions;
  /** Page → partition. */
  readonly #partitionOf = new Map<string, number>();

  constructor(options: SubscriptionConsumersOptions) {
    this.#options = options;
    this.checker = new EventChecker(options.name, options.pageSet, options.faults);
    this.ready = this.#start();
  }

  close(): void {
    this.isOpen = false;
  }

  async #start(): Promise<void> {
    const { url, token, name, consumers } = this.#options;
    await putSubscription(url, token, name, { partitions: consumers, start: 'start' });
    await Promise.all(Array.from({ length: consumers }, (_, at) => this.#consume(`consumer ${at}`)));
  }

  /** Resolves when the consumer has caught up, and goes on until the end. */
  async #consume(consumer: string): Promise<void> {
    const { url, token, name, faults } = this.#options;
    const claim = await claimPartition(url, token, name, consumer);
    let isReady = (): void => {};
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    const run = async (): Promise<void> => {
      let cursor = claim.cursor;
      while (this.isOpen) cursor = await this.#turn(claim, cursor, isReady);
    };
    run().catch((error: Error) => {
      if (this.isOpen) faults.add('errors', 1, () => `${consumer} of ${name}: ${error.message}`);
      this.isOpen = false;
      isReady();
    });
    return ready;
  }

  /** Reads and acknowledges once; resolves with the acknowledged cursor. */
  async #turn(
    held: { readonly partition: number; readonly epoch: number },
    acknowledgedCursor: string,
    caughtUp: () => void,
  ): Promise<string> {
    const { url, token, name, faults, received, acknowledged } = this.#options;
    const { events, next, caught_up, scope } = await readSubscription(url, token, name, { ...held, waitS: WAIT_S });
    const now = nowUs();
    let last = acknowledgedCursor;
    for (const event of events) {
      const record = readRecord(event);
      const partition = this.#partitionOf.get(record.page) ?? held.partition;
      this.#partitionOf.set(record.page, partition);
      if (partition !== held.partition)
        faults.add('errors', 1, () => `${name}: page ${record.page} is in two partitions`);
      if (compareCursors(record.cursor, acknowledgedCursor) <= 0)
        faults.add('duplicates', 1, () => `${name}: an event came after it was acknowledged`);
      else if (compareCursors(record.cursor, last) <= 0)
        faults.add('out_of_order', 1, () => `${name}: an event came after a later one of its partition`);
      else last = record.cursor;
      received(this.checker.record(record) ?? NaN, now);
    }
    if (scope.length > 0)
      faults.add(
        'errors',
        1,
        () => `${name}: what it may see changed, which nobody asked for: ${JSON.stringify(scope)}`,
      );
    if (compareCursors(next, acknowledgedCursor) < 0)
      faults.add('out_of_order', 1, () => `${name}: next is before what was acknowledged`);
    const cursor =
      events.length > 0 ? await acknowledge(url, token, name, { ...held, cursor: next }) : acknowledgedCursor;
    if (events.length > 0) acknowledged(nowUs());
    if (compareCursors(cursor, acknowledgedCursor) < 0 || (events.length > 0 && compareCursors(cursor, next) < 0))
      faults.add('errors', 1, () => `${name}: an acknowledgement was answered and not kept`);
    if (caught_up) caughtUp();
    return cursor;
  }
}

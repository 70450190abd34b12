/**
 * One append to EventStoreDB, tried until its outcome is known. An attempt that fails or is not answered says nothing about what was
 * written (of those in flight when a server died, between none and all had been): so the same ids go again to the same revision,
 * which the server answers as the first time, until an answer, a conflict or the feed tells.
 */
import { jsonEvent, NO_STREAM as NO_STREAM_YET, WrongExpectedVersionError } from '@eventstore/db-client';
import type { NewEvent, Resolved } from '../event-log.js';
import { NO_STREAM } from '../event-log.js';
import { BackOff } from './back-off.js';
import type { StoreConnection } from './connection.js';
import { positionOf } from './position.js';

/** What an append may hold, in bytes; the server refuses 1 MiB, its own overhead included. */
const APPEND_LIMIT = 1_000_000;

const UNWEIGHED = 320;

export interface AppendObserver {
  /** Longest wait for one attempt's answer, in milliseconds: the client's own deadline does not always end one. */
  readonly attemptMs: number;
  /** An attempt has failed or was not answered. */
  onTrouble(error: Error): void;
  /** The server has answered. */
  onAnswer(): void;
}

type Events = ReturnType<typeof jsonEvent>[];

const bytesOf = (events: Events): number =>
  events.reduce(
    (sum, { data, metadata }) =>
      sum + Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(metadata)) + 100,
    0,
  );

/** Throws before anything is sent if the events are larger than an append may be: no command of ours is. */
export class PendingAppend {
  readonly resolved: Promise<Resolved>;
  readonly #connection: StoreConnection;
  readonly #stream: string;
  readonly #expected: number;
  readonly #events: Events;
  readonly #observer: AppendObserver;
  #resolve: (resolved: Resolved) => void = () => undefined;
  #isOpen = true;
  readonly #backOff = new BackOff();

  constructor(
    connection: StoreConnection,
    stream: string,
    expected: number,
    events: readonly NewEvent[],
    observer: AppendObserver,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#expected = expected;
    this.#events = events.map(({ id, event, metadata }) =>
      jsonEvent({ id, type: event.type, data: event.data as Record<string, unknown>, metadata }),
    );
    this.#observer = observer;
    // Commands' events have 2.7 KB at most (domain/fields.ts), so there is nothing to be added up in a turn of the usual size.
    if (events.length > UNWEIGHED && bytesOf(this.#events) > APPEND_LIMIT)
      throw new Error(`An append to ${stream} has over ${APPEND_LIMIT} bytes, which EventStoreDB does not take`);
    this.resolved = new Promise((resolve) => (this.#resolve = resolve));
    this.#attempt();
  }

  /** The feed has brought its last event. */
  broughtByFeed(revision: number, position: string): void {
    this.#settle({ kind: 'appended', revision, position });
  }

  /** Tries no more; it stays unresolved. */
  abandon(): void {
    this.#isOpen = false;
  }

  #settle(resolved: Resolved): void {
    this.#isOpen = false;
    this.#resolve(resolved);
  }

  #attempt(): void {
    if (!this.#isOpen) return;
    let isOver = false;
    const { attemptMs } = this.#observer;
    const { client } = this.#connection;
    const failed = (error: Error): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      if (!this.#isOpen) return;
      this.#observer.onTrouble(error);
      setTimeout(() => this.#attempt(), this.#backOff.next());
    };
    const timer = setTimeout(() => {
      this.#connection.replace(client);
      failed(new Error(`no answer to an append within ${attemptMs} ms`));
    }, attemptMs);
    const expectedRevision = this.#expected === NO_STREAM ? NO_STREAM_YET : BigInt(this.#expected);
    client.appendToStream(this.#stream, this.#events, { expectedRevision }).then(
      ({ nextExpectedRevision, position }) => {
        clearTimeout(timer);
        // An answer counts also when it comes after its time.
        this.#observer.onAnswer();
        if (position)
          this.#settle({ kind: 'appended', revision: Number(nextExpectedRevision), position: positionOf(position) });
        else failed(new Error('an append was answered without its position'));
      },
      (error: Error) => {
        if (!(error instanceof WrongExpectedVersionError)) return failed(error);
        clearTimeout(timer);
        this.#observer.onAnswer();
        this.#settle({
          kind: 'conflict',
          actual: typeof error.actualVersion === 'bigint' ? Number(error.actualVersion) : NO_STREAM,
        });
      },
    );
  }
}

/**
 * An append to EventStoreDB, retried until its outcome is known. A failed or unanswered attempt does not show what was written (of
 * appends in flight when a server died, between none and all had been). So the same ids are sent again with the same expected
 * revision, which the server answers like the first time, until a response, a conflict or the subscription gives the outcome.
 */
import { jsonEvent, NO_STREAM as NO_STREAM_YET, WrongExpectedVersionError } from '@eventstore/db-client';
import type { NewEvent, Resolved } from '../event-log.js';
import { NO_STREAM } from '../event-log.js';
import { BackOff } from './back-off.js';
import type { StoreConnection } from './connection.js';
import { positionOf } from './position.js';

/** Maximum size of an append, in bytes; the server refuses 1 MiB including its own overhead. */
const APPEND_LIMIT = 1_000_000;

const UNWEIGHED = 320;

export interface AppendObserver {
  /** Maximum time for the response to one attempt, in milliseconds: the client's own deadline does not always end one. */
  readonly attemptMs: number;
  /** An attempt has failed or was not answered. */
  onTrouble(error: Error): void;
  /** The server has responded. */
  onAnswer(): void;
}

type Events = ReturnType<typeof jsonEvent>[];

const bytesOf = (events: Events): number =>
  events.reduce(
    (sum, { data, metadata }) =>
      sum + Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(metadata)) + 100,
    0,
  );

/** Throws before anything is sent if the events are too large for an append. No command of this server makes such an append. */
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
    // Events of commands have at most 2.7 KB (domain/fields.ts), so a batch of the usual size need not be measured.
    if (events.length > UNWEIGHED && bytesOf(this.#events) > APPEND_LIMIT)
      throw new Error(`An append to ${stream} has more than ${APPEND_LIMIT} bytes, which EventStoreDB does not accept`);
    this.resolved = new Promise((resolve) => (this.#resolve = resolve));
    this.#attempt();
  }

  /** The subscription has delivered its last event. */
  delivered(revision: number, position: string): void {
    this.#settle({ kind: 'appended', revision, position });
  }

  /** Stops retrying; the append stays unresolved. */
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
        // A late response counts too.
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

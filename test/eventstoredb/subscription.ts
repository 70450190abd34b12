/** A catch-up subscription of the stand-in, to one stream or to all: it catches up, reports it once, and continues live. */
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { Misbehaviour } from './misbehaviour.js';
import { type ReadCall, written } from './reads.js';
import type { StoredEvent, StoredLog } from './stored-log.js';
import {
  caughtUp,
  checkpoint,
  confirmation,
  eventMessage,
  type Failure,
  streamDeleted,
  streamName,
} from './wire-messages.js';

/** Events that are looked at between two checkpoints, times the multiplier that the subscriber names. */
const SEARCH_WINDOW = 32;

export class Subscription {
  readonly #call: ReadCall;
  readonly #log: StoredLog;
  readonly #misbehaviour: Misbehaviour;
  readonly #takes: (event: StoredEvent) => boolean;
  /** Undefined without a filter: then there are no checkpoints. */
  readonly #checkpointEvery: number | undefined;
  /** Index in the log of the next event to look at. */
  #next: number;
  #lookedAt = 0;
  #saidCaughtUp = false;
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(call: ReadCall, log: StoredLog, misbehaviour: Misbehaviour) {
    const options = call.request.getOptions()!;
    this.#call = call;
    this.#log = log;
    this.#misbehaviour = misbehaviour;
    this.#takes = options.hasStream() ? takesStream(options.getStream()!) : takesFiltered(options.getFilter());
    const filter = options.getFilter();
    this.#checkpointEvery =
      filter && (filter.hasMax() ? filter.getMax() : SEARCH_WINDOW) * filter.getCheckpointintervalmultiplier();
    this.#next = firstIndex(options, log);
  }

  /** Feeds until the subscriber goes away or the subscription is ended; resolves then. */
  async feed(): Promise<void> {
    const name = streamName(this.#call.request.getOptions()!.getStream()?.getStreamIdentifier());
    if (this.#log.isTombstoned(name)) return this.drop(streamDeleted(name));
    const wake = (): void => this.#wake();
    const ends = [this.#log.onAppended(wake), this.#misbehaviour.onChanged(wake)];
    const gone = (): void => {
      this.#ended = true;
      wake();
    };
    this.#call.on('cancelled', gone).on('close', gone).on('error', gone);
    await written(this.#call, confirmation());
    while (!this.#ended) await this.#step();
    for (const end of ends) end();
  }

  /** Ends it gracefully: the subscriber gets no error. */
  end(): void {
    this.#ended = true;
    this.#wake();
    this.#call.end();
  }

  /** Ends it with an error. */
  drop(failure: Failure): void {
    this.#ended = true;
    this.#wake();
    this.#call.emit('error', failure);
  }

  /** Brings one event, or waits for the next thing to happen. */
  async #step(): Promise<void> {
    if (this.#misbehaviour.holdFeed || this.#misbehaviour.freeze) return this.#somethingHappens();
    const event = this.#log.events[this.#next];
    if (!event) {
      if (this.#saidCaughtUp) return this.#somethingHappens();
      this.#saidCaughtUp = true;
      return written(this.#call, caughtUp());
    }
    if (this.#misbehaviour.feedDelay > 0) {
      await new Promise((resolve) => setTimeout(resolve, this.#misbehaviour.feedDelay));
      if (this.#ended) return;
    }
    this.#next += 1;
    if (this.#takes(event)) await written(this.#call, eventMessage(event));
    this.#lookedAt += 1;
    if (!this.#ended && this.#checkpointEvery !== undefined && this.#lookedAt % this.#checkpointEvery === 0)
      await written(this.#call, checkpoint(event.position));
  }

  async #somethingHappens(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = () => undefined;
  }
}

function takesStream(options: streams.ReadReq.Options.StreamOptions): (event: StoredEvent) => boolean {
  const name = streamName(options.getStreamIdentifier());
  const after = options.hasRevision() ? BigInt(options.getRevision()) : -1n;
  return ({ stream, revision }) => stream === name && revision > after;
}

/** Without a filter everything is brought, what the system writes included. */
function takesFiltered(filter: streams.ReadReq.Options.FilterOptions | undefined): (event: StoredEvent) => boolean {
  if (!filter) return () => true;
  const byStream = filter.hasStreamIdentifier();
  const expression = (byStream ? filter.getStreamIdentifier() : filter.getEventType())!;
  const prefixes = expression.getPrefixList();
  const regex = new RegExp(expression.getRegex());
  return ({ stream, type }) => {
    const text = byStream ? stream : type;
    return prefixes.length > 0 ? prefixes.some((prefix) => text.startsWith(prefix)) : regex.test(text);
  };
}

/** A subscription begins after the position it names. */
function firstIndex(options: streams.ReadReq.Options, log: StoredLog): number {
  const from = options.hasStream() ? options.getStream()! : options.getAll()!;
  if (from.hasEnd()) return log.events.length;
  const position = options.getAll()?.getPosition();
  if (!position) return 0;
  const after = BigInt(position.getCommitPosition());
  const index = log.events.findIndex((event) => event.position > after);
  return index < 0 ? log.events.length : index;
}

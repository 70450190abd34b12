/** How the stand-in takes appends: over the one stream that carries them all, or each over a call of its own. */

import shared from '@eventstore/db-client/generated/shared_pb.js';
import type streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream, ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import type { AppendWrong, Misbehaviour } from './misbehaviour.js';
import { type AppendResult, type Expected, type ProposedEvent, type StoredLog, systemEvent } from './stored-log.js';
import {
  appendAnswer,
  batchAnswer,
  expectedOf,
  type Failure,
  failureOf,
  notLeader,
  notReady,
  notReadyAnswer,
  proposedEvent,
  streamName,
} from './wire-messages.js';

interface Append {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: ProposedEvent[];
}

/** What becomes of an append: its result, a failure of the call, or no answer. */
type Outcome =
  | { readonly result: AppendResult }
  | { readonly failure: Failure }
  | { readonly silence: 'open' | 'ended' };

type BatchCall = ServerDuplexStream<streams.BatchAppendReq, streams.BatchAppendResp>;

export class Appends {
  readonly #log: StoredLog;
  readonly #misbehaviour: Misbehaviour;
  readonly #die: () => void;
  readonly #arrived: () => void;
  /** Appends that have arrived and are not yet decided: a kill writes some of them. */
  readonly #undecided = new Set<Append>();
  /** Raised by a kill: what was under way before it is never answered. */
  #life = 0;

  /**
   * @param die - Breaks all connections at once.
   * @param arrived - Called for each append that has come in and is not yet decided.
   */
  constructor(log: StoredLog, misbehaviour: Misbehaviour, die: () => void, arrived: () => void) {
    this.#log = log;
    this.#misbehaviour = misbehaviour;
    this.#die = die;
    this.#arrived = arrived;
  }

  /** How many have arrived and are not yet decided. */
  get undecided(): number {
    return this.#undecided.size;
  }

  /** Ends pending appends without an answer: `isWritten` decides for each whether it is written nevertheless. */
  abandon(isWritten: () => boolean): void {
    this.#life += 1;
    for (const { stream, expected, events } of this.#undecided)
      if (isWritten()) this.#log.append(stream, expected, events);
    this.#undecided.clear();
  }

  /** The stream of all appends. They are decided and answered in the order they came in. */
  batch(call: BatchCall): void {
    const gathering = new Map<string, Append>();
    let before = Promise.resolve();
    call.on('data', (request: streams.BatchAppendReq) => {
      const correlation = request.getCorrelationId()?.getString() ?? '';
      const options = request.getOptions();
      if (options)
        gathering.set(correlation, {
          stream: streamName(options.getStreamIdentifier()),
          expected: expectedOf(options, options.getStreamPosition()),
          events: [],
        });
      const append = gathering.get(correlation);
      if (!append) return;
      append.events.push(...request.getProposedMessagesList().map(proposedEvent));
      if (!request.getIsFinal()) return;
      gathering.delete(correlation);
      const outcome = this.#outcome(append, before);
      before = outcome.then((is) => answerInBatch(call, correlation, append, is));
    });
    call.on('end', () => void before.then(() => call.end()));
    // A client that goes away is no fault of the server.
    call.on('error', () => undefined);
  }

  /** One append over a call of its own: this is how a client with credentials appends. */
  single(
    call: ServerReadableStream<streams.AppendReq, streams.AppendResp>,
    answer: sendUnaryData<streams.AppendResp>,
  ): void {
    let append: Append = { stream: '', expected: 'any', events: [] };
    call.on('data', (request: streams.AppendReq) => {
      const options = request.getOptions();
      if (options)
        append = {
          stream: streamName(options.getStreamIdentifier()),
          expected: expectedOf(options, options.getRevision()),
          events: [],
        };
      const message = request.getProposedMessage();
      if (message) append.events.push(proposedEvent(message));
    });
    call.on('end', () => {
      void this.#outcome(append, Promise.resolve()).then((outcome) => {
        if ('silence' in outcome) return;
        const failure =
          'failure' in outcome
            ? outcome.failure
            : outcome.result.is === 'wrong expected version'
              ? undefined
              : failureOf(outcome.result, append.stream, append.expected);
        if (failure) answer(failure);
        else if ('result' in outcome) answer(null, appendAnswer(outcome.result, append.expected));
      });
    });
    call.on('error', () => undefined);
  }

  async #outcome(append: Append, before: Promise<void>): Promise<Outcome> {
    const life = this.#life;
    const { appendDelay } = this.#misbehaviour;
    // Unreferenced: appends that a kill has ended keep no process alive.
    const late = appendDelay > 0 ? new Promise((resolve) => setTimeout(resolve, appendDelay).unref()) : undefined;
    this.#undecided.add(append);
    this.#arrived();
    await before;
    await late;
    await this.#misbehaviour.thawed();
    if (life !== this.#life) return { silence: 'open' };
    this.#undecided.delete(append);
    const wrong = this.#misbehaviour.takeWrong(append.stream);
    return wrong ? this.#wronged(append, wrong) : this.#decided(append);
  }

  #decided({ stream, expected, events }: Append): Outcome {
    if (this.#misbehaviour.notReady) return { failure: notReady };
    return { result: this.#log.append(stream, expected, events) };
  }

  #wronged(append: Append, wrong: AppendWrong): Outcome {
    if ('written' in wrong && wrong.written) this.#decided(append);
    switch (wrong.do) {
      case 'never answer':
        return { silence: 'open' };
      case 'conflict':
        this.#log.append(append.stream, 'any', [systemEvent('ForeignEvent', {})]);
        return this.#decided(append);
      case 'not leader':
        return { failure: notLeader(wrong.host, wrong.port) };
      case 'die':
        this.#die();
        return { silence: 'open' };
      case 'end the stream':
        return { silence: 'ended' };
    }
  }
}

function answerInBatch(call: BatchCall, correlation: string, { stream, expected }: Append, outcome: Outcome): void {
  if (call.cancelled || call.destroyed) return;
  if ('silence' in outcome) {
    if (outcome.silence === 'ended') call.end();
    return;
  }
  // A server that is not ready answers the append; one that is no leader ends the stream.
  if ('failure' in outcome && outcome.failure !== notReady) {
    call.emit('error', outcome.failure);
    return;
  }
  const answer = 'result' in outcome ? batchAnswer(outcome.result, stream, expected) : notReadyAnswer(stream);
  const id = new shared.UUID();
  id.setString(correlation);
  answer.setCorrelationId(id);
  call.write(answer);
}

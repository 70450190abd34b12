/** Between what the stand-in stores and the messages of EventStoreDB's protocol, by the definitions that its client ships. */
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { status as grpcStatus, Metadata } from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import {
  type AppendResult,
  type Expected,
  MAX_APPEND_SIZE,
  type ProposedEvent,
  type StoredEvent,
} from './stored-log.js';

/** What ends a call with an error, as grpc-js takes it. */
export interface Failure {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}

export const notReady: Failure = { code: grpcStatus.UNAVAILABLE, details: 'Server Is Not Ready' };

export function notLeader(host: string, port: number): Failure {
  return failure(grpcStatus.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': host,
    'leader-endpoint-port': String(port),
  });
}

export function consumerTooSlow(): Failure {
  return {
    code: grpcStatus.ABORTED,
    details: 'Operation timed out: Consumer too slow to handle event while live. Client resubscription required.',
  };
}

export function streamDeleted(stream: string): Failure {
  return failure(grpcStatus.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });
}

/** What became of an append, delete or tombstone, where a call of one answer ends with an error for it. */
export function failureOf(result: AppendResult, stream: string, expected: Expected): Failure | undefined {
  switch (result.is) {
    case 'success':
      return undefined;
    case 'wrong expected version':
      return failure(grpcStatus.FAILED_PRECONDITION, `Append failed due to WrongExpectedVersion. Stream: ${stream}`, {
        exception: 'wrong-expected-version',
        'stream-name': stream,
        'expected-version': String(numberOf(expected)),
        ...(result.current === undefined ? {} : { 'actual-version': String(result.current) }),
      });
    case 'stream deleted':
      return streamDeleted(stream);
    case 'too large':
      return failure(grpcStatus.INVALID_ARGUMENT, `Maximum Append Size of ${MAX_APPEND_SIZE} Exceeded.`, {
        exception: 'maximum-append-size-exceeded',
        'maximum-append-size': String(MAX_APPEND_SIZE),
      });
    case 'bad request':
      return { code: grpcStatus.INVALID_ARGUMENT, details: 'BadRequest' };
  }
}

/** An answer in the stream of appends: without the correlation id that the caller knows. */
export function batchAnswer(result: AppendResult, stream: string, expected: Expected): streams.BatchAppendResp {
  const answer = new streams.BatchAppendResp();
  answer.setStreamIdentifier(identifier(stream));
  switch (result.is) {
    case 'success': {
      const success = new streams.BatchAppendResp.Success();
      success.setCurrentRevision(String(result.revision));
      if (result.position === undefined) success.setNoPosition(new empty.Empty());
      else success.setPosition(allPosition(result.position));
      answer.setSuccess(success);
      return answer;
    }
    case 'wrong expected version':
      return refused(
        answer,
        6,
        'WrongExpectedVersion',
        wrongExpectedVersion(result.current, expected),
        'event_store.client.WrongExpectedVersion',
      );
    case 'stream deleted': {
      const deleted = new shared.StreamDeleted();
      deleted.setStreamIdentifier(identifier(stream));
      return refused(answer, 5, 'StreamDeleted', deleted, 'event_store.client.StreamDeleted');
    }
    case 'too large': {
      const exceeded = new shared.MaximumAppendSizeExceeded();
      exceeded.setMaxappendsize(MAX_APPEND_SIZE);
      return refused(answer, 3, 'MaximumAppendSizeExceeded', exceeded, 'event_store.client.MaximumAppendSizeExceeded');
    }
    case 'bad request':
      return refused(answer, 3, 'BadRequest', new shared.BadRequest(), 'event_store.client.BadRequest');
  }
}

/** A server that is starting answers each append so; the client makes an UnknownError of it. */
export function notReadyAnswer(stream: string): streams.BatchAppendResp {
  const answer = new streams.BatchAppendResp();
  answer.setStreamIdentifier(identifier(stream));
  return refused(answer, 0, notReady.details, new empty.Empty(), 'google.protobuf.Empty');
}

/** The answer to an append over a call of its own; what is neither success nor a conflict is a failure of that call. */
export function appendAnswer(result: AppendResult, expected: Expected): streams.AppendResp {
  const answer = new streams.AppendResp();
  if (result.is === 'success') {
    const success = new streams.AppendResp.Success();
    success.setCurrentRevision(String(result.revision));
    if (result.position === undefined) success.setNoPosition(new shared.Empty());
    else success.setPosition(placed(new streams.AppendResp.Position(), result.position));
    answer.setSuccess(success);
  } else if (result.is === 'wrong expected version') {
    const wrong = new streams.AppendResp.WrongExpectedVersion();
    if (result.current === undefined) wrong.setCurrentNoStream(new shared.Empty());
    else wrong.setCurrentRevision(String(result.current));
    if (expected === 'any') wrong.setExpectedAny(new shared.Empty());
    else if (expected === 'no_stream') wrong.setExpectedNoStream(new shared.Empty());
    else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new shared.Empty());
    else wrong.setExpectedRevision(String(expected));
    answer.setWrongExpectedVersion(wrong);
  }
  return answer;
}

export function eventMessage(event: StoredEvent): streams.ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  const id = new shared.UUID();
  id.setString(event.id);
  recorded.setId(id);
  recorded.setStreamIdentifier(identifier(event.stream));
  recorded.setStreamRevision(String(event.revision));
  placed(recorded, event.position);
  recorded.getMetadataMap().set('type', event.type);
  recorded.getMetadataMap().set('content-type', event.contentType);
  // Ticks of 100 ns since 1970.
  recorded.getMetadataMap().set('created', String(BigInt(event.created) * 10_000n));
  recorded.setCustomMetadata(event.metadata);
  recorded.setData(event.data);
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(recorded);
  read.setCommitPosition(String(event.position));
  const message = new streams.ReadResp();
  message.setEvent(read);
  return message;
}

export function confirmation(): streams.ReadResp {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation();
  confirmed.setSubscriptionId(crypto.randomUUID());
  const message = new streams.ReadResp();
  message.setConfirmation(confirmed);
  return message;
}

export function checkpoint(position: bigint): streams.ReadResp {
  const message = new streams.ReadResp();
  message.setCheckpoint(placed(new streams.ReadResp.Checkpoint(), position));
  return message;
}

export function caughtUp(): streams.ReadResp {
  const message = new streams.ReadResp();
  message.setCaughtUp(new streams.ReadResp.CaughtUp());
  return message;
}

export function streamNotFound(stream: string): streams.ReadResp {
  const missing = new streams.ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifier(stream));
  const message = new streams.ReadResp();
  message.setStreamNotFound(missing);
  return message;
}

export function proposedEvent(
  message: streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage,
): ProposedEvent {
  const described = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: described.get('type') ?? '',
    contentType: described.get('content-type') ?? 'application/octet-stream',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

/** What calls say that name a stream and an expectation in one and the same way: appends, deletes, tombstones. */
interface NamesExpectation {
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
  hasAny(): boolean;
}

export function expectedOf(options: NamesExpectation, revision: string): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return options.hasAny() ? 'any' : BigInt(revision);
}

export function streamName(id: shared.StreamIdentifier | undefined): string {
  return id ? Buffer.from(id.getStreamName_asU8()).toString('utf8') : '';
}

/** Sets both positions of a message to the same one, and returns the message. */
export function placed<
  M extends { setCommitPosition(value: string): unknown; setPreparePosition(value: string): unknown },
>(message: M, position: bigint): M {
  message.setCommitPosition(String(position));
  message.setPreparePosition(String(position));
  return message;
}

function allPosition(position: bigint): shared.AllStreamPosition {
  return placed(new shared.AllStreamPosition(), position);
}

function identifier(stream: string): shared.StreamIdentifier {
  const id = new shared.StreamIdentifier();
  id.setStreamName(Buffer.from(stream, 'utf8').toString('base64'));
  return id;
}

function wrongExpectedVersion(current: bigint | undefined, expected: Expected): shared.WrongExpectedVersion {
  const wrong = new shared.WrongExpectedVersion();
  if (current === undefined) wrong.setCurrentNoStream(new empty.Empty());
  else wrong.setCurrentStreamRevision(String(current));
  if (expected === 'any') wrong.setExpectedAny(new empty.Empty());
  else if (expected === 'no_stream') wrong.setExpectedNoStream(new empty.Empty());
  else if (expected === 'stream_exists') wrong.setExpectedStreamExists(new empty.Empty());
  else wrong.setExpectedStreamPosition(String(expected));
  return wrong;
}

function refused(
  answer: streams.BatchAppendResp,
  code: number,
  text: string,
  details: { serializeBinary(): Uint8Array },
  typeName: string,
): streams.BatchAppendResp {
  const error = new status.Status();
  error.setCode(code as Parameters<typeof error.setCode>[0]);
  error.setMessage(text);
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), typeName);
  error.setDetails(packed);
  answer.setError(error);
  return answer;
}

function failure(code: number, details: string, told: Readonly<Record<string, string>>): Failure {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(told)) metadata.set(key, value);
  return { code, details, metadata };
}

/** Older parts of the protocol write expectations as numbers. */
function numberOf(expected: Expected): bigint {
  if (typeof expected === 'bigint') return expected;
  return { no_stream: -1n, any: -2n, stream_exists: -4n }[expected];
}

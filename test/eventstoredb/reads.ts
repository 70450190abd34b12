/** Reads of the stand-in: of streams and of the whole log, forwards and backwards, with a limit of events. */

import streams from '@eventstore/db-client/generated/streams_pb.js';
import { type ServerWritableStream, status } from '@grpc/grpc-js';
import type { StoredEvent, StoredLog } from './stored-log.js';
import { eventMessage, streamDeleted, streamName, streamNotFound } from './wire-messages.js';

export type ReadCall = ServerWritableStream<streams.ReadReq, streams.ReadResp>;

/** Answers a read that ends by itself. */
export async function read(call: ReadCall, log: StoredLog): Promise<void> {
  const options = call.request.getOptions()!;
  const backwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  const chosen = options.hasStream() ? ofStream(call, log, backwards) : ofAll(options.getAll()!, log, backwards);
  if (!chosen) return;
  const count = BigInt(options.getCount());
  let sent = 0n;
  for (const event of chosen) {
    if (sent++ >= count || call.cancelled) break;
    await written(call, eventMessage(event));
  }
  call.end();
}

/** Resolves when the connection takes more; a client that reads slowly is waited for. */
export async function written(call: ReadCall, message: streams.ReadResp): Promise<void> {
  if (call.write(message)) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      call.off('drain', go).off('cancelled', go).off('close', go);
      resolve();
    };
    call.on('drain', go).on('cancelled', go).on('close', go);
  });
}

/** The stream's events as they are read, or undefined if the call was answered with 'no stream'. */
function ofStream(call: ReadCall, log: StoredLog, backwards: boolean): StoredEvent[] | undefined {
  const options = call.request.getOptions()!.getStream()!;
  const name = streamName(options.getStreamIdentifier());
  if (log.isTombstoned(name)) {
    call.emit('error', streamDeleted(name));
    return undefined;
  }
  const shown = log.shown(name);
  if (!shown) {
    call.write(streamNotFound(name));
    call.end();
    return undefined;
  }
  const from = options.hasRevision() ? BigInt(options.getRevision()) : undefined;
  if (backwards)
    return shown.filter(({ revision }) => !options.hasStart() && (from === undefined || revision <= from)).reverse();
  return shown.filter(({ revision }) => !options.hasEnd() && (from === undefined || revision >= from));
}

/** Forwards the event at the position is read, backwards it is not: the position is where reading begins. */
function ofAll(options: streams.ReadReq.Options.AllOptions, log: StoredLog, backwards: boolean): StoredEvent[] {
  const from = options.hasPosition() ? BigInt(options.getPosition()!.getCommitPosition()) : undefined;
  if (backwards)
    return log.events
      .filter(({ position }) => !options.hasStart() && (from === undefined || position < from))
      .reverse();
  return log.events.filter(({ position }) => !options.hasEnd() && (from === undefined || position >= from));
}

/** What a call fails with that asks for a combination the stand-in does not serve. */
export const unserved = {
  code: status.UNIMPLEMENTED,
  details: 'The stand-in does not serve this combination of options.',
};

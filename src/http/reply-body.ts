/**
 * Sends the body of a reply. A large one is passed to its connection in chunks, each when the previous one has been accepted: a
 * client that does not read holds references to shared bytes, within the budget of net/undelivered.ts.
 */
import type uWS from 'uWebSockets.js';
import { bytesOf, lengthOf, type StateText } from '../net/state-text.js';
import type { Undelivered } from '../net/undelivered.js';
import { utf8 } from '../net/utf8.js';

/**
 * A larger body is sent in chunks. With its head it has to fit in the 16 KiB that uWebSockets.js gathers within a cork: otherwise the body is
 * forgotten where the connection takes no byte of the head (reply-stream.ts).
 */
export const WHOLE_BYTES = 8 * 1024;

export type Body = string | Buffer | StateText;

const isText = (body: Body): body is StateText => Array.isArray(body);

/** In bytes. */
export const bodyLength = (body: Body): number => (isText(body) ? lengthOf(body) : Buffer.byteLength(body));

/**
 * Ends the response with the body. `close`: also ends its connection, if the body is small. Status and headers have been written.
 * For a large body the response's onAborted handler is replaced.
 */
export function sendBody(res: uWS.HttpResponse, body: Body, undelivered: Undelivered, close: boolean): void {
  if (bodyLength(body) > WHOLE_BYTES) return sendInChunks(res, isText(body) ? body : [body], undelivered);
  res.end(isText(body) ? bytesOf(body) : typeof body === 'string' ? utf8(body) : body, close);
}

function sendInChunks(res: uWS.HttpResponse, text: StateText, undelivered: Undelivered): void {
  let isOver = false;
  let isPumped = false;
  const state = undelivered.add(text, () => {
    // Deferred, because the response may be about to be written.
    setImmediate(() => {
      if (!isOver) res.close();
    });
  });
  res.onAborted(() => {
    isOver = true;
    state.over();
  });
  const pump = (): boolean => {
    if (isOver || state.isOver) return false;
    let [isTaken, isEnded] = [false, false];
    res.cork(() => ([isTaken, isEnded] = res.tryEnd(state.chunk(res.getWriteOffset()), state.length)));
    if (isEnded) {
      isOver = true;
      state.over();
      return false;
    }
    state.took(res.getWriteOffset());
    return isTaken;
  };
  const ask = (): void => {
    if (isPumped) return;
    isPumped = true;
    undelivered.pump(() => (isPumped = pump()));
  };
  res.onWritable(() => {
    ask();
    return true;
  });
  ask();
}

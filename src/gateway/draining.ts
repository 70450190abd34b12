/**
 * Closes all sockets before the process stops. Each first gets a `draining` message that says when to reconnect; then they are
 * closed a few at a time. So the next process, or another node, gets the reconnections one after the other.
 */
import { draining } from '../protocol/down-messages.js';

/** Sockets closed at once, and the time between two groups, in milliseconds: 1,000 sockets per second. */
const BATCH = 50;
const BATCH_MS = 50;

/** Time for closing all of them, in milliseconds. With more than 4,000 sockets the groups are larger. */
const CLOSING_MS = 4_000;

/** When the first socket should reconnect, counted from its close, in milliseconds: about the time of a restart. */
const FIRST_RETURN_MS = 500;

/** Time between two reconnections, and maximum for all of them together, in milliseconds. */
const RETURN_STEP_MS = 1;
const RETURNS_MS = 30_000;

export interface DrainedSocket {
  send(text: string): void;
  end(reason: 'going_away'): void;
}

/** How long the socket with this index of `count`, counted from 0, should wait after its close, in whole milliseconds. */
export const retryAfterMs = (place: number, count: number): number =>
  FIRST_RETURN_MS + Math.floor(place * Math.min(RETURN_STEP_MS, RETURNS_MS / count));

/** Sockets closed at once, of `count`. */
export const batchOf = (count: number): number => Math.max(BATCH, Math.ceil((count * BATCH_MS) / CLOSING_MS));

/** Resolves when the last one has been closed. A socket that closes by itself in the meantime is ignored. */
export async function drain(sockets: readonly DrainedSocket[]): Promise<void> {
  for (const [place, socket] of sockets.entries()) socket.send(draining(retryAfterMs(place, sockets.length)));
  const batch = batchOf(sockets.length);
  for (let from = 0; from < sockets.length; from += batch) {
    if (from > 0) await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    for (const socket of sockets.slice(from, from + batch)) socket.end('going_away');
  }
}

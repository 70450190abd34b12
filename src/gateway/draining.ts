/**
 * The goodbye to many sockets: each is told when to come back, then they are closed a few at a time. So the next process, and
 * whatever else serves them meanwhile, meets them one after the other.
 */
import { draining } from '../protocol/down-messages.js';

/** Sockets closed at once, and the time between, in milliseconds: a thousand a second. */
const BATCH = 50;
const BATCH_MS = 50;

/** Time for closing them all, in milliseconds: of more than 4,000 more are closed at once. */
const CLOSING_MS = 4_000;

/** When the first one should come back, counted from its close, in milliseconds: a restart takes about that long. */
const FIRST_RETURN_MS = 500;

/** Between the returns of two of them, in milliseconds, and all of these together at the most. */
const RETURN_STEP_MS = 1;
const RETURNS_MS = 30_000;

export interface DrainedSocket {
  send(text: string): void;
  end(reason: 'going_away'): void;
}

/** How long the socket at this place of `count`, counted from 0, should stay away after its close, in whole milliseconds. */
export const retryAfterMs = (place: number, count: number): number =>
  FIRST_RETURN_MS + Math.floor(place * Math.min(RETURN_STEP_MS, RETURNS_MS / count));

/** Sockets closed at once, of `count`. */
export const batchOf = (count: number): number => Math.max(BATCH, Math.ceil((count * BATCH_MS) / CLOSING_MS));

/** Resolves when the last one has been closed. One that closes by itself meanwhile takes no harm. */
export async function drain(sockets: readonly DrainedSocket[]): Promise<void> {
  for (const [place, socket] of sockets.entries()) socket.send(draining(retryAfterMs(place, sockets.length)));
  const batch = batchOf(sockets.length);
  for (let from = 0; from < sockets.length; from += batch) {
    if (from > 0) await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    for (const socket of sockets.slice(from, from + batch)) socket.end('going_away');
  }
}

/** Commands over sockets as fast as the server takes them: many in a write, and the next when the last of them is answered. */
import { textFrame } from '../frames.js';
import type { AttackSocket } from './attack-socket.js';

/** How long the answer to the last of a batch is waited for, in ms. */
const BATCH_MS = 10_000;

let batches = 0;

/** JSON with everything beyond ASCII escaped: a frame's text is written as latin1. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export const frameOf = (message: unknown): string => textFrame(asciiJson(message));

/** Sends them in one write, and resolves when what was sent behind them is answered, or the socket has ended. */
export async function sendBatch(socket: AttackSocket, messages: readonly unknown[]): Promise<void> {
  const id = `batch-${process.pid}-${batches++}`;
  // A command on no page is refused as soon as it is read: the last answer of the batch.
  const answered = socket.heard(id, BATCH_MS);
  socket.write(
    messages.map(frameOf).join('') + frameOf({ type: 'rename_page', id, payload: { page_id: 'none', name: 'x' } }),
  );
  await answered;
}

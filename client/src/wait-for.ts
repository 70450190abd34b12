/** Waiting for a message: the next that fits, or an error that says what came instead. */
import type { ClientEvents } from './client-events.js';
import type { Listeners } from './listeners.js';
import type { ServerMessage } from './messages.js';

/**
 * The first message from now on that `fits`: start to wait before doing what brings it about. Rejects with an Error after
 * `timeoutMs`, with ConnectionClosedError when the connection ends first.
 */
export function waitFor(
  listeners: Listeners<ClientEvents>,
  fits: (message: ServerMessage) => boolean,
  timeoutMs: number,
): Promise<ServerMessage> {
  return new Promise((resolve, reject) => {
    let others: string[] = [];
    const stopMessages = listeners.on('message', (message) => {
      if (fits(message)) stop(() => resolve(message));
      else others = [...others.slice(-4), message.type];
    });
    const stopClosed = listeners.on('closed', (error) => stop(() => reject(error)));
    const timer = setTimeout(() => {
      const instead = others.length === 0 ? 'nothing came' : `other messages came, the last: ${others.join(', ')}`;
      stop(() => reject(new Error(`the message waited for did not come within ${timeoutMs} ms; ${instead}`)));
    }, timeoutMs);

    function stop(then: () => void): void {
      clearTimeout(timer);
      stopMessages();
      stopClosed();
      then();
    }
  });
}

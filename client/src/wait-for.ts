/** Waits for a message, with an error that lists what arrived instead; and for a state of the client. */
import type { ClientEvents } from './client-events.js';
import type { ClientState } from './client-state.js';
import type { Listeners } from './listeners.js';
import type { ServerMessage } from './messages.js';
import type { Timers } from './timers.js';

/**
 * The next message that `fits`, live or from a resume: start to wait before the action that causes it. Rejects with an Error after
 * `timeoutMs`, and with the client's reason when the client ends first.
 */
export function waitFor(
  listeners: Listeners<ClientEvents>,
  timers: Timers,
  fits: (message: ServerMessage) => boolean,
  timeoutMs: number,
): Promise<ServerMessage> {
  return new Promise((resolve, reject) => {
    let others: string[] = [];
    let last: ServerMessage | undefined;
    // A live message is emitted as a message and then as a change; each is checked once.
    const look = (message: ServerMessage): void => {
      if (message === last) return;
      last = message;
      if (fits(message)) stop(() => resolve(message));
      else others = [...others.slice(-4), message.type];
    };
    const stops = [
      listeners.on('message', look),
      listeners.on('change', look),
      listeners.on('state', (state) => {
        if (state.name === 'ended') stop(() => reject(state.why));
      }),
    ];
    const timer = timers.setTimeout(() => {
      const instead =
        others.length === 0 ? 'no message arrived' : `other messages arrived, the last: ${others.join(', ')}`;
      stop(() => reject(new Error(`the expected message did not arrive within ${timeoutMs} ms; ${instead}`)));
    }, timeoutMs);

    function stop(then: () => void): void {
      timers.clearTimeout(timer);
      for (const stopOne of stops) stopOne();
      then();
    }
  });
}

/** Resolves when the client is in that state; rejects if it ends instead. */
export function reached(name: ClientState['name'], listeners: Listeners<ClientEvents>): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = listeners.on('state', (state) => {
      if (state.name !== name && state.name !== 'ended') return;
      stop();
      if (state.name === name) resolve();
      else if (state.name === 'ended') reject(state.why);
    });
  });
}

/** Waiting for a message, with an error that says what came instead; and for a state of the client. */
import type { ClientEvents } from './client-events.js';
import type { ClientState } from './client-state.js';
import type { Listeners } from './listeners.js';
import type { ServerMessage } from './messages.js';
import type { Timers } from './timers.js';

/**
 * The first message from now on that `fits`, live or within what a resume brings: start to wait before doing what brings it
 * about. Rejects with an Error after `timeoutMs`, and when the client ends first with the reason of that.
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
    // What came by itself is told as a message and then as a change; each is looked at once.
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
      const instead = others.length === 0 ? 'nothing came' : `other messages came, the last: ${others.join(', ')}`;
      stop(() => reject(new Error(`the message waited for did not come within ${timeoutMs} ms; ${instead}`)));
    }, timeoutMs);

    function stop(then: () => void): void {
      timers.clearTimeout(timer);
      for (const stopOne of stops) stopOne();
      then();
    }
  });
}

/** Resolves when the client is in that state; rejects where it ends instead. */
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

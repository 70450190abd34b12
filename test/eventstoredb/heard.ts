/** What a subscription of the real client has brought, and a way to wait for it. */
import type { AllStreamSubscription, StreamSubscription } from '@eventstore/db-client';

export interface Heard {
  /** `type@revision stream` of each event, in the order they came. */
  readonly events: string[];
  /** Commit positions of the events. */
  readonly positions: bigint[];
  /** Everything else that it emitted: 'confirmation', 'caughtUp', 'end', 'error'. */
  readonly signs: string[];
  /** Errors that it emitted. */
  readonly errors: (Error & { readonly code?: number; readonly type?: string })[];
  /** Resolves when the condition holds; it is checked again after each received event. */
  until(condition: (heard: Heard) => boolean): Promise<void>;
}

export function hear(subscription: AllStreamSubscription | StreamSubscription): Heard {
  const waiting = new Set<() => void>();
  const heard: Heard = {
    events: [],
    positions: [],
    signs: [],
    errors: [],
    until: (condition) =>
      new Promise((resolve) => {
        const ask = (): void => {
          if (!condition(heard)) return;
          waiting.delete(ask);
          resolve();
        };
        waiting.add(ask);
        ask();
      }),
  };
  const tell = (): void => [...waiting].forEach((ask) => ask());
  subscription.on('data', ({ event }) => {
    if (!event) return;
    heard.events.push(`${event.type}@${event.revision} ${event.streamId}`);
    heard.positions.push(event.position!.commit);
    tell();
  });
  for (const sign of ['confirmation', 'caughtUp', 'end'] as const) {
    (subscription as NodeJS.EventEmitter).on(sign, () => {
      heard.signs.push(sign);
      tell();
    });
  }
  subscription.on('error', (error: Error) => {
    heard.signs.push('error');
    heard.errors.push(error);
    tell();
  });
  return heard;
}

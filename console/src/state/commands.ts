/** A command of a view: what it is doing, and what came of it. */
import { type Signal, signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { sentence } from './failure.js';
import { counted } from './live.js';

export interface Action {
  /** `waiting`: given and not confirmed. */
  readonly state: Signal<'idle' | 'waiting' | 'failed'>;
  /** The reason, where it failed. */
  readonly failure: Signal<string>;
  /** Runs it, unless it is running. True if it succeeded. */
  run(work: (commandId: string) => Promise<unknown>): Promise<boolean>;
}

/**
 * `run` passes an id for the command. After a failure with an unknown outcome the same id is used again, so that trying again takes
 * effect once.
 */
export function newAction(): Action {
  const state = signal<'idle' | 'waiting' | 'failed'>('idle');
  const failure = signal('');
  let unknown: string | undefined;
  return {
    state,
    failure,
    async run(work) {
      if (state.peek() === 'waiting') return false;
      state.value = 'waiting';
      failure.value = '';
      const id = unknown ?? crypto.randomUUID();
      try {
        await counted(work(id));
        unknown = undefined;
        state.value = 'idle';
        return true;
      } catch (error) {
        const { name } = error as Error;
        unknown = name === 'OutcomeUnknownError' || name === 'TypeError' || name === 'TimeoutError' ? id : undefined;
        failure.value = sentence(error);
        state.value = 'failed';
        return false;
      }
    },
  };
}

export const useAction = (): Action => useMemo(newAction, []);

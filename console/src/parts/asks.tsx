/** Buttons that say what they will do, and do it when a second one is pressed. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useAction } from '../state/commands.js';
import { Failure } from './form.js';
import { Icon, type IconName } from './icon.js';

export interface Asked {
  readonly label: string;
  readonly icon?: IconName;
  readonly testId?: string;
  /** What will be, for the person who presses the second button. */
  readonly question: ComponentChildren;
  readonly confirm: string;
  readonly confirmTestId?: string;
  /** It takes nothing away. */
  readonly isSafe?: boolean;
  /** Gets an id for its command. */
  readonly run: (commandId: string) => Promise<unknown>;
}

interface AsksProps {
  /** What they are for, to a screen reader: `the token Price feed`. */
  readonly of: string;
  readonly asks: readonly Asked[];
  /** After it was done. */
  readonly done?: (() => void) | undefined;
  /** Buttons that ask nothing. */
  readonly children?: ComponentChildren;
}

export function Asks({ of, asks, done, children }: AsksProps) {
  const action = useAction();
  const [asked, setAsked] = useState<Asked>();
  const run = async ({ run }: Asked): Promise<void> => {
    if (!(await action.run(run))) return;
    setAsked(undefined);
    done?.();
  };
  return (
    <div class="asks">
      {asked ? (
        <div class="conflict">
          {typeof asked.question === 'string' ? <p>{asked.question}</p> : asked.question}
          <div class="form-foot">
            <button
              type="button"
              class={`button small ${asked.isSafe ? 'primary' : 'danger'}`}
              data-testid={asked.confirmTestId}
              aria-disabled={action.state.value === 'waiting'}
              onClick={() => void run(asked)}
            >
              {asked.confirm}
            </button>
            <button type="button" class="button small" onClick={() => setAsked(undefined)}>
              Cancel
            </button>
          </div>
        </div>
      ) : (
        <div class="form-foot">
          {children}
          {asks.map((one) => (
            <button
              key={one.label}
              type="button"
              class="button small"
              data-testid={one.testId}
              onClick={() => setAsked(one)}
            >
              {one.icon && <Icon name={one.icon} />} {one.label}
              <span class="only-read"> {of}</span>
            </button>
          ))}
        </div>
      )}
      <Failure action={action} />
    </div>
  );
}

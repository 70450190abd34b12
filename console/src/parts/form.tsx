/** Fields with their labels, and the foot of a form: the button, and what came of it. */
import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';
import type { Action } from '../state/commands.js';
import { Icon } from './icon.js';

type Attributes = Omit<InputHTMLAttributes<HTMLInputElement>, 'onInput' | 'value' | 'role' | 'type' | 'label'>;

interface FieldProps extends Attributes {
  readonly type?: 'text' | 'password' | 'datetime-local' | 'number';
  readonly label: string;
  readonly value: string;
  /** Id of a datalist. */
  readonly list?: string;
  readonly set: (value: string) => void;
  readonly hint?: ComponentChildren;
  readonly testId?: string;
}

export function Field({ label, hint, set, testId, list, type = 'text', ...input }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        data-testid={testId}
        autocomplete="off"
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...input}
        {...(list === undefined ? {} : { list })}
        type={type as 'text'}
        onInput={({ currentTarget }) => set(currentTarget.value)}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface SaveProps {
  readonly action: Action;
  readonly label: string;
  readonly testId?: string;
  readonly isOff?: boolean;
  readonly cancel?: (() => void) | undefined;
  readonly isDanger?: boolean;
  /** It stands beside what matters more. */
  readonly isQuiet?: boolean;
}

export const Save = ({
  action,
  label,
  testId = 'save',
  isOff = false,
  cancel,
  isDanger = false,
  isQuiet = false,
}: SaveProps) => {
  const isWaiting = action.state.value === 'waiting';
  return (
    <>
      <Failure action={action} />
      <div class="form-foot">
        <button
          type="submit"
          class={`button ${isDanger ? 'danger' : isQuiet ? '' : 'primary'}`}
          data-testid={testId}
          disabled={isOff}
          aria-disabled={isWaiting}
        >
          {isWaiting && <span class="spinner" aria-hidden="true" />}
          {isWaiting ? 'Not confirmed yet …' : label}
        </button>
        {cancel && (
          <button type="button" class="button" onClick={cancel}>
            Cancel
          </button>
        )}
      </div>
    </>
  );
};

export const Failure = ({ action }: { action: Action }) =>
  action.state.value === 'failed' ? (
    <p class="failure" role="alert">
      <Icon name="alert" />
      <span>{action.failure.value}</span>
    </p>
  ) : null;

/** Submits without leaving the page. */
export const submitted = (run: () => unknown) => (event: SubmitEvent) => {
  event.preventDefault();
  run();
};

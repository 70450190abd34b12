/** A field of several lines, with its label. */
import type { TextareaHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';

interface TextAreaProps
  extends Pick<TextareaHTMLAttributes<HTMLTextAreaElement>, 'placeholder' | 'maxLength' | 'required'> {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly testId?: string;
}

export function TextArea({ label, value, set, testId, ...given }: TextAreaProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        data-testid={testId}
        dir="auto"
        rows={2}
        {...given}
        value={value}
        onInput={({ currentTarget }) => set(currentTarget.value)}
      />
    </div>
  );
}

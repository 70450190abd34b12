/** A choice of a few, with its label. */
import { useId } from 'preact/hooks';

interface SelectProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly set: (value: Value) => void;
  /** Value → what is shown. */
  readonly options: Readonly<Record<Value, string>>;
  readonly testId?: string;
}

export function Select<Value extends string>({ label, value, set, options, testId }: SelectProps<Value>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        data-testid={testId}
        value={value}
        onChange={({ currentTarget }) => set(currentTarget.value as Value)}
      >
        {(Object.entries(options) as [Value, string][]).map(([one, shown]) => (
          <option key={one} value={one}>
            {shown}
          </option>
        ))}
      </select>
    </div>
  );
}

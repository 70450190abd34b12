/** The fields of an alarm, and a sentence that says what it will do. */
import { Field } from '../parts/form.js';

export interface AlarmFields {
  readonly ticker: string;
  readonly option: string;
  readonly condition: string;
}

interface FieldsProps {
  readonly fields: AlarmFields;
  readonly set: (fields: AlarmFields) => void;
}

export const AlarmFieldset = ({ fields, set }: FieldsProps) => (
  <>
    <Field
      label="Ticker"
      testId="alarm-ticker"
      placeholder="EUR/USD"
      required
      maxLength={200}
      spellcheck={false}
      dir="auto"
      value={fields.ticker}
      set={(ticker) => set({ ...fields, ticker })}
    />
    <Field
      label="Option"
      testId="alarm-option"
      placeholder="spot"
      maxLength={200}
      spellcheck={false}
      dir="auto"
      value={fields.option}
      set={(option) => set({ ...fields, option })}
    />
    <Field
      label="Condition"
      testId="alarm-condition"
      placeholder="above 1.0850"
      maxLength={1000}
      spellcheck={false}
      dir="auto"
      value={fields.condition}
      set={(condition) => set({ ...fields, condition })}
    />
  </>
);

/** What the alarm will do, while it is written. */
export function Sentence({
  fields: { ticker, option, condition },
  page,
  active = true,
}: {
  fields: AlarmFields;
  page: string;
  active?: boolean;
}) {
  if (ticker.trim() === '') return <p class="sentence">Ticker, option and condition say what is watched for.</p>;
  return (
    <p class="sentence">
      {active ? (
        <>
          When a program that watches <Value text={ticker} />
          {option.trim() !== '' && (
            <>
              {' '}
              (<Value text={option} />)
            </>
          )}{' '}
          finds it {condition.trim() === '' ? 'worth an alarm' : <Value text={condition} />}, everybody who may see{' '}
          <Value text={page} /> is told at once.
        </>
      ) : (
        'It is switched off: triggers are refused.'
      )}
    </p>
  );
}

const Value = ({ text }: { text: string }) => (
  <strong>
    <bdi>{text}</bdi>
  </strong>
);

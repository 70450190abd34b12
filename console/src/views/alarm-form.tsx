/** The fields of an alarm. */
import { Field } from '../parts/form.js';
import { Select } from '../parts/select.js';
import { TextArea } from '../parts/text-area.js';
import type { AlarmFields } from '../state/alarm-fields.js';
import { AlarmSettings } from './alarm-settings.js';

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
      maxLength={100}
      spellcheck={false}
      dir="auto"
      value={fields.ticker}
      set={(ticker) => set({ ...fields, ticker })}
    />
    <Field
      label="Option"
      testId="alarm-option"
      placeholder="spot"
      maxLength={100}
      spellcheck={false}
      dir="auto"
      value={fields.option}
      set={(option) => set({ ...fields, option })}
    />
    <Field
      label="Condition"
      testId="alarm-condition"
      placeholder="above 1.0850"
      maxLength={500}
      spellcheck={false}
      dir="auto"
      value={fields.condition}
      set={(condition) => set({ ...fields, condition })}
    />
    <Select
      label="Severity"
      testId="alarm-severity"
      value={fields.severity}
      options={{ low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' }}
      set={(severity) => set({ ...fields, severity })}
    />
    <Select
      label="Triggers"
      testId="alarm-mode"
      value={fields.mode}
      options={{
        every: 'Every one is told',
        once: 'The first one is told, and switches it off',
        cooldown: 'After one, further ones are counted quietly for a while',
      }}
      set={(mode) => set({ ...fields, mode })}
    />
    {fields.mode === 'cooldown' && (
      <Field
        label="Quiet for, in seconds"
        testId="alarm-cooldown"
        type="number"
        min={1}
        max={604_800}
        required
        value={fields.cooldown}
        set={(cooldown) => set({ ...fields, cooldown })}
      />
    )}
    <Field
      label="Tags"
      placeholder="desk, morning"
      spellcheck={false}
      dir="auto"
      value={fields.tags}
      set={(tags) => set({ ...fields, tags })}
      hint="Separated by commas; the filter finds them."
    />
    <TextArea
      label="What to do when it fires"
      testId="alarm-note"
      maxLength={2_000}
      placeholder="Call the desk in Frankfurt before selling."
      value={fields.note}
      set={(note) => set({ ...fields, note })}
    />
    <AlarmSettings fields={fields} set={set} />
  </>
);

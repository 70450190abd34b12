/** The settings that most alarms leave alone: until when it is on, and whether it is told again. */
import { useState } from 'preact/hooks';
import { Field } from '../parts/form.js';
import { type AlarmFields, EMPTY } from '../state/alarm-fields.js';
import { momentField, momentOf, zoneName } from '../state/format.js';

interface SettingsProps {
  readonly fields: AlarmFields;
  readonly set: (fields: AlarmFields) => void;
}

const isSet = ({ expires, renotify }: AlarmFields): boolean => expires !== EMPTY.expires || renotify !== EMPTY.renotify;

export function AlarmSettings({ fields, set }: SettingsProps) {
  const [isOpen] = useState(isSet(fields));
  // A field that the browser finds wrong has to be seen.
  return (
    <details class="more" open={isOpen} onInvalidCapture={({ currentTarget }) => (currentTarget.open = true)}>
      <summary>Expiry, telling again</summary>
      <div class="form">
        <Field
          label={`Expires at (${zoneName()})`}
          testId="alarm-expires"
          type="datetime-local"
          step="1"
          value={momentField(fields.expires)}
          set={(field) => set({ ...fields, expires: momentOf(field) })}
          hint="From then on it is off. Empty: never."
        />
        <Field
          label="Told again every so many seconds"
          testId="alarm-renotify"
          type="number"
          min={30}
          max={86_400}
          value={fields.renotify}
          set={(renotify) => set({ ...fields, renotify })}
          hint="While it is open and not snoozed: 30 to 86,400. Empty: it is told once."
        />
        {fields.renotify !== '' && (
          <Field
            label="So many times at most"
            testId="alarm-renotify-max"
            type="number"
            min={1}
            max={100}
            required
            value={fields.renotifyMax}
            set={(renotifyMax) => set({ ...fields, renotifyMax })}
          />
        )}
      </div>
    </details>
  );
}

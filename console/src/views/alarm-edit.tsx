/** Changes an alarm. If somebody else changes it meanwhile, both values are shown, and the person chooses. */
import type { Alarm, Page } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Save, submitted } from '../parts/form.js';
import { changedFrom, type FieldName, fieldNames, fieldsOf, payloadOf } from '../state/alarm-fields.js';
import { useAction } from '../state/commands.js';
import { exactTime } from '../state/format.js';
import { client } from '../state/live.js';
import { AlarmFieldset } from './alarm-form.js';
import { Sentence } from './alarm-sentence.js';

const NAMES: Readonly<Record<FieldName, string>> = {
  ticker: 'Ticker',
  option: 'Option',
  condition: 'Condition',
  severity: 'Severity',
  mode: 'Triggers',
  cooldown: 'Quiet for',
  tags: 'Tags',
  expires: 'Expires at',
  renotify: 'Told again every so many seconds',
  renotifyMax: 'So many times at most',
  note: 'What to do when it fires',
};

/** A value as a person reads it. */
const shown = (name: FieldName, value: string): string =>
  value === '' ? '(empty)' : name === 'expires' ? exactTime(value) : value;

interface EditProps {
  readonly alarm: Alarm;
  readonly page: Page | undefined;
  readonly isGone: boolean;
  readonly done: () => void;
}

export function AlarmEdit({ alarm, page, isGone, done }: EditProps) {
  const action = useAction();
  /** What the person began from, or has agreed to since. */
  const [base, setBase] = useState(fieldsOf(alarm));
  const [fields, setFields] = useState(base);
  const theirs = fieldsOf(alarm);
  const conflicts = fieldNames.filter((name) => theirs[name] !== base[name] && theirs[name] !== fields[name]);
  const mine = changedFrom(base, fields);
  const save = async (): Promise<void> => {
    const isDone =
      mine.length === 0 ||
      (await action.run((id) => client.value!.updateAlarm({ alarm_id: alarm.id, ...payloadOf(fields, mine) }, { id })));
    if (isDone) done();
  };
  const take = (name: FieldName, value: string): void => {
    setBase({ ...base, [name]: theirs[name] });
    setFields({ ...fields, [name]: value });
  };
  return (
    <form class="form" onSubmit={submitted(save)}>
      <AlarmFieldset fields={fields} set={setFields} />
      {conflicts.map((name) => (
        <div key={name} class="conflict" role="alert">
          <p>
            {NAMES[name]} was changed meanwhile to{' '}
            <strong>
              <bdi>{shown(name, theirs[name])}</bdi>
            </strong>
            . Here it is{' '}
            <strong>
              <bdi>{shown(name, fields[name])}</bdi>
            </strong>
            .
          </p>
          <div class="form-foot">
            <button type="button" class="button small" onClick={() => take(name, theirs[name])}>
              Take theirs
            </button>
            <button type="button" class="button small" onClick={() => take(name, fields[name])}>
              Keep mine
            </button>
          </div>
        </div>
      ))}
      <Sentence fields={fields} page={page?.name ?? 'the page'} active={alarm.active} />
      {!isGone && !page?.can_edit && <p class="failure">You may no longer edit this page.</p>}
      <Save
        action={action}
        label="Save"
        cancel={done}
        isOff={isGone || !page?.can_edit || conflicts.some((name) => mine.includes(name))}
      />
    </form>
  );
}

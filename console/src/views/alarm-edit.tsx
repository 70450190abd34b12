/** Changes an alarm. If somebody else changes it meanwhile, both values are shown, and the person chooses. */
import type { Alarm, Page } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Save, submitted } from '../parts/form.js';
import { useAction } from '../state/commands.js';
import { client } from '../state/live.js';
import { type AlarmFields, AlarmFieldset, Sentence } from './alarm-form.js';

const NAMES = { ticker: 'Ticker', option: 'Option', condition: 'Condition' } as const;
type Name = keyof typeof NAMES;
const names = Object.keys(NAMES) as Name[];

const fieldsOf = ({ ticker, option, condition }: Alarm): AlarmFields => ({ ticker, option, condition });

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
  const conflicts = names.filter((name) => alarm[name] !== base[name] && alarm[name] !== fields[name]);
  const mine = names.filter((name) => fields[name] !== base[name]);
  const save = async (): Promise<void> => {
    const changes = Object.fromEntries(mine.map((name) => [name, fields[name]]));
    const isDone =
      mine.length === 0 ||
      (await action.run((id) => client.value!.updateAlarm({ alarm_id: alarm.id, ...changes }, { id })));
    if (isDone) done();
  };
  const take = (name: Name, value: string): void => {
    setBase({ ...base, [name]: alarm[name] });
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
              <bdi>{alarm[name] || '(empty)'}</bdi>
            </strong>
            . Here it is{' '}
            <strong>
              <bdi>{fields[name] || '(empty)'}</bdi>
            </strong>
            .
          </p>
          <div class="form-foot">
            <button type="button" class="button small" onClick={() => take(name, alarm[name])}>
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

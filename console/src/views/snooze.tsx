/** An alarm is quiet for a while: its triggers are counted and not told. */
import type { Alarm } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Save, submitted } from '../parts/form.js';
import { Select } from '../parts/select.js';
import { said } from '../state/acknowledging.js';
import { useAction } from '../state/commands.js';
import { type SnoozeSeconds, snoozeSeconds, statusOf } from '../state/life.js';
import { client } from '../state/live.js';

interface SnoozeProps {
  readonly alarm: Alarm;
  /** What is said with it. */
  readonly comment: string;
  readonly done: () => void;
}

/** For those who may edit the page. */
export function Snooze({ alarm, comment, done }: SnoozeProps) {
  const action = useAction();
  const [seconds, setSeconds] = useState<SnoozeSeconds>('3600');
  const isSnoozed = statusOf(alarm).snoozed !== undefined;
  const change = async (): Promise<void> => {
    const for_s = Number(seconds);
    const isDone = await action.run((id) =>
      isSnoozed
        ? client.value!.unsnoozeAlarm({ alarm_id: alarm.id }, { id })
        : client.value!.snoozeAlarm({ alarm_id: alarm.id, for_s, ...said(comment) }, { id }),
    );
    if (isDone && !isSnoozed) done();
  };
  return (
    <form class="form inline" aria-label="Snooze" onSubmit={submitted(change)}>
      {!isSnoozed && <Select label="Snooze it for" value={seconds} set={setSeconds} options={snoozeSeconds} />}
      <Save
        action={action}
        label={isSnoozed ? 'End the snooze' : 'Snooze'}
        testId={isSnoozed ? 'unsnooze' : 'snooze'}
        isQuiet
      />
    </form>
  );
}

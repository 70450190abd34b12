/** An alarm is quiet for a while: its triggers are counted and not told. */
import type { Alarm } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Save, submitted } from '../parts/form.js';
import { Select } from '../parts/select.js';
import { useAction } from '../state/commands.js';
import { type SnoozeSeconds, snoozeSeconds, statusOf } from '../state/life.js';
import { client } from '../state/live.js';

/** For those who may edit the page. */
export function Snooze({ alarm }: { alarm: Alarm }) {
  const action = useAction();
  const [seconds, setSeconds] = useState<SnoozeSeconds>('3600');
  const isSnoozed = statusOf(alarm).snoozed !== undefined;
  const change = (): Promise<boolean> =>
    action.run((id) =>
      isSnoozed
        ? client.value!.unsnoozeAlarm({ alarm_id: alarm.id }, { id })
        : client.value!.snoozeAlarm({ alarm_id: alarm.id, for_s: Number(seconds) }, { id }),
    );
  return (
    <form class="form inline" aria-label="Snooze" onSubmit={submitted(change)}>
      {!isSnoozed && <Select label="Snooze it for" value={seconds} set={setSeconds} options={snoozeSeconds} />}
      <Save
        action={action}
        label={isSnoozed ? 'End the snooze' : 'Snooze'}
        testId={isSnoozed ? 'unsnooze' : 'snooze'}
      />
    </form>
  );
}

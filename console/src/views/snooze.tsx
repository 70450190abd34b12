/** An alarm is quiet for a while: its triggers are counted and not told. */
import type { Alarm } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Save, submitted } from '../parts/form.js';
import { Select } from '../parts/select.js';
import { useAction } from '../state/commands.js';
import { statusOf } from '../state/life.js';
import { client } from '../state/live.js';

/** Seconds → what is shown. A week is the longest that the server takes. */
const DURATIONS = {
  '900': '15 minutes',
  '3600': 'an hour',
  '14400': '4 hours',
  '86400': 'a day',
  '604800': 'a week',
} as const;

/** For those who may edit the page. */
export function Snooze({ alarm }: { alarm: Alarm }) {
  const action = useAction();
  const [seconds, setSeconds] = useState<keyof typeof DURATIONS>('3600');
  const isSnoozed = statusOf(alarm).snoozed !== undefined;
  const change = (): Promise<boolean> =>
    action.run((id) =>
      isSnoozed
        ? client.value!.unsnoozeAlarm({ alarm_id: alarm.id }, { id })
        : client.value!.snoozeAlarm({ alarm_id: alarm.id, for_s: Number(seconds) }, { id }),
    );
  return (
    <form class="form inline" aria-label="Snooze" onSubmit={submitted(change)}>
      {!isSnoozed && <Select label="Snooze it for" value={seconds} set={setSeconds} options={DURATIONS} />}
      <Save
        action={action}
        label={isSnoozed ? 'End the snooze' : 'Snooze'}
        testId={isSnoozed ? 'unsnooze' : 'snooze'}
      />
    </form>
  );
}

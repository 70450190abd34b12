/** Ends a snooze before its time. Requires edit access. */
import { z } from 'zod';
import { AlarmId } from '../../domain/fields.js';
import { notFound, refuse } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';

export const unsnoozeAlarm = pageCommand('unsnooze_alarm', {
  summary: "End an alarm's snooze.",
  payload: z.object({ alarm_id: AlarmId }),
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'edit',
  decide: ({ alarm_id }, page) => {
    const alarm = page.alarms.get(alarm_id);
    if (!alarm) return notFound('alarm');
    return alarm.snoozed
      ? { type: 'AlarmUnsnoozed', data: { alarm_id } }
      : refuse('nothing_to_do', 'The alarm is not snoozed: there is nothing to end');
  },
  done: 'alarm_unsnoozed',
  http: { method: 'POST', path: '/alarms/{alarm_id}/unsnooze', status: 200 },
});

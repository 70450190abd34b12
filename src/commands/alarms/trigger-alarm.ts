/** Records that the market has reached an alarm's condition. Requires view access to the alarm's page. */
import { z } from 'zod';
import { AlarmId, Price } from '../../domain/fields.js';
import { notFound, refuse } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';

export const triggerAlarm = pageCommand('trigger_alarm', {
  summary: "Report that the market has reached an alarm's condition, and at which price.",
  payload: z.object({ alarm_id: AlarmId, price: Price }),
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'view',
  decide: ({ alarm_id, price }, page) => {
    const alarm = page.alarms.get(alarm_id);
    if (!alarm) return notFound('alarm');
    if (!alarm.active)
      return refuse('alarm_inactive', 'This alarm is inactive: set active to true before triggering it');
    return { type: 'AlarmTriggered', data: { alarm_id, price } };
  },
  done: 'alarm_triggered',
  http: { method: 'POST', path: '/alarms/{alarm_id}/trigger', status: 200 },
});

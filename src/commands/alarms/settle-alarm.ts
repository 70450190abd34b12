/** What a timer sends when a deadline of an alarm is due. The deadline is settled before anything is decided on the alarm: nothing is left to do then. */
import { z } from 'zod';
import { AlarmId } from '../../domain/fields.js';
import { notFound, refuse } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';

const settled = refuse('nothing_to_do', 'No deadline of this alarm is overdue');

export const settleAlarmCommand = pageCommand('settle_alarm', {
  summary: 'Settle the overdue deadlines of an alarm.',
  payload: z.object({ alarm_id: AlarmId }),
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'own',
  decide: ({ alarm_id }, page) => (page.alarms.get(alarm_id) ? settled : notFound('alarm')),
  done: 'alarm_settled',
});

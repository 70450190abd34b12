/** Deletes an alarm from its page. Its history is kept. */
import { z } from 'zod';
import { AlarmId } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';

export const deleteAlarm = pageCommand('delete_alarm', {
  summary: 'Delete an alarm; its history is kept.',
  payload: z.object({ alarm_id: AlarmId }),
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'edit',
  decide: ({ alarm_id }, page) =>
    page.alarms.get(alarm_id) ? { type: 'AlarmDeleted', data: { alarm_id } } : notFound('alarm'),
  done: 'alarm_deleted',
  http: { method: 'DELETE', path: '/alarms/{alarm_id}', status: 204 },
});

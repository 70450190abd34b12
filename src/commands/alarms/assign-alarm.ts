/** Says who has an alarm in hand. View access is enough to assign oneself, and to end that. */
import { z } from 'zod';
import { AlarmId, UserId } from '../../domain/fields.js';
import { pageCommand } from '../command.js';
import { notValid } from '../payload-errors.js';
import { onAlarm } from './on-alarm.js';

export const assignAlarm = pageCommand('assign_alarm', {
  summary: 'Assign an alarm to a user who may view its page; null: to nobody.',
  payload: z.object({ alarm_id: AlarmId, user_id: UserId.nullable() }),
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'view',
  decide: ({ alarm_id, user_id }, page, circumstances) =>
    onAlarm({ type: 'AlarmAssigned', data: { alarm_id, user_id } }, page, circumstances, () =>
      user_id !== null && !mayView(user_id, page, circumstances)
        ? notValid('assign_alarm', 'user_id', 'must be a user who may view this page, or null')
        : undefined,
    ),
  done: 'alarm_assigned',
  http: { method: 'POST', path: '/alarms/{alarm_id}/assign', status: 200 },
});

const mayView = (
  userId: string,
  page: Parameters<typeof onAlarm>[1],
  { live }: Parameters<typeof onAlarm>[2],
): boolean => live.users.has(userId) && live.heldOn(page, userId).right !== 'none';

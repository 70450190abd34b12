/** Takes an acknowledgement back: the occurrence is open again. View access is enough for one's own. */
import { z } from 'zod';
import { AlarmId, Comment } from '../../domain/fields.js';
import { refuse } from '../../domain/refusals.js';
import { pageCommand, sealedComment } from '../command.js';
import { onAlarm } from './on-alarm.js';

export const unackAlarm = pageCommand('unack_alarm', {
  summary: "Take back an acknowledgement: one's own, or, with edit access, anybody's.",
  payload: z.object({ alarm_id: AlarmId, comment: Comment.optional() }),
  freeText: 'comment',
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'view',
  decide: ({ alarm_id, comment }, page, circumstances) =>
    onAlarm(
      { type: 'AlarmUnacknowledged', data: { alarm_id, ...sealedComment(comment, circumstances) } },
      page,
      circumstances,
      ({ occurrence }) =>
        occurrence?.ack
          ? undefined
          : refuse('nothing_to_do', 'The alarm is not acknowledged: there is nothing to take back'),
    ),
  done: 'alarm_unacknowledged',
  http: { method: 'POST', path: '/alarms/{alarm_id}/unack', status: 200 },
});

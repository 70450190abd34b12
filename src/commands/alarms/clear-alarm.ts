/** Ends an alarm's occurrence: what it was about is over. View access is enough where one has acknowledged it. */
import { z } from 'zod';
import { AlarmId, Comment } from '../../domain/fields.js';
import { refuse } from '../../domain/refusals.js';
import { pageCommand, sealedComment } from '../command.js';
import { onAlarm } from './on-alarm.js';

export const clearAlarm = pageCommand('clear_alarm', {
  summary: 'End the occurrence of an alarm; the next trigger begins another one.',
  payload: z.object({ alarm_id: AlarmId, comment: Comment.optional() }),
  freeText: 'comment',
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'view',
  decide: ({ alarm_id, comment }, page, circumstances) =>
    onAlarm(
      { type: 'AlarmCleared', data: { alarm_id, ...sealedComment(comment, circumstances) } },
      page,
      circumstances,
      ({ occurrence }) =>
        occurrence ? undefined : refuse('nothing_to_do', 'The alarm has no occurrence: there is nothing to clear'),
    ),
  done: 'alarm_cleared',
  http: { method: 'POST', path: '/alarms/{alarm_id}/clear', status: 200 },
});

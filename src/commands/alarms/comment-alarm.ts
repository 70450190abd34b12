/** Says something about an alarm, for everybody who sees its page. Requires view access. */
import { z } from 'zod';
import { AlarmId, CommentText } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';

export const commentAlarm = pageCommand('comment_alarm', {
  summary: 'Say something about an alarm.',
  payload: z.object({ alarm_id: AlarmId, text: CommentText }),
  freeText: 'text',
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'view',
  decide: ({ alarm_id, text }, page, { seal }) =>
    page.alarms.get(alarm_id) ? { type: 'AlarmCommented', data: { alarm_id, text: seal(text) } } : notFound('alarm'),
  done: 'alarm_commented',
  http: { method: 'POST', path: '/alarms/{alarm_id}/comments', status: 200 },
});

/** Has an alarm's triggers counted quietly for a while, a week at most. Requires edit access. Again: another end. */
import { z } from 'zod';
import { AlarmId, Comment, GivenMoment, MAX_SNOOZE_S, SnoozeS } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { pageCommand, sealedComment } from '../command.js';
import { notValid } from '../payload-errors.js';

export const snoozeAlarm = pageCommand('snooze_alarm', {
  summary:
    'Count the triggers of an alarm quietly, for a time or until a moment. When it ends, the status says what happened.',
  payload: z
    .object({
      alarm_id: AlarmId,
      for_s: SnoozeS.optional().meta({ description: 'In seconds; either this or `until`.' }),
      until: GivenMoment.optional().meta({ description: 'A moment within a week; either this or `for_s`.' }),
      comment: Comment.optional(),
    })
    .refine(({ for_s, until }) => (for_s === undefined) !== (until === undefined), {
      message: 'give for_s, in seconds, or until, a moment: one of them',
    }),
  freeText: 'comment',
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'edit',
  decide: ({ alarm_id, for_s, until, comment }, page, circumstances) => {
    if (!page.alarms.get(alarm_id)) return notFound('alarm');
    const { at } = circumstances;
    const now = Date.parse(at);
    const end = until === undefined ? now + (for_s ?? 0) * 1_000 : Date.parse(until);
    if (end <= now || end > now + MAX_SNOOZE_S * 1_000)
      return notValid('snooze_alarm', 'until', `must be after now, which is ${at}, and within ${MAX_SNOOZE_S} seconds`);
    const data = { alarm_id, until: new Date(end).toISOString(), ...sealedComment(comment, circumstances) };
    return { type: 'AlarmSnoozed', data };
  },
  done: 'alarm_snoozed',
  http: { method: 'POST', path: '/alarms/{alarm_id}/snooze', status: 200 },
});

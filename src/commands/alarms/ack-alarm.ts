/** Acknowledges the triggers of an alarm that the user has seen. Requires view access. A trigger after them stays open. */
import { z } from 'zod';
import { AlarmId, Comment, SeenSeq } from '../../domain/fields.js';
import { acknowledgeable, isOpen } from '../../domain/occurrence.js';
import { notFound, refuse } from '../../domain/refusals.js';
import { pageCommand, sealedComment } from '../command.js';
import { notValid } from '../payload-errors.js';

export const ackAlarm = pageCommand('ack_alarm', {
  summary: 'Acknowledge the triggers of an alarm, as far as one has seen its page.',
  payload: z.object({ alarm_id: AlarmId, upto: SeenSeq, comment: Comment.optional() }),
  freeText: 'comment',
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'view',
  seen: ({ upto }) => upto,
  decide: ({ alarm_id, upto: given, comment }, page, circumstances) => {
    const alarm = page.alarms.get(alarm_id);
    if (!alarm) return notFound('alarm');
    const { occurrence } = alarm;
    if (!occurrence)
      return refuse('nothing_open', 'This alarm has no open occurrence: there is nothing to acknowledge');
    if (given > page.seq) return notValid('ack_alarm', 'upto', `must be a seq of this page, which is at ${page.seq}`);
    const upto = acknowledgeable(occurrence, given);
    if (upto === undefined)
      return refuse(
        'nothing_open',
        `The open occurrence of this alarm began later, at seq ${occurrence.first_seq}: there is nothing to acknowledge up to ${given}`,
      );
    const { ack } = occurrence;
    if (ack && (upto <= ack.upto || !isOpen(occurrence)))
      return refuse('already_acknowledged', `These triggers were acknowledged before, up to seq ${ack.upto}`, {
        by: ack.by,
        at: ack.at,
        upto: ack.upto,
        comment: ack.comment ? circumstances.open(ack.comment) : null,
      });
    return { type: 'AlarmAcknowledged', data: { alarm_id, upto, ...sealedComment(comment, circumstances) } };
  },
  done: 'alarm_acknowledged',
  http: { method: 'POST', path: '/alarms/{alarm_id}/ack', status: 200 },
});

/** The answer to a command whose event was folded, now or before it was sent again. */
import { denied, includes, refusalOnPage, rightFor } from '../../domain/authorization.js';
import { isAlarmEvent } from '../../domain/events.js';
import { notFound, type Refusal } from '../../domain/refusals.js';
import type { Folded } from '../../projections/live-state.js';
import type { Projection } from '../../projections/projection.js';
import type { IdempotencyRecord } from '../../projections/read-model/idempotency-records.js';
import { actionOf } from '../commands.js';
import { leaveTheGroup } from '../pages/leave-page.js';
import { deactivated, reused } from './handler-refusals.js';
import type { Done, Outcome, PendingCommand } from './pending-command.js';

/** `data`: the event's rendering, as JSON. */
export function outcomeOf(folded: Folded, data: string, waiting: PendingCommand, projection: Projection): Outcome {
  const { metadata, revision, position } = folded.recorded;
  if (folded.isVoid) return { kind: 'refused', refusal: whyVoid(folded, waiting, projection) };
  if (metadata.hash !== waiting.identified?.hash) return { kind: 'refused', refusal: reused };
  return {
    kind: 'done',
    command: metadata.command,
    action: actionOf(metadata.command),
    data,
    seq: revision,
    position,
  };
}

/** The answer to a command that took effect before. */
export const doneBefore = ({ command, data, revision, position }: IdempotencyRecord): Done => ({
  kind: 'done',
  command,
  action: actionOf(command),
  data,
  seq: revision,
  position,
});

/** Why the event was invalid at its position in the log, as far as its actor could see at that position. */
function whyVoid({ page, recorded }: Folded, { command, by, key }: PendingCommand, projection: Projection): Refusal {
  const event = isAlarmEvent(recorded.event) ? recorded.event : undefined;
  const alarm = event && page?.alarms.get(event.data.alarm_id);
  if (!projection.live.accounts.isActive(by)) return deactivated;
  if (command.target === 'page') {
    const right = page && !page.deleted ? projection.live.heldOn(page, by).right : 'none';
    const refusal = refusalOnPage(right, command.needs, command.missing);
    if (refusal) return refusal;
    if (!projection.findCommand(key)) {
      if (event && alarm) {
        const needed = rightFor(event, alarm, { by });
        if (!includes(right, needed)) return denied(needed);
      }
      if (command.kind === 'leave_page') return leaveTheGroup;
      if (command.kind === 'share_page') return notFound('group');
    }
  }
  return projection.findCommand(key) ? reused : notFound(command.target === 'group' ? 'group' : 'alarm');
}

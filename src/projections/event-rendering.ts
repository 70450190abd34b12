/**
 * Renders a folded event as JSON, with free text sealed (free-text.ts): the `data` of its message, of its history entry and of the answer
 * to its command. Computed once, immediately after the fold, stored in alarm_events and never changed.
 */
import type { Alarm } from '../domain/alarm.js';
import { deadlineOf } from '../domain/deadlines.js';
import { type AlarmEvent, isAlarmEvent } from '../domain/events.js';
import type { Group } from '../domain/group.js';
import { isOpen } from '../domain/occurrence.js';
import { idOf } from '../domain/streams.js';
import { alarmChangeJson } from '../protocol/alarm-changes.js';
import { acknowledgedPageJson, alarmJson, grantJson, groupView, triggeredJson } from '../protocol/views.js';
import type { Folded, LiveState } from './live-state.js';

export function renderEvent(live: LiveState, { recorded, page, alarm, alarms = [], group, isVoid }: Folded): string {
  if (isVoid) return '{}';
  const { event, stream } = recorded;
  switch (event.type) {
    case 'AlarmTriggered':
      return triggeredJson(alarm!, event.data.price);
    case 'AlarmCreated':
    case 'AlarmUpdated':
    case 'AlarmDeleted':
    case 'AlarmAcknowledged':
    case 'AlarmUnacknowledged':
    case 'AlarmCleared':
    case 'AlarmAssigned':
    case 'AlarmCommented':
    case 'AlarmSnoozed':
    case 'AlarmExpired':
      return alarmJson(alarm!);
    case 'AlarmUnsnoozed':
    case 'AlarmRenotified':
      return toldAgainJson(event, alarm!);
    case 'PageCreated':
    case 'PageRenamed':
    case 'PageDeleted':
    case 'PageTransferred':
      return JSON.stringify({ id: page!.id, name: page!.name, owner_id: page!.owner_id });
    case 'PageAcknowledged':
      return acknowledgedPageJson(page!, live.heldOn(page!, recorded.metadata.by).right, event.data, alarms);
    case 'PageShared':
      return grantJson({ page_id: page!.id, ...event.data });
    case 'PageLeft':
      return grantJson({
        page_id: page!.id,
        subject_type: 'user',
        subject_id: recorded.metadata.by,
        can_view: false,
        can_edit: false,
      });
    case 'GroupCreated':
    case 'GroupRenamed':
    case 'GroupDeleted':
    case 'GroupTransferred':
      return JSON.stringify(groupView(inOrder(group!), (userId) => live.usernameOf(userId)));
    case 'GroupMemberAdded':
    case 'GroupMemberRemoved':
      return JSON.stringify({
        group_id: idOf(stream),
        user_id: event.data.user_id,
        username: live.usernameOf(event.data.user_id),
      });
    case 'UserRegistered':
    case 'PasswordChanged':
    case 'SessionEnded':
    case 'RoleGranted':
    case 'RoleRevoked':
    case 'UserDeactivated':
    case 'UserReactivated':
    case 'PasswordResetIssued':
    case 'SessionStarted':
    case 'AccessTokenCreated':
    case 'AccessTokenDeleted':
    case 'AuditRead':
    case 'UserTextsErased':
    case 'InvitationIssued':
    case 'InvitationUsed':
    case 'CommandDenied':
    case 'DenialsSummarised':
    case 'LogCreated':
    case 'LogRestored':
      return '{}';
  }
}

/** With the last trigger's price, where somebody has to look up: not where a user has ended a snooze, or nothing is open. */
function toldAgainJson(event: AlarmEvent, alarm: Alarm): string {
  const { occurrence } = alarm;
  return occurrence && isOpen(occurrence) && deadlineOf(event)
    ? triggeredJson(alarm, occurrence.price)
    : alarmJson(alarm);
}

/** The group with its members by when they joined, then by id: an order that is the same in every state that was folded or loaded. */
const inOrder = (group: Group): Group => ({
  ...group,
  members: new Map(
    [...group.members].sort(([id, since], [other, then]) =>
      since < then ? -1 : since > then ? 1 : id < other ? -1 : 1,
    ),
  ),
});

/** `change` of an alarm event's message and what belongs to it, as a JSON object; null where its `action` says it, and of other events. */
export const changeOf = ({ recorded: { event }, quiet, isVoid }: Folded): string | null =>
  !isVoid && isAlarmEvent(event) ? alarmChangeJson(event, quiet) : null;

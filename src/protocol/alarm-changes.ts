/** How an alarm_update says what happened: its `action`, which every client knows, and its `change`, which says it precisely. */
import type { QuietCause } from '../domain/alarm.js';
import type { AlarmEvent } from '../domain/events.js';
import type { Sealed } from '../domain/free-text.js';

/** What an alarm_update says more precisely than by its `action`. */
export const alarmChanges = [
  'triggered_quietly',
  'acknowledged',
  'unacknowledged',
  'cleared',
  'assigned',
  'snoozed',
  'unsnoozed',
  'expired',
  'renotified',
  'commented',
] as const;
type AlarmChangeName = (typeof alarmChanges)[number];

/** The `action` of each alarm event's update. */
const alarmActions = {
  AlarmCreated: 'created',
  AlarmUpdated: 'updated',
  AlarmDeleted: 'deleted',
  AlarmTriggered: 'triggered',
  AlarmAcknowledged: 'updated',
  AlarmUnacknowledged: 'updated',
  AlarmCleared: 'updated',
  AlarmAssigned: 'updated',
  AlarmCommented: 'updated',
  AlarmSnoozed: 'updated',
  AlarmUnsnoozed: 'updated',
  AlarmExpired: 'updated',
  AlarmRenotified: 'triggered',
} as const satisfies Readonly<Record<AlarmEvent['type'], string>>;

/** The `action` of an alarm event's update: `triggered` only where somebody has to look up. */
export function alarmAction(type: AlarmEvent['type'], changeJson: string | null, dataJson: string): string {
  if (type === 'AlarmTriggered') return changeJson === null ? 'triggered' : 'updated';
  // Only the end of a snooze that is told has a price.
  if (type === 'AlarmUnsnoozed' && 'price' in (JSON.parse(dataJson) as object)) return 'triggered';
  return alarmActions[type];
}

/** The `change` of each alarm event's update; null where `action` says it. A trigger's depends on whether it is told. */
const changes: Readonly<Record<Exclude<AlarmEvent['type'], 'AlarmTriggered'>, AlarmChangeName | null>> = {
  AlarmCreated: null,
  AlarmUpdated: null,
  AlarmDeleted: null,
  AlarmAcknowledged: 'acknowledged',
  AlarmUnacknowledged: 'unacknowledged',
  AlarmCleared: 'cleared',
  AlarmAssigned: 'assigned',
  AlarmCommented: 'commented',
  AlarmSnoozed: 'snoozed',
  AlarmUnsnoozed: 'unsnoozed',
  AlarmExpired: 'expired',
  AlarmRenotified: 'renotified',
};

/** `change` and what belongs to it, as a JSON object; null where `action` says it. `quiet`: why a trigger is not told. */
export function alarmChangeJson(event: AlarmEvent, quiet: QuietCause | undefined): string | null {
  const { type } = event;
  if (type === 'AlarmUnsnoozed')
    return JSON.stringify({ change: 'unsnoozed', cause: event.data.arm === undefined ? 'user' : 'timer' });
  if (type === 'AlarmRenotified') return JSON.stringify({ change: 'renotified', n: event.data.n });
  if (type === 'AlarmTriggered')
    return quiet === undefined ? null : JSON.stringify({ change: 'triggered_quietly', quiet });
  const change = changes[type];
  if (change === null) return null;
  const { comment, text = comment } = event.data as { readonly comment?: Sealed; readonly text?: Sealed };
  return text ? JSON.stringify({ change, comment: text }) : `{"change":"${change}"}`;
}

export const isAlarmAction = (type: string): type is AlarmEvent['type'] => Object.hasOwn(alarmActions, type);

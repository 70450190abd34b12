/** The required content of a message about an event or a state. Each function returns the differences, as sentences; none means correct. */
import { isDeepStrictEqual } from 'node:util';
import type { AlarmSeen, Message, PageSeen } from './recorded.js';
import type { PageTruth, Right } from './reference-model.js';

const alarmActions: Readonly<Record<string, string>> = {
  AlarmCreated: 'created',
  AlarmUpdated: 'updated',
  AlarmTriggered: 'triggered',
  AlarmDeleted: 'deleted',
  AlarmAcknowledged: 'updated',
  AlarmUnacknowledged: 'updated',
  AlarmCleared: 'updated',
  AlarmAssigned: 'updated',
  AlarmCommented: 'updated',
  AlarmSnoozed: 'updated',
  AlarmUnsnoozed: 'updated',
  AlarmExpired: 'updated',
  AlarmRenotified: 'triggered',
};
const pageActions: Readonly<Record<string, string>> = {
  PageShared: 'shared',
  PageLeft: 'shared',
  PageRenamed: 'renamed',
  PageTransferred: 'transferred',
  PageAcknowledged: 'acknowledged',
};

/** What the actor said, as the message has it. */
const saidIn = ({ text, comment = text }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  comment,
});

/** Fields of `said` that are not as in `right`; others that the server adds do not matter. */
function differs(
  what: string,
  said: Readonly<Record<string, unknown>> | undefined,
  right: Readonly<Record<string, unknown>>,
): string[] {
  if (said === undefined) return [`no ${what}`];
  return Object.entries(right)
    .filter(([field, value]) => !isDeepStrictEqual(said[field], value))
    .map(
      ([field, value]) => `${what}'s ${field} is ${JSON.stringify(said[field])} instead of ${JSON.stringify(value)}`,
    );
}

/** The page at `seq` as one with the right sees it. */
export const pageAs = ({ id, versions }: PageTruth, seq: number, right: Right): PageSeen => ({
  id,
  name: versions[seq]!.name,
  owner_id: versions[seq]!.owner,
  is_owner: right === 'own',
  seq,
  can_edit: right === 'own' || right === 'edit',
  can_share: right === 'own',
});

export const pageDiffers = (reference: PageTruth, seq: number, right: Right, said: PageSeen): string[] =>
  differs('the page', said as unknown as Record<string, unknown>, { ...pageAs(reference, seq, right) });

/** `alarms` in any order: it means nothing. */
export function alarmsDiffer(reference: PageTruth, seq: number, alarms: readonly AlarmSeen[]): string[] {
  const right = reference.versions[seq]!.alarms;
  const said = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  return [
    ...(said.size === alarms.length ? [] : ['an alarm is there twice']),
    ...[...right.values()].flatMap((alarm) =>
      differs(`alarm ${alarm.id}`, said.get(alarm.id) as Record<string, unknown> | undefined, { ...alarm }),
    ),
    ...[...said.keys()].filter((id) => !right.has(id)).map((id) => `alarm ${id} is not on the page`),
  ];
}

/** An update as a viewer with the right gets it. In a `replayed` one, of a resume, the page is as it is now: its own entry says how. */
export function updateDiffers(
  reference: PageTruth,
  seq: number,
  right: Right,
  { type, payload }: Message,
  replayed: boolean,
): string[] {
  const { type: eventType, at, by, data } = reference.events[seq]!;
  const { alarms, isVoid } = reference.versions[seq]!;
  const place = { page_id: reference.id, seq, at, by };
  const plainAction = alarmActions[eventType];
  if (plainAction !== undefined && !isVoid) {
    const id = data['alarm_id'] as string;
    const before = reference.versions[seq - 1]!.alarms.get(id);
    const after = (alarms.get(id) ?? before)!;
    // A snoozed alarm's triggers are told quietly; the end of a snooze by itself is told where the alarm is open.
    const isQuiet = eventType === 'AlarmTriggered' && before?.status?.snoozed !== undefined;
    const isTold = eventType === 'AlarmUnsnoozed' && data['arm'] !== undefined && after.status?.state === 'open';
    const action = isQuiet ? 'updated' : isTold ? 'triggered' : plainAction;
    const price = action === 'triggered' || isQuiet ? { price: data['price'] ?? after.status?.price } : {};
    const alarm = { ...after, ...price };
    return [
      ...(type === 'alarm_update' ? [] : [`it is a ${type}`]),
      ...differs('the update', payload, { ...place, action, alarm_id: id }),
      ...differs('data', payload.data, alarm),
      ...differs('the update', payload, saidIn(data)),
    ];
  }
  const granted =
    eventType === 'PageLeft' ? { subject_type: 'user', subject_id: by, can_view: false, can_edit: false } : data;
  const share =
    right === 'own' && (eventType === 'PageShared' || eventType === 'PageLeft') && !isVoid
      ? { page_id: reference.id, ...granted }
      : undefined;
  return [
    ...(type === 'page_update' ? [] : [`it is a ${type}`]),
    ...differs('the update', payload, { ...place, action: isVoid ? 'void' : pageActions[eventType] }),
    ...(eventType === 'PageAcknowledged' && !isVoid && !replayed
      ? differs('the update', payload, { upto: data['upto'], ...saidIn(data) })
      : []),
    ...(replayed ? [] : pageDiffers(reference, seq, right, payload.page)),
    ...(share
      ? differs('share', payload.share, share)
      : payload.share === undefined
        ? []
        : ['it shows a grant that the viewer may not see']),
  ];
}

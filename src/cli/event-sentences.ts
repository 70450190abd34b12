/** Events as sentences for people: who did what, to which page and alarm, by the names of that moment. */
import { SYSTEM_ID } from '../domain/authorization.js';
import type { AlarmEvent, GroupEvent, Metadata, PageEvent, UserEvent } from '../domain/events.js';
import { isAlarmEvent, isGroupEvent, isPageEvent, isUserEvent } from '../domain/events.js';
import { idOf } from '../domain/streams.js';
import type { Folded, LiveState } from '../projections/live-state.js';

type Settings = Extract<AlarmEvent, { type: 'AlarmCreated' | 'AlarmUpdated' }>['data'];

/**
 * One line. `folded`: as the fold that has just taken the event returned it. `nameBefore`: of the page or the group of the event's stream,
 * before the fold.
 */
export function eventSentence(live: LiveState, folded: Folded, nameBefore: string | undefined): string {
  const { recorded, isVoid } = folded;
  return `${actor(live, recorded.metadata)} ${deed(live, folded, nameBefore)}${isVoid ? ' (void: it was without effect)' : ''}`;
}

/** What a terminal would obey or turn around is written as its code. */
export const printable = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const quoted = (text: string): string => `"${printable(text.replace(/["\\]/g, '\\$&'))}"`;

const person = (live: LiveState, id: string): string => printable(live.usernameOf(id)) || `the user ${printable(id)}`;

function actor(live: LiveState, { by, via }: Metadata): string {
  if (by !== SYSTEM_ID) return person(live, by);
  return via === 'admin' ? "the administrator on the server's machine" : 'the server';
}

function deed(live: LiveState, folded: Folded, nameBefore: string | undefined): string {
  const { event, stream, metadata } = folded.recorded;
  if (isAlarmEvent(event)) return `${alarmDeed(live, event, folded)}${onPage(folded)}`;
  if (isPageEvent(event)) return pageDeed(live, event, folded, nameBefore);
  if (isGroupEvent(event)) return groupDeed(live, event, folded, nameBefore);
  if (isUserEvent(event)) return userDeed(live, event, idOf(stream), metadata.by);
  switch (event.type) {
    case 'UserRegistered':
      return `registered as ${quoted(event.data.username)}`;
    case 'InvitationIssued':
      return `issued an invitation that is valid until ${event.data.until}`;
    case 'InvitationUsed':
      return `registered with an invitation`;
    case 'CommandDenied':
      return `was refused ${printable(event.data.what)} (${printable(event.data.code)})${event.data.target === null ? '' : `, about ${printable(event.data.target)}`}`;
    case 'DenialsSummarised': {
      const count = event.data.users.reduce((sum, one) => sum + one.count, event.data.others);
      return `counted ${count} more refusals from ${event.data.from} to ${event.data.until}`;
    }
    case 'LogCreated':
      return `began the log ${printable(event.data.log_id)}`;
    case 'LogRestored':
      return `restored the log ${printable(event.data.previous)}: it is the log ${printable(event.data.log_id)} from here on`;
  }
}

const onPage = ({ page }: Folded): string => (page ? ` on the page ${quoted(page.name)}` : '');

function alarmName({ alarm }: Folded, id: string): string {
  if (!alarm) return `the alarm ${printable(id)}`;
  return `the alarm ${quoted([alarm.ticker, alarm.option, alarm.condition].filter(Boolean).join(' · '))}`;
}

function alarmDeed(live: LiveState, { type, data }: AlarmEvent, folded: Folded): string {
  const alarm = alarmName(folded, data.alarm_id);
  switch (type) {
    case 'AlarmCreated':
      return `created ${alarm}${settings(data)}`;
    case 'AlarmUpdated':
      return `changed ${alarm}${settings(data)}`;
    case 'AlarmTriggered':
      return `triggered ${alarm} at ${data.price}${quietly(folded)}`;
    case 'AlarmDeleted':
      return `deleted ${alarm}`;
    case 'AlarmAcknowledged':
      return `acknowledged ${alarm} as far as its trigger ${data.upto}`;
    case 'AlarmUnacknowledged':
      return `took back the acknowledgement of ${alarm}`;
    case 'AlarmCleared':
      return `cleared ${alarm}`;
    case 'AlarmCommented':
      return `commented on ${alarm}`;
    case 'AlarmAssigned':
      return data.user_id === null
        ? `took ${alarm} out of everybody's hands`
        : `assigned ${alarm} to ${person(live, data.user_id)}`;
    case 'AlarmSnoozed':
      return `snoozed ${alarm} until ${data.until}`;
    case 'AlarmUnsnoozed':
      return `ended the snooze of ${alarm}`;
    case 'AlarmExpired':
      return `switched ${alarm} off, which has expired`;
    case 'AlarmRenotified':
      return `told ${alarm} again, for the ${data.n}. time, because it is still open`;
  }
}

const quietly = ({ quiet }: Folded): string =>
  quiet === undefined ? '' : quiet === 'snoozed' ? ' (quietly: it is snoozed)' : ' (quietly: it cools down)';

/** What was given or changed, besides what the alarm is called by. */
function settings(data: Settings): string {
  const { alarm_id: _named, ...given } = data;
  return said(given);
}

const isSealed = (value: unknown): boolean => typeof value === 'object' && value !== null && 'sealed' in value;

/** Fields with their values. */
function said(fields: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const each = given.map(([field, value]) =>
    isSealed(value) ? `${printable(field)} encrypted` : `${printable(field)} ${printable(JSON.stringify(value))}`,
  );
  return each.length === 0 ? '' : ` (${each.join(', ')})`;
}

function pageDeed(
  live: LiveState,
  event: Exclude<PageEvent, AlarmEvent>,
  { page, recorded, formerOwner }: Folded,
  nameBefore: string | undefined,
): string {
  const name = `the page ${quoted(page?.name ?? idOf(recorded.stream))}`;
  switch (event.type) {
    case 'PageCreated':
      return `created ${name}`;
    case 'PageRenamed':
      return `renamed the page ${quoted(nameBefore ?? idOf(recorded.stream))} to ${quoted(event.data.name)}`;
    case 'PageDeleted':
      return `deleted ${name}`;
    case 'PageShared': {
      const { can_edit, can_view, subject_type, subject_id } = event.data;
      const subject =
        subject_type === 'user'
          ? person(live, subject_id)
          : `the group ${quoted(live.groups.get(subject_id)?.name ?? subject_id)}`;
      if (!can_view && !can_edit) return `took from ${subject} the right to see ${name}`;
      return `gave ${subject} the right to ${can_edit ? 'edit' : 'view'} ${name}`;
    }
    case 'PageLeft':
      return `left ${name}`;
    case 'PageTransferred':
      return `gave ${name} to ${person(live, event.data.owner_id)}${formerly(live, formerOwner, 'who may go on editing it', event.data.keep)}`;
    case 'PageAcknowledged':
      return `acknowledged all that was open on ${name}, as far as its event ${event.data.upto}`;
  }
}

const formerly = (live: LiveState, owner: string | undefined, kept: string, keep: boolean): string =>
  owner === undefined ? '' : `; before, its owner was ${person(live, owner)}${keep ? `, ${kept}` : ''}`;

function groupDeed(
  live: LiveState,
  event: GroupEvent,
  { group, recorded, formerOwner }: Folded,
  nameBefore: string | undefined,
): string {
  const id = idOf(recorded.stream);
  const name = `the group ${quoted(group?.name ?? nameBefore ?? id)}`;
  switch (event.type) {
    case 'GroupCreated':
      return `created ${name}`;
    case 'GroupMemberAdded':
      return `added ${person(live, event.data.user_id)} to ${name}`;
    case 'GroupMemberRemoved':
      return `removed ${person(live, event.data.user_id)} from ${name}`;
    case 'GroupRenamed':
      return `renamed the group ${quoted(nameBefore ?? id)} to ${quoted(event.data.name)}`;
    case 'GroupDeleted':
      return `deleted ${name}`;
    case 'GroupTransferred':
      return `gave ${name} to ${person(live, event.data.owner_id)}${formerly(live, formerOwner, 'who is still a member', event.data.keep)}`;
  }
}

function userDeed(live: LiveState, event: UserEvent, userId: string, by: string): string {
  const user = person(live, userId);
  const [their, of] = userId === by ? ['their', ''] : ['the', ` of ${user}`];
  switch (event.type) {
    case 'PasswordChanged':
      return `changed ${their} password${of}`;
    case 'SessionStarted':
      return userId === by ? 'signed in' : `signed ${user} in`;
    case 'SessionEnded':
      return userId === by ? 'ended a session of their own' : `ended a session of ${user}`;
    case 'RoleGranted':
      return `gave ${user} the role ${event.data.role}`;
    case 'RoleRevoked':
      return `took from ${user} the role ${event.data.role}`;
    case 'UserDeactivated':
      return `deactivated ${user}`;
    case 'UserReactivated':
      return `reactivated ${user}`;
    case 'PasswordResetIssued':
      return `issued a code with which ${user} may set another password until ${event.data.until}`;
    case 'AccessTokenCreated':
      return `created the access token ${quoted(event.data.name)}${of}, which may ${event.data.can.join(', ')} until ${event.data.until}`;
    case 'AccessTokenDeleted':
      return `deleted the access token ${printable(event.data.token_id)}${of}`;
    case 'UserTextsErased':
      return `erased all comments and notes${of}`;
    case 'AuditRead':
      return `read ${printable(event.data.what)} as an auditor${said(event.data.range)}`;
  }
}

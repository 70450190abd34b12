/**
 * Collects the rows that folded events have changed, and reads them from the live state when a change set is due: an alarm that was
 * triggered a thousand times since the last change set is written once.
 */
import type { Role, SubjectType } from '../../domain/fields.js';
import { idOf } from '../../domain/streams.js';
import { eventDigest } from '../../log/event-codec.js';
import type { Folded, LiveState } from '../live-state.js';
import { pushAccessChanges } from './access-changes.js';
import { accessTokenRow, accessTokensTable } from './access-tokens.js';
import { accountStateRow, accountStatesTable } from './account-states.js';
import { acknowledgedAlarmRows, acknowledgedAlarmsTable } from './acknowledged-alarms.js';
import { type HistoryEntry, pushAlarmEvent } from './alarm-events.js';
import { alarmRow, alarmsTable } from './alarms.js';
import type { ChangeSet } from './change-set.js';
import { denialRow, denialsTable } from './denials.js';
import { groupRow, groupsTable, userGroupsTable } from './groups.js';
import { type IdempotencyRecord, pushIdempotencyRecord } from './idempotency-records.js';
import { pushMoment } from './moments.js';
import { occurrenceRow, occurrencesTable, pushEndedOccurrences } from './occurrences.js';
import { pagePermissionsTable, pageRow, pagesTable, permissionRow } from './pages.js';
import { optionally, rowChanges, rowsById } from './row-changes.js';
import { endedSessionRow, endedSessionsTable, passwordChangeRow, passwordChangesTable } from './sessions.js';
import { startedSessionRow, startedSessionsTable } from './started-sessions.js';
import type { Cell, Row } from './table.js';
import { textKeyRow, textKeysTable } from './text-keys.js';
import { userRoleRow, userRolesTable } from './user-roles.js';
import { userRow, usersTable } from './users.js';

export class DirtyRows {
  readonly #live: LiveState;
  readonly #users = new Set<string>();
  readonly #groups = new Set<string>();
  readonly #members = new Map<string, readonly [group: string, user: string]>();
  readonly #pages = new Set<string>();
  readonly #grants = new Map<string, readonly [page: string, type: SubjectType, subject: string]>();
  readonly #alarms = new Set<string>();
  readonly #endedSessions = new Set<string>();
  readonly #passwordChanges = new Set<string>();
  readonly #startedSessions = new Set<string>();
  readonly #accountStates = new Set<string>();
  readonly #accessTokens = new Set<string>();
  readonly #textKeys = new Set<string>();
  readonly #userRoles = new Map<string, readonly [user: string, role: Role]>();
  #acknowledgedAlarms: Row[] = [];
  #denials: Row[] = [];
  #endedOccurrences: Row[] = [];
  #alarmEvents: Cell[] = [];
  #accessChanges: Cell[] = [];
  #moments: Cell[] = [];
  #commands: Cell[] = [];
  #last: Folded['recorded'] | undefined;
  #events = 0;

  constructor(live: LiveState) {
    this.#live = live;
  }

  /** Cells of alarm_events collected since the last change set. */
  get alarmEvents(): readonly Cell[] {
    return this.#alarmEvents;
  }

  /** Cells of access_changes collected since the last change set. */
  get accessChanges(): readonly Cell[] {
    return this.#accessChanges;
  }

  /** Events collected since the last change set. */
  get events(): number {
    return this.#events;
  }

  /** `entry`: of an event of a page, its row in alarm_events. */
  note(folded: Folded, entry: HistoryEntry | undefined, command: IdempotencyRecord | undefined): void {
    this.#last = folded.recorded;
    this.#events += 1;
    pushMoment(this.#moments, this.#live.events - 1, this.#live.time.newestAt, folded.recorded.position);
    const { page } = folded;
    const { event, stream } = folded.recorded;
    if (command) pushIdempotencyRecord(this.#commands, command, page !== undefined, this.#live.time.passedMs);
    if (page && entry) {
      pushAlarmEvent(this.#alarmEvents, page.id, entry);
      this.#pages.add(page.id);
    }
    if (folded.isVoid) {
      if (this.#live.groups.has(idOf(stream))) this.#groups.add(idOf(stream));
      return;
    }
    pushAccessChanges(this.#accessChanges, folded, this.#live);
    if (folded.author !== undefined) this.#textKeys.add(folded.author);
    pushEndedOccurrences(this.#endedOccurrences, folded);
    switch (event.type) {
      case 'AlarmCreated':
      case 'AlarmUpdated':
      case 'AlarmTriggered':
      case 'AlarmDeleted':
      case 'AlarmAcknowledged':
      case 'AlarmUnacknowledged':
      case 'AlarmCleared':
      case 'AlarmAssigned':
      case 'AlarmCommented':
      case 'AlarmSnoozed':
      case 'AlarmUnsnoozed':
      case 'AlarmExpired':
      case 'AlarmRenotified':
        this.#alarms.add(event.data.alarm_id);
        return;
      case 'PageAcknowledged':
        for (const alarm of folded.alarms ?? []) this.#alarms.add(alarm.id);
        this.#acknowledgedAlarms.push(...acknowledgedAlarmRows(folded, this.#live));
        return;
      case 'PageShared':
        if (page) this.#noteGrant(page.id, event.data.subject_type, event.data.subject_id);
        return;
      case 'PageLeft':
        if (page) this.#noteGrant(page.id, 'user', folded.recorded.metadata.by);
        return;
      case 'PageTransferred':
        if (!page) return;
        for (const user of [page.owner_id, folded.formerOwner]) if (user) this.#noteGrant(page.id, 'user', user);
        return;
      case 'PageDeleted': {
        if (!page) return;
        for (const alarm of page.alarms.keys()) this.#alarms.add(alarm);
        for (const type of ['user', 'group'] as const)
          for (const subject of page.grants[type].keys()) this.#noteGrant(page.id, type, subject);
        return;
      }
      case 'GroupCreated':
        return this.#noteMember(idOf(stream), event.data.owner_id);
      case 'GroupMemberAdded':
      case 'GroupMemberRemoved':
        return this.#noteMember(idOf(stream), event.data.user_id);
      case 'GroupTransferred':
        for (const user of [event.data.owner_id, folded.formerOwner]) if (user) this.#noteMember(idOf(stream), user);
        return;
      case 'GroupDeleted':
        this.#groups.add(idOf(stream));
        for (const user of folded.group?.members.keys() ?? []) this.#noteMember(idOf(stream), user);
        for (const pageId of folded.unshared ?? []) this.#noteGrant(pageId, 'group', idOf(stream));
        return;
      case 'GroupRenamed':
        return void this.#groups.add(idOf(stream));
      case 'CommandDenied':
      case 'DenialsSummarised':
        return void this.#denials.push(denialRow(folded.recorded, event));
      case 'UserRegistered':
        this.#users.add(event.data.user_id);
        if (folded.recorded.metadata.by !== event.data.user_id) this.#accountStates.add(event.data.user_id);
        return;
      case 'SessionEnded':
        for (const id of [event.data.session_id, ...(folded.forgotten ?? [])]) this.#endedSessions.add(id);
        return this.#noteDroppedSessions(folded);
      case 'SessionStarted':
        this.#startedSessions.add(event.data.session_id);
        this.#accountStates.add(idOf(stream));
        return this.#noteDroppedSessions(folded);
      case 'AccessTokenCreated':
      case 'AccessTokenDeleted':
        for (const id of [event.data.token_id, ...(folded.droppedTokens ?? [])]) this.#accessTokens.add(id);
        return;
      case 'UserDeactivated':
      case 'UserReactivated':
      case 'PasswordResetIssued':
        this.#accountStates.add(idOf(stream));
        return;
      case 'UserTextsErased':
        this.#textKeys.add(idOf(stream));
        return;
      case 'PasswordChanged':
        this.#passwordChanges.add(idOf(stream));
        return this.#noteDroppedSessions(folded);
      case 'RoleGranted':
      case 'RoleRevoked':
        this.#userRoles.set(`${idOf(stream)} ${event.data.role}`, [idOf(stream), event.data.role]);
        return;
      case 'PageCreated':
      case 'PageRenamed':
      case 'LogCreated':
      case 'LogRestored':
      case 'AuditRead':
      case 'InvitationIssued':
      case 'InvitationUsed':
        return;
      default:
        event satisfies never;
    }
  }

  /** All rows collected since the last call, in their current state; undefined if there are none. */
  take(): ChangeSet | undefined {
    if (!this.#last) return undefined;
    const { users, groups, pages, endedSessions, startedSessions, roles, accounts, accessTokens, textKeys, time } =
      this.#live;
    const changes: ChangeSet = {
      last: { position: this.#last.position, id: this.#last.id, digest: eventDigest(this.#last) },
      newestAt: time.newestAt,
      passedMs: time.passedMs,
      events: this.#live.events,
      rows: {
        [usersTable.name]: rowsById(this.#users, users, (_id, user) => userRow(user)),
        [groupsTable.name]: rowsById(this.#groups, groups, (_id, group) => groupRow(group)),
        [userGroupsTable.name]: rowChanges(
          this.#members.values(),
          ([group, user]) => optionally(groups.get(group)?.members.get(user), (since) => [group, user, since]),
          (key) => key,
        ),
        [pagesTable.name]: rowsById(this.#pages, pages, (_id, page) => pageRow(page)),
        [pagePermissionsTable.name]: rowChanges(
          this.#grants.values(),
          ([page, type, subject]) =>
            optionally(pages.get(page)?.grants[type].get(subject), (grant) =>
              permissionRow(page, type, subject, grant),
            ),
          (key) => key,
        ),
        [alarmsTable.name]: rowChanges(
          this.#alarms,
          (id) => optionally(this.#live.pageOfAlarm(id)?.alarms.get(id), alarmRow),
          (id) => [id],
        ),
        [occurrencesTable.name]: { upserts: [...this.#endedOccurrences, ...this.#currentOccurrences()], removals: [] },
        [acknowledgedAlarmsTable.name]: { upserts: this.#acknowledgedAlarms, removals: [] },
        [denialsTable.name]: { upserts: this.#denials, removals: [] },
        [endedSessionsTable.name]: rowsById(this.#endedSessions, endedSessions.ended, endedSessionRow),
        [passwordChangesTable.name]: rowsById(this.#passwordChanges, endedSessions.changes, passwordChangeRow),
        [startedSessionsTable.name]: rowsById(this.#startedSessions, startedSessions.sessions, startedSessionRow),
        [accountStatesTable.name]: rowsById(this.#accountStates, accounts.states, accountStateRow),
        [accessTokensTable.name]: rowsById(this.#accessTokens, accessTokens, (_id, token) => accessTokenRow(token)),
        [textKeysTable.name]: rowsById(this.#textKeys, textKeys.states, textKeyRow),
        [userRolesTable.name]: rowChanges(
          this.#userRoles.values(),
          ([user, role]) => optionally(roles.granted.get(user)?.get(role), (grant) => userRoleRow(user, role, grant)),
          (key) => key,
        ),
      },
      alarmEvents: this.#alarmEvents,
      accessChanges: this.#accessChanges,
      moments: this.#moments,
      commands: this.#commands,
    };
    for (const noted of [
      this.#users,
      this.#groups,
      this.#members,
      this.#pages,
      this.#grants,
      this.#alarms,
      this.#endedSessions,
      this.#passwordChanges,
      this.#userRoles,
      this.#startedSessions,
      this.#accountStates,
      this.#accessTokens,
      this.#textKeys,
    ])
      noted.clear();
    this.#acknowledgedAlarms = [];
    this.#denials = [];
    this.#endedOccurrences = [];
    this.#alarmEvents = [];
    this.#accessChanges = [];
    this.#moments = [];
    this.#commands = [];
    this.#last = undefined;
    this.#events = 0;
    return changes;
  }

  *#currentOccurrences(): Generator<Row> {
    for (const id of this.#alarms) {
      const alarm = this.#live.pageOfAlarm(id)?.alarms.get(id);
      const row = alarm && occurrenceRow(alarm);
      if (row) yield row;
    }
  }

  #noteDroppedSessions({ droppedSessions = [] }: Folded): void {
    for (const id of droppedSessions) this.#startedSessions.add(id);
  }

  #noteGrant(page: string, type: SubjectType, subject: string): void {
    this.#grants.set(`${page} ${type} ${subject}`, [page, type, subject]);
  }

  #noteMember(group: string, user: string): void {
    this.#groups.add(group);
    this.#members.set(`${group} ${user}`, [group, user]);
  }
}

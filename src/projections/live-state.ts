/**
 * The state that decisions and pushes need, in memory: users, groups, pages with their alarms and grants, and the indexes for
 * 'which pages may this user see'. Its size depends on what exists, not on the length of the history.
 *
 * It changes only through `fold`. The read models are written from it, so memory and tables result from the same fold.
 */

import { AccessTokens } from '../domain/access-tokens.js';
import { AccountStates } from '../domain/account-states.js';
import { type Alarm, type QuietCause, quietCause } from '../domain/alarm.js';
import { type Held, heldOn, isValidEvent, type Right } from '../domain/authorization.js';
import { EndedSessions } from '../domain/ended-sessions.js';
import { type GroupEvent, isPageEvent, isUserEvent, type PageEvent } from '../domain/events.js';
import type { SubjectType } from '../domain/fields.js';
import type { Group } from '../domain/group.js';
import { lookAlikeKey } from '../domain/look-alikes.js';
import type { Occurrence } from '../domain/occurrence.js';
import { alarmsAcknowledged, evolve, type LivePage, newPage, type Page } from '../domain/page.js';
import { StartedSessions } from '../domain/started-sessions.js';
import { idOf } from '../domain/streams.js';
import { TextKeys, textOf } from '../domain/text-keys.js';
import { UserRoles } from '../domain/user-roles.js';
import type { RecordedEvent } from '../log/event-log.js';
import { isAssigned } from './assignments.js';
import { LiveGroups } from './live-groups.js';
import { requireNext } from './missing-events.js';
import { PageOwners } from './page-owners.js';
import { SetIndex } from './set-index.js';
import { bytesOfAlarms, SharedBytes } from './shared-bytes.js';
import { SteadyTime } from './steady-time.js';
import { type FoldedUser, foldUser } from './user-fold.js';

export interface User {
  readonly id: string;
  readonly username: string;
  /** The stream of the username: one per name, whatever its spelling. */
  readonly name_stream: string;
  readonly created_at: string;
}

/** An event as it came out of the fold. */
export interface Folded extends FoldedUser {
  readonly recorded: RecordedEvent;
  /** The page of a page event, after the event; a deleted page as it was before. */
  readonly page?: LivePage;
  /** The alarm of an alarm event, after the event; a deleted alarm as it was before. */
  readonly alarm?: Alarm;
  /** Of an acknowledgement of the whole page: the alarms that it changed, after it. */
  readonly alarms?: readonly Alarm[];
  /** The alarm's occurrence that is over by this event: cleared, or followed by another one. */
  readonly ended?: Occurrence;
  /** Of a trigger that was recorded and counted without being told: why. */
  readonly quiet?: QuietCause;
  /** Whose text keys (text-keys.ts) have another state now, because the event has their text. */
  readonly author?: string;
  /** The group of a group event, after it; a deleted one as it was. */
  readonly group?: Group;
  /** Of a transfer: the owner of the page or the group before it. */
  readonly formerOwner?: string;
  /** Of a deleted group: ids of the pages that were shared with it. */
  readonly unshared?: readonly string[];
  /** True if the log's order made the event void: it changed nothing but its page's seq. */
  readonly isVoid: boolean;
}

export class LiveState {
  readonly users = new Map<string, User>();
  readonly pages = new Map<string, LivePage>();
  readonly endedSessions = new EndedSessions();
  readonly startedSessions = new StartedSessions();
  readonly accessTokens = new AccessTokens();
  readonly roles = new UserRoles();
  readonly accounts = new AccountStates();
  readonly textKeys = new TextKeys();
  readonly sharedBytes = new SharedBytes();
  /** The time that has passed in the log, and its newest `at`. */
  readonly time: SteadyTime;
  readonly #userOfName = new Map<string, string>();
  /** User ids by the key of names that look alike. */
  readonly #usersByLookAlikeKey = new Map<string, string[]>();
  readonly #pageOfAlarm = new Map<string, string>();
  readonly #groups = new LiveGroups();
  readonly #owners = new PageOwners();
  readonly #pagesGranted: Readonly<Record<SubjectType, SetIndex>> = { user: new SetIndex(), group: new SetIndex() };

  /** Number of events that it was folded from. */
  events: number;

  constructor(time = new SteadyTime(), events = 0) {
    this.time = time;
    this.events = events;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#groups.byId;
  }

  /** The user who has the name whose stream this is. */
  userNamed(nameStream: string): User | undefined {
    const id = this.#userOfName.get(nameStream);
    return id === undefined ? undefined : this.users.get(id);
  }

  /** The user's name; '' if there is no such user. */
  usernameOf(userId: string): string {
    return this.users.get(userId)?.username ?? '';
  }

  /** Other users whose names look like this user's. */
  lookAlikesOf({ id, username }: User): User[] {
    return (this.#usersByLookAlikeKey.get(lookAlikeKey(username)) ?? [])
      .filter((other) => other !== id)
      .map((other) => this.users.get(other)!);
  }

  pageOfAlarm(alarmId: string): LivePage | undefined {
    const id = this.#pageOfAlarm.get(alarmId);
    return id === undefined ? undefined : this.pages.get(id);
  }

  groupsOf(userId: string): ReadonlySet<string> {
    return this.#groups.of(userId);
  }

  pagesOwnedBy(userId: string): ReadonlySet<string> {
    return this.#owners.pagesOf(userId);
  }

  /** Number of alarms on the pages that the user owns. */
  alarmsOwnedBy(userId: string): number {
    return this.#owners.alarmsOf(userId);
  }

  groupsOwnedBy(userId: string): ReadonlySet<string> {
    return this.#groups.ownedBy(userId);
  }

  /** Ids of the pages on which the subject holds a grant. */
  pagesGrantedTo(type: SubjectType, id: string): ReadonlySet<string> {
    return this.#pagesGranted[type].of(id);
  }

  heldOn(page: Page, userId: string): Held {
    return heldOn(page, userId, this.groupsOf(userId));
  }

  /** The rights of a deactivated user are kept, and none of them counts. */
  #rightOf(userId: string, page: Page): Right {
    return this.accounts.isActive(userId) ? this.heldOn(page, userId).right : 'none';
  }

  /** Ids of the pages the user may see: their own, those granted to them, those granted to their groups. */
  pageIdsVisibleTo(userId: string): Set<string> {
    const ids = new Set(this.#owners.pagesOf(userId));
    for (const id of this.#pagesGranted.user.of(userId)) ids.add(id);
    for (const group of this.groupsOf(userId)) for (const id of this.#pagesGranted.group.of(group)) ids.add(id);
    return ids;
  }

  /** The same pages, ordered by name. */
  pagesVisibleTo(userId: string): LivePage[] {
    const pages = Array.from(this.pageIdsVisibleTo(userId), (id) => this.pages.get(id)!);
    return pages.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1));
  }

  /** Folds one event. `isReuse`: the event's command id was used for another command before. */
  fold(recorded: RecordedEvent, isReuse = false): Folded {
    const { event } = recorded;
    requireNext(this, recorded);
    this.time.advance(recorded.metadata.at);
    this.events += 1;
    if (isReuse) return this.#foldVoid(recorded);
    switch (event.type) {
      case 'LogCreated':
      case 'LogRestored':
      case 'InvitationIssued':
      case 'InvitationUsed':
      case 'CommandDenied':
      case 'DenialsSummarised':
        return { recorded, isVoid: false };
      case 'UserRegistered':
        this.addUser({
          id: event.data.user_id,
          username: event.data.username,
          name_stream: recorded.stream,
          created_at: recorded.metadata.at,
        });
        this.accounts.fold(event.data.user_id, event, recorded.metadata);
        return { recorded, isVoid: false };
      case 'GroupCreated':
      case 'GroupMemberAdded':
      case 'GroupMemberRemoved':
      case 'GroupRenamed':
      case 'GroupDeleted':
      case 'GroupTransferred':
        return this.#foldGroup(recorded, event);
      default:
        if (isPageEvent(event)) return this.#foldPage(recorded, event);
        if (isUserEvent(event)) return { recorded, ...foldUser(this, recorded, event, this.time.passedMs) };
        event satisfies never;
        throw new Error(
          `The log contains an event that this version does not know: ${recorded.event.type} at position ${recorded.position}. No later event was read; start a version that knows it.`,
        );
    }
  }

  addUser(user: User): void {
    this.users.set(user.id, user);
    this.#userOfName.set(user.name_stream, user.id);
    const drawn = lookAlikeKey(user.username);
    const others = this.#usersByLookAlikeKey.get(drawn);
    if (!others) this.#usersByLookAlikeKey.set(drawn, [user.id]);
    else if (!others.includes(user.id)) others.push(user.id);
  }

  addGroup(group: Group): void {
    this.#groups.add(group);
  }

  addPage(page: LivePage): void {
    this.pages.set(page.id, page);
    this.#owners.add(page);
    for (const type of ['user', 'group'] as const)
      for (const id of page.grants[type].keys()) this.#pagesGranted[type].add(id, page.id);
    for (const alarm of page.alarms.keys()) this.#pageOfAlarm.set(alarm, page.id);
    page.bytes = bytesOfAlarms(page);
    this.sharedBytes.added(page);
  }

  #removePage(page: LivePage): void {
    this.pages.delete(page.id);
    this.#owners.remove(page);
    for (const type of ['user', 'group'] as const)
      for (const id of page.grants[type].keys()) this.#pagesGranted[type].remove(id, page.id);
    for (const alarm of page.alarms.keys()) this.#pageOfAlarm.delete(alarm);
    this.sharedBytes.removed(page);
  }

  #foldVoid(recorded: RecordedEvent): Folded {
    const id = idOf(recorded.stream);
    const group = this.groups.get(id);
    if (group) group.revision = recorded.revision;
    const page = this.pages.get(id);
    if (!page) return { recorded, isVoid: true };
    page.seq = recorded.revision;
    return { recorded, page, isVoid: true };
  }

  #foldGroup(recorded: RecordedEvent, event: GroupEvent): Folded {
    // A creation counts: void, it would block its id for the command that is sent again after a reactivation.
    if (event.type !== 'GroupCreated' && !this.accounts.isActive(recorded.metadata.by)) return this.#foldVoid(recorded);
    const folded = this.#groups.fold(recorded, event, isAssigned(this, recorded.metadata, event));
    if (!folded) return this.#foldVoid(recorded);
    if (event.type !== 'GroupDeleted') return { recorded, ...folded, isVoid: false };
    const { id } = folded.group;
    const unshared = [...this.pagesGrantedTo('group', id)];
    for (const page of unshared.map((pageId) => this.pages.get(pageId))) {
      page?.grants.group.delete(id);
      if (page) this.#indexGrant(page, 'group', id);
    }
    return { recorded, ...folded, unshared, isVoid: false };
  }

  #foldPage(recorded: RecordedEvent, event: PageEvent): Folded {
    const id = idOf(recorded.stream);
    if (event.type === 'PageCreated') {
      const page = newPage(id, event.data.name, event.data.owner_id);
      this.addPage(page);
      return { recorded, page, isVoid: false };
    }
    const page = this.pages.get(id);
    if (!page) return { recorded, isVoid: true };
    const before = 'alarm_id' in event.data ? page.alarms.get(event.data.alarm_id) : undefined;
    const right = isAssigned(this, recorded.metadata, event) ? 'own' : this.#rightOf(recorded.metadata.by, page);
    if (!isValidEvent(page, event, recorded.metadata, right, before, (group) => this.groups.has(group)))
      return this.#foldVoid(recorded);
    const formerOwner = page.owner_id;
    const bytesBefore = page.bytes;
    const quiet =
      event.type === 'AlarmTriggered' && (before?.settings || before?.snoozed)
        ? quietCause(before, recorded.metadata.at)
        : undefined;
    const alarms =
      event.type === 'PageAcknowledged' ? alarmsAcknowledged(page, event.data, recorded.metadata) : undefined;
    evolve(page, event, recorded.metadata);
    this.sharedBytes.grew(page, bytesBefore);
    const text = textOf(event);
    const author = text && this.textKeys.written(text);
    if (alarms) {
      const after = alarms.map((alarm) => page.alarms.get(alarm.id) ?? alarm);
      return { recorded, page, alarms: after, isVoid: false, ...(author !== undefined && { author }) };
    }
    if (event.type === 'AlarmCreated') {
      this.#pageOfAlarm.set(event.data.alarm_id, id);
      if (!before) this.#owners.countAlarms(page.owner_id, 1);
    } else if (event.type === 'AlarmDeleted') {
      this.#pageOfAlarm.delete(event.data.alarm_id);
      this.#owners.countAlarms(page.owner_id, -1);
    } else if (event.type === 'PageShared') this.#indexGrant(page, event.data.subject_type, event.data.subject_id);
    else if (event.type === 'PageLeft') this.#indexGrant(page, 'user', recorded.metadata.by);
    else if (event.type === 'PageDeleted') this.#removePage(page);
    else if (event.type === 'PageTransferred') {
      this.#indexOwner(page, formerOwner);
      return { recorded, page, formerOwner, isVoid: false };
    }
    const alarm = 'alarm_id' in event.data ? (page.alarms.get(event.data.alarm_id) ?? before) : undefined;
    if (!alarm) return { recorded, page, isVoid: false };
    const had = before?.occurrence;
    const ended = had && had.first_seq !== alarm.occurrence?.first_seq ? had : undefined;
    if (!quiet && !ended && author === undefined) return { recorded, page, alarm, isVoid: false };
    const more = { ...(quiet && { quiet }), ...(ended && { ended }), ...(author !== undefined && { author }) };
    return { recorded, page, alarm, ...more, isVoid: false };
  }

  #indexOwner(page: LivePage, formerOwner: string): void {
    this.#owners.remove(page, formerOwner);
    this.#owners.add(page);
    this.sharedBytes.transferred(page, formerOwner);
    for (const userId of [formerOwner, page.owner_id]) this.#indexGrant(page, 'user', userId);
  }

  #indexGrant(page: LivePage, type: SubjectType, subject: string): void {
    const has = page.grants[type].has(subject);
    if (has !== this.#pagesGranted[type].of(subject).has(page.id)) this.sharedBytes.granted(page, type, subject, has);
    if (has) this.#pagesGranted[type].add(subject, page.id);
    else this.#pagesGranted[type].remove(subject, page.id);
  }
}

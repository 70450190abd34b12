/**
 * What the log says, folded by a small model of its own: it knows nothing of the server's code, so that both can be held
 * against each other. For each viewer it gives the one right sequence of messages of each page.
 */

import type { HistoryEvent } from './log-history.js';
import type { AlarmSeen, StatusSeen } from './recorded.js';
import { ReferenceDeadlines } from './reference-deadlines.js';

export type Right = 'none' | 'view' | 'edit' | 'own';

/** One message that a viewer has to be sent, and the page as that viewer sees it after it. */
export interface Step {
  readonly kind: 'added' | 'removed' | 'rights' | 'update';
  readonly position: number;
  /** The page's last event. */
  readonly seq: number;
  readonly right: Right;
}

/** A page after one of its events. */
interface Version {
  readonly name: string;
  readonly owner: string;
  readonly alarms: ReadonlyMap<string, AlarmSeen>;
  readonly isVoid: boolean;
}

interface Grants {
  readonly user: Map<string, Right>;
  readonly group: Map<string, Right>;
}

/** A page's whole life: events and versions by seq. */
export interface PageTruth {
  readonly id: string;
  /** Who owns it now. */
  owner: string;
  readonly events: HistoryEvent[];
  readonly versions: Version[];
  readonly grants: Grants;
  readonly held: Map<string, Right>;
  isDeleted: boolean;
}

const ranks: readonly Right[] = ['none', 'view', 'edit', 'own'];
const isAtLeast = (held: Right, needed: Right): boolean => ranks.indexOf(held) >= ranks.indexOf(needed);

const needs: Readonly<Record<string, Right>> = {
  AlarmTriggered: 'view',
  AlarmCreated: 'edit',
  AlarmUpdated: 'edit',
  AlarmDeleted: 'edit',
  AlarmAcknowledged: 'view',
  AlarmUnacknowledged: 'edit',
  AlarmCleared: 'edit',
  AlarmAssigned: 'edit',
  AlarmCommented: 'view',
  AlarmSnoozed: 'edit',
  AlarmUnsnoozed: 'edit',
  AlarmExpired: 'own',
  AlarmRenotified: 'own',
  PageRenamed: 'own',
  PageDeleted: 'own',
  PageShared: 'own',
  PageLeft: 'view',
  PageTransferred: 'own',
  PageAcknowledged: 'view',
};

interface Group {
  owner: string;
  readonly members: Set<string>;
}

const changesRights: ReadonlySet<string> = new Set(['PageShared', 'PageLeft', 'PageTransferred', 'PageDeleted']);

const DAY_MS = 86_400_000;

const idOf = (stream: string): string => stream.slice(stream.indexOf('-') + 1);

export class ReferenceModel {
  readonly pages = new Map<string, PageTruth>();
  /** Events that are in effect, by 'user id' of their command; what bears the id of one that is has none, and is here too: it was done again. */
  readonly effects = new Map<string, HistoryEvent[]>();
  readonly #groups = new Map<string, Group>();
  readonly #operators = new Set<string>();
  readonly #inactive = new Set<string>();
  /** The last reset of each user's password. */
  readonly #resets = new Map<string, { readonly by: string; readonly at: string }>();
  readonly #steps = new Map<string, Map<string, Step[]>>();
  readonly #deadlines = new ReferenceDeadlines();
  readonly #users: readonly string[];

  /** `users` are those whose messages will be asked for. The events are in log order. */
  constructor(events: readonly HistoryEvent[], users: Iterable<string>) {
    this.#users = [...new Set(users)];
    for (const user of this.#users) this.#steps.set(user, new Map());
    for (const event of events) this.#fold(event);
  }

  /** The messages about the page that the user has to receive, from its beginning. */
  steps(user: string, page: string): readonly Step[] {
    return this.#steps.get(user)?.get(page) ?? [];
  }

  /** Every page that the user ever had a right on. */
  pagesOf(user: string): Iterable<string> {
    return this.#steps.get(user)?.keys() ?? [];
  }

  /** Position of the page's event, or undefined if there is none. */
  positionOf(page: string, seq: number): number | undefined {
    return this.pages.get(page)?.events[seq]?.position;
  }

  #fold(event: HistoryEvent): void {
    if (event.stream.startsWith('group-')) this.#foldGroup(event);
    else if (event.stream.startsWith('user-')) this.#foldUser(event);
    else if (event.type === 'PageCreated') this.#create(event);
    else this.#foldPage(event);
  }

  /** Which accounts are switched off, and who may do that: whatever such a user does on a page or in a group is void. */
  #foldUser(event: HistoryEvent): void {
    const { type, by, data } = event;
    const user = idOf(event.stream);
    const isAdministrator = by === 'system' || this.#operators.has(by);
    const isOwn = by === user;
    const isValid: Readonly<Record<string, boolean>> = {
      RoleGranted: by === 'system',
      RoleRevoked: by === 'system',
      UserDeactivated: isAdministrator,
      UserReactivated: isAdministrator,
      UserTextsErased: isAdministrator,
      PasswordResetIssued: isAdministrator,
      SessionStarted: isOwn,
      AccessTokenCreated: isOwn,
      AccessTokenDeleted: isOwn,
      AuditRead: isOwn,
      SessionEnded: isOwn || isAdministrator,
      PasswordChanged: isOwn || isAdministrator,
    };
    if (isValid[type] !== true) return;
    const isDone = this.#isDone(event);
    this.#takesEffect(event);
    if (isDone) return;
    if (type === 'RoleGranted' && data['role'] === 'operator') this.#operators.add(user);
    if (type === 'RoleRevoked' && data['role'] === 'operator') this.#operators.delete(user);
    if (type === 'UserDeactivated') this.#inactive.add(user);
    if (type === 'UserReactivated') this.#inactive.delete(user);
    if (type === 'PasswordResetIssued') this.#resets.set(user, { by, at: event.at });
  }

  #foldGroup(event: HistoryEvent): void {
    const isDone = this.#isDone(event);
    const isVoid = event.type !== 'GroupCreated' && this.#inactive.has(event.by);
    if (!isVoid || isDone) this.#takesEffect(event);
    if (isVoid || isDone) return;
    const id = idOf(event.stream);
    if (event.type === 'GroupCreated') {
      const owner = event.data['owner_id'] as string;
      this.#groups.set(id, { owner, members: new Set([owner]) });
      return;
    }
    const group = this.#groups.get(id);
    if (!group) return;
    const pages = [...this.pages.values()].filter(({ grants }) => grants.group.has(id));
    for (const user of this.#changeGroup(id, group, event)) {
      if (!this.#steps.has(user)) continue;
      for (const page of pages) this.#tellOfGroup(page, user, event.position);
    }
  }

  /** Ids of the users whose rights the event may have changed. */
  #changeGroup(id: string, group: Group, { type, data, by, at }: HistoryEvent): string[] {
    const { members } = group;
    const user = data['user_id'] as string;
    switch (type) {
      case 'GroupMemberAdded':
        members.add(user);
        return [user];
      case 'GroupMemberRemoved':
        members.delete(user);
        return [user];
      case 'GroupDeleted':
        if (by !== group.owner) return [];
        this.#groups.delete(id);
        for (const { grants } of this.pages.values()) grants.group.delete(id);
        return [...members];
      case 'GroupTransferred': {
        const { owner_id, keep } = data as { owner_id: string; keep: boolean };
        const before = group.owner;
        if ((by !== before && !this.#isAssignment(by, owner_id, keep, at)) || owner_id === before) return [];
        group.owner = owner_id;
        members.add(owner_id);
        if (!keep) members.delete(before);
        return [before, owner_id];
      }
      default:
        return [];
    }
  }

  /** A change through a group is no event of the page: a user whose right is unchanged is told nothing. */
  #tellOfGroup(page: PageTruth, user: string, position: number): void {
    const before = page.held.get(user) ?? 'none';
    const right = this.#rightOn(page, user);
    if (right === before) return;
    const kind = before === 'none' ? 'added' : right === 'none' ? 'removed' : 'rights';
    this.#tell(page, user, { kind, position, seq: page.events.length - 1, right });
  }

  #create(event: HistoryEvent): void {
    const { name, owner_id } = event.data as { name: string; owner_id: string };
    const page: PageTruth = {
      id: idOf(event.stream),
      owner: owner_id,
      events: [event],
      versions: [{ name, owner: owner_id, alarms: new Map(), isVoid: false }],
      grants: { user: new Map(), group: new Map() },
      held: new Map(),
      isDeleted: false,
    };
    this.pages.set(page.id, page);
    this.#takesEffect(event);
    if (this.#steps.has(owner_id))
      this.#tell(page, owner_id, { kind: 'added', position: event.position, seq: 0, right: 'own' });
  }

  #foldPage(event: HistoryEvent): void {
    const page = this.pages.get(idOf(event.stream));
    if (!page) throw new Error(`the log begins page ${event.stream} with ${event.type}`);
    const { name, owner, alarms } = page.versions.at(-1)!;
    const isVoid = !this.#isValidEvent(page, event) || this.#isDone(event);
    page.events.push(event);
    page.versions.push(
      isVoid
        ? { name, owner, alarms, isVoid }
        : {
            owner: event.type === 'PageTransferred' ? (event.data['owner_id'] as string) : owner,
            name: event.type === 'PageRenamed' ? (event.data['name'] as string) : name,
            alarms:
              event.type === 'PageAcknowledged'
                ? alarmsAcknowledged(page, alarms, event)
                : alarmsAfter(page.id, alarms, event),
            isVoid,
          },
    );
    if (!isVoid || this.#isDone(event)) this.#takesEffect(event);
    if (!isVoid) {
      for (const [id, alarm] of page.versions.at(-1)!.alarms)
        if (alarm !== alarms.get(id) || id === event.data['alarm_id'])
          this.#deadlines.note(alarms.get(id), alarm, event);
      if (event.type === 'PageShared') grant(page.grants, event.data);
      if (event.type === 'PageLeft') page.grants.user.delete(event.by);
      if (event.type === 'PageTransferred') transfer(page, event.data);
      if (event.type === 'PageDeleted') page.isDeleted = true;
    }
    const { position, revision: seq } = event;
    for (const user of this.#users) {
      const before = page.held.get(user) ?? 'none';
      const right = changesRights.has(event.type) ? this.#rightOn(page, user) : before;
      if (before !== 'none' || right !== 'none')
        this.#tell(page, user, {
          kind: before === 'none' ? 'added' : right === 'none' ? 'removed' : 'update',
          position,
          seq,
          right,
        });
    }
  }

  #tell(page: PageTruth, user: string, step: Step): void {
    page.held.set(user, step.right);
    const steps = this.#steps.get(user)!;
    const ofPage = steps.get(page.id);
    if (ofPage) ofPage.push(step);
    else steps.set(page.id, [step]);
  }

  /** Whether an event before it has had the effect of its command. */
  #isDone({ id, by }: HistoryEvent): boolean {
    return id !== undefined && this.effects.has(`${by} ${id}`);
  }

  #takesEffect(event: HistoryEvent): void {
    if (event.id === undefined) return;
    const name = `${event.by} ${event.id}`;
    this.effects.set(name, [...(this.effects.get(name) ?? []), event]);
  }

  /** Whether, at the event's own place in the log, its actor had the right and its alarm was there. */
  #isValidEvent(page: PageTruth, event: HistoryEvent): boolean {
    if (this.#inactive.has(event.by)) return false;
    if (page.isDeleted) return false;
    if (event.data['arm'] !== undefined)
      return (
        event.by === 'system' &&
        page.versions.at(-1)!.alarms.has(event.data['alarm_id'] as string) &&
        this.#deadlines.isDue(event)
      );
    const { owner_id, keep } = event.data as { owner_id: string; keep: boolean };
    const isAssigned = event.type === 'PageTransferred' && this.#isAssignment(event.by, owner_id, keep, event.at);
    if (!isAssigned && !isAtLeast(this.#rightOn(page, event.by), neededFor(page, event))) return false;
    if (event.type === 'PageLeft') return page.grants.user.has(event.by);
    if (event.type === 'PageTransferred') return event.data['owner_id'] !== page.owner;
    if (event.type === 'PageShared' && event.data['subject_type'] === 'group')
      return this.#groups.has(event.data['subject_id'] as string);
    const alarm = event.data['alarm_id'];
    return alarm === undefined || event.type === 'AlarmCreated' || page.versions.at(-1)!.alarms.has(alarm as string);
  }

  /** Whether an operator gives what is not theirs: not to themselves, nor to whom they reset within a day. All takers are registered here. */
  #isAssignment(by: string, to: string, keep: boolean, at: string): boolean {
    const reset = this.#resets.get(to);
    const mayHoldCode = reset?.by === by && Date.parse(at) - Date.parse(reset.at) < DAY_MS;
    return !keep && this.#operators.has(by) && !this.#inactive.has(by) && to !== by && !mayHoldCode;
  }

  #rightOn(page: PageTruth, user: string): Right {
    if (page.isDeleted) return 'none';
    if (page.owner === user) return 'own';
    let best = page.grants.user.get(user) ?? 'none';
    for (const [group, right] of page.grants.group)
      if (this.#groups.get(group)?.members.has(user) && isAtLeast(right, best)) best = right;
    return best;
  }
}

function grant(grants: Grants, data: HistoryEvent['data']): void {
  const { subject_type, subject_id, can_view, can_edit } = data as {
    subject_type: 'user' | 'group';
    subject_id: string;
    can_view: boolean;
    can_edit: boolean;
  };
  if (can_edit || can_view) grants[subject_type].set(subject_id, can_edit ? 'edit' : 'view');
  else grants[subject_type].delete(subject_id);
}

function transfer(page: PageTruth, data: HistoryEvent['data']): void {
  const { owner_id, keep } = data as { owner_id: string; keep: boolean };
  page.grants.user.delete(owner_id);
  if (keep) page.grants.user.set(page.owner, 'edit');
  else page.grants.user.delete(page.owner);
  page.owner = owner_id;
}

/** The right that the event needs: view is enough for one's own acknowledgement, and to assign oneself. */
function neededFor(page: PageTruth, { type, data, by }: HistoryEvent): Right {
  const status = page.versions.at(-1)!.alarms.get(data['alarm_id'] as string)?.status;
  const isOwn =
    type === 'AlarmAssigned'
      ? (data['user_id'] ?? status?.assignee) === by
      : (type === 'AlarmUnacknowledged' || type === 'AlarmCleared') && status?.ack?.by === by;
  return isOwn ? 'view' : (needs[type] ?? 'own');
}

/** The comment of an event, if it has one. */
const said = ({ comment }: HistoryEvent['data']): { readonly comment?: string } =>
  comment === undefined ? {} : { comment: comment as string };

/** An acknowledgement names the last trigger that was seen; of an occurrence only so many of its latest are known. */
const LATEST_TRIGGERS = 16;

/** After an acknowledgement of all that is open on the page, as far as its seq. */
function alarmsAcknowledged(
  { events, versions }: PageTruth,
  before: ReadonlyMap<string, AlarmSeen>,
  { data, by, at }: HistoryEvent,
): ReadonlyMap<string, AlarmSeen> {
  const upto = data['upto'] as number;
  const after = new Map(before);
  for (const [id, alarm] of before) {
    const { status } = alarm;
    if (status?.state !== 'open' || upto < status.first_seq!) continue;
    const triggers = events
      .filter(
        ({ type, data, revision }, place) =>
          type === 'AlarmTriggered' &&
          data['alarm_id'] === id &&
          revision >= status.first_seq! &&
          versions[place]?.isVoid === false,
      )
      .slice(-LATEST_TRIGGERS);
    const seen = triggers.findLast(({ revision }) => revision <= upto)?.revision ?? upto;
    if (status.ack && seen <= status.ack.upto) continue;
    const state = seen < status.last_seq! ? 'open' : 'acknowledged';
    after.set(id, { ...alarm, status: { ...status, state, ack: { upto: seen, by, at, ...said(data) } } });
  }
  return after;
}

function alarmsAfter(
  page_id: string,
  before: ReadonlyMap<string, AlarmSeen>,
  event: HistoryEvent,
): ReadonlyMap<string, AlarmSeen> {
  const { type, data, at } = event;
  const { alarm_id: id, ...fields } = data as Record<string, unknown> & { alarm_id: string };
  const alarm = before.get(id);
  const after = new Map(before);
  if (type === 'AlarmCreated')
    return after.set(id, withoutDefaults({ id, page_id, ...fields, active: true, last_triggered: null } as AlarmSeen));
  if (type === 'AlarmDeleted') after.delete(id);
  if (!alarm || !type.startsWith('Alarm') || type === 'AlarmDeleted') return after;
  const { status, ...rest } = alarm;
  const statusNow = statusAfter(alarm, event);
  const changed = {
    ...rest,
    ...(type === 'AlarmUpdated' ? fields : {}),
    ...(type === 'AlarmUpdated' && isExpiryOver(alarm, event) ? { expires_at: null } : {}),
    ...(type === 'AlarmExpired' ? { active: false } : {}),
    ...(type === 'AlarmTriggered' ? { last_triggered: at } : {}),
    ...(type === 'AlarmTriggered' && alarm.mode === 'once' ? { active: false } : {}),
    ...(Object.keys(statusNow).length === 0 ? {} : { status: statusNow }),
  };
  return after.set(id, withoutDefaults(changed as AlarmSeen));
}

/** An alarm that is switched on again loses an expiry that has passed. */
const isExpiryOver = ({ expires_at }: AlarmSeen, { data, at }: HistoryEvent): boolean =>
  data['active'] === true && data['expires_at'] === undefined && expires_at !== undefined && expires_at <= at;

/** Settings that have their default are not told. */
function withoutDefaults(alarm: AlarmSeen): AlarmSeen {
  const isDefault = ([field, value]: [string, unknown]): boolean =>
    (field !== 'last_triggered' && value === null) ||
    (field === 'severity' && value === 'medium') ||
    (field === 'mode' && value === 'every') ||
    (field === 'renotify_max' && value === 30) ||
    (field === 'tags' && (value as unknown[]).length === 0);
  return Object.fromEntries(Object.entries(alarm).filter((entry) => !isDefault(entry))) as unknown as AlarmSeen;
}

/** What became of the alarm's triggers, after the event. */
function statusAfter(alarm: AlarmSeen, { type, data, at, by, revision }: HistoryEvent): StatusSeen {
  const { status = {} } = alarm;
  const { assignee, snoozed } = status;
  const kept: StatusSeen = { ...(assignee === undefined ? {} : { assignee }), ...(snoozed ? { snoozed } : {}) };
  const { ack, ...withoutAck } = status;
  switch (type) {
    case 'AlarmTriggered': {
      const last = { last_seq: revision, last_at: at, price: data['price'] as number };
      return status.state === 'open'
        ? { ...status, ...last, count: status.count! + 1 }
        : { ...kept, state: 'open', first_seq: revision, first_at: at, ...last, count: 1 };
    }
    case 'AlarmAcknowledged': {
      const upto = data['upto'] as number;
      if (status.state !== 'open') return status;
      return {
        ...status,
        state: upto < status.last_seq! ? 'open' : 'acknowledged',
        ack: { upto, by, at, ...said(data) },
      };
    }
    case 'AlarmUnacknowledged':
      return status.state === undefined ? status : { ...withoutAck, state: 'open' };
    case 'AlarmCleared':
      return kept;
    case 'AlarmAssigned': {
      const { assignee: _, ...rest } = status;
      return data['user_id'] === null ? rest : { ...rest, assignee: data['user_id'] as string };
    }
    case 'AlarmSnoozed':
      return { ...status, snoozed: { until: data['until'] as string, by } };
    case 'AlarmUnsnoozed': {
      const { snoozed: _, ...rest } = status;
      return rest;
    }
    case 'AlarmRenotified':
      return status.state === undefined ? status : { ...status, renotified: data['n'] as number };
    case 'AlarmUpdated': {
      const isOther = (['ticker', 'option', 'condition'] as const).some(
        (field) => data[field] !== undefined && data[field] !== alarm[field],
      );
      return isOther ? kept : status;
    }
    default:
      return status;
  }
}

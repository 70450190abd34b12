/**
 * Random histories: what users might do, each in whatever order, with or without the right to it, on alarms that are there, on
 * another page or long gone. So many of the events are void. Time passes in jumps, up to a day, and now and then goes back a
 * little, as it does between events that were taken at once.
 */
import fc from 'fast-check';
import { commandKey, contentHash } from '../../src/commands/handling/ids.js';
import { SYSTEM_ID } from '../../src/domain/authorization.js';
import { type DomainEvent, eventVersions } from '../../src/domain/events.js';
import { type Sealed, sealedText } from '../../src/domain/free-text.js';
import { groupStream, pageStream, userStream } from '../../src/domain/streams.js';
import { type NewEvent, NO_STREAM, type RecordedEvent } from '../../src/log/event-log.js';
import { givenNumber } from '../runner/given-number.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const name = fc.constantFrom('Desk', 'Alarmes EUR/USD', 'L’été 📈', '"quoted" \\ \u2028', '{}');
const kinds = [
  'user',
  'group',
  'join',
  'leave',
  'page',
  'rename',
  'delete page',
  'share',
  'leave page',
  'transfer page',
  'rename group',
  'delete group',
  'transfer group',
  'alarm',
  'update',
  'trigger',
  'delete alarm',
  'ack',
  'unack',
  'clear',
  'assign',
  'ack page',
  'snooze',
  'unsnooze',
  'comment',
  'timer',
  'end session',
  'password',
  'role',
  'login',
  'account',
] as const;
const weights: Readonly<Record<(typeof kinds)[number], number>> = {
  user: 3,
  group: 2,
  join: 3,
  leave: 2,
  page: 4,
  rename: 1,
  'delete page': 1,
  share: 5,
  'leave page': 2,
  'transfer page': 2,
  'rename group': 1,
  'delete group': 1,
  'transfer group': 2,
  alarm: 6,
  update: 4,
  trigger: 10,
  'delete alarm': 2,
  ack: 4,
  unack: 2,
  clear: 2,
  assign: 2,
  'ack page': 3,
  snooze: 2,
  unsnooze: 1,
  comment: 3,
  timer: 3,
  'end session': 3,
  password: 1,
  role: 2,
  login: 3,
  account: 2,
};

/** What is done to an alarm that is there. */
const ofAlarm: ReadonlySet<string> = new Set([
  'update',
  'trigger',
  'delete alarm',
  'ack',
  'unack',
  'clear',
  'assign',
  'snooze',
  'unsnooze',
  'comment',
  'timer',
]);

export const move = fc.record({
  kind: fc.oneof(...kinds.map((kind) => ({ weight: weights[kind], arbitrary: fc.constant(kind) }))),
  /** Which of those there are: a page, an alarm, a group, a user. */
  one: fc.nat(1_000),
  other: fc.nat(1_000),
  byOwner: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 2, arbitrary: fc.constant(false) }),
  view: fc.boolean(),
  edit: fc.boolean(),
  name,
  price: fc.double({ noNaN: true, noDefaultInfinity: true }),
  passedMs: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: -2_000, max: 60_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(DAY_MS / 4, DAY_MS + 1) },
  ),
  /** The id a client gave the command, if any: few, so that they come again when they are forgotten. */
  id: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }),
});
export type Move = Parameters<Parameters<typeof move.map>[0]>[0];

const plain: Move = {
  kind: 'user',
  one: 0,
  other: 0,
  byOwner: true,
  view: false,
  edit: false,
  name: 'Desk',
  price: 1.085,
  passedMs: 1,
  id: undefined,
};

/**
 * The beginning of each history that a test makes a demand on: two users, a page with an alarm, 25 triggers, and 5 by the one who has no
 * right to it, which are void. What chance makes may be little.
 */
export const beginning: readonly Move[] = [
  plain,
  { ...plain, kind: 'user' },
  { ...plain, kind: 'page' },
  { ...plain, kind: 'alarm' },
  ...Array.from({ length: 25 }, (): Move => ({ ...plain, kind: 'trigger' })),
  ...Array.from({ length: 5 }, (): Move => ({ ...plain, kind: 'trigger', other: 1, byOwner: false })),
];
/** Void events of the beginning. */
export const VOIDS_AT_LEAST = 5;

export interface Append {
  readonly stream: string;
  readonly expected: number;
  readonly events: readonly NewEvent[];
}

interface Place {
  readonly id: string;
  /** Who owns it, as far as every transfer by its owner takes effect. */
  owner: string;
}

/** Turns moves into events of a log: what streams it has, at which revision, and what could be meant. */
export class HistoryWriter {
  readonly #revisions = new Map<string, number>();
  readonly #users: string[] = [];
  readonly #groups: Place[] = [];
  readonly #pages: Place[] = [];
  readonly #alarms: (Place & { readonly page: string })[] = [];
  readonly #sessions: string[] = [];
  readonly #tokens: string[] = [];
  readonly #usedAt = new Map<string, number>();
  /** Later than any log that a test makes: nothing happens in a log before it is there. */
  #now = Date.parse('2100-01-15T10:30:00.000Z');
  #newest = this.#now;
  #ids = 0;

  /** What to append for the move; undefined if there is nothing yet that it could be about. */
  write(one: Move): Append | undefined {
    this.#now += one.passedMs;
    this.#newest = Math.max(this.#newest, this.#now);
    const user = pick(this.#users, one.other);
    if (user === undefined || one.kind === 'user') return this.#register(one.name);
    if (one.kind === 'group')
      return this.#make(this.#groups, user, one, groupStream, {
        type: 'GroupCreated',
        data: { name: one.name, owner_id: user },
      });
    if (one.kind === 'page')
      return this.#make(this.#pages, user, one, pageStream, {
        type: 'PageCreated',
        data: { name: one.name, owner_id: user },
      });
    if (one.kind === 'end session') return this.#endSession(user, one);
    if (one.kind === 'password')
      return this.#append(userStream(user), user, one, {
        type: 'PasswordChanged',
        data: { credential: one.one % 8, session_id: pick(this.#sessions, one.one) ?? 'none' },
      });
    if (one.kind === 'login' && one.one % 7 === 0)
      return this.#append(userStream(one.view ? user : (pick(this.#users, one.one) ?? user)), user, one, {
        type: 'AuditRead',
        data: { what: 'list_audit_pages', range: { at: one.name } },
      });
    if (one.kind === 'login' && one.edit) {
      const token_id = (one.view && pick(this.#tokens, one.one)) || this.#newId();
      this.#tokens.push(token_id);
      const until = new Date(this.#now + (one.one / 1_000) * 2 * DAY_MS).toISOString();
      return this.#append(
        userStream(user),
        user,
        one,
        one.view
          ? { type: 'AccessTokenDeleted', data: { token_id } }
          : {
              type: 'AccessTokenCreated',
              data: { token_id, name: 'feed', can: ['read'], pages: null, types: null, until },
            },
      );
    }
    if (one.kind === 'login') {
      const session_id = (one.view && pick(this.#sessions, one.one)) || this.#newId();
      this.#sessions.push(session_id);
      return this.#append(userStream(user), user, one, {
        type: 'SessionStarted',
        data: { session_id, until: new Date(this.#now + (one.one / 1_000) * 2 * DAY_MS).toISOString() },
      });
    }
    if (one.kind === 'account') {
      const until = new Date(this.#now + DAY_MS).toISOString();
      const event: DomainEvent =
        one.price > 0
          ? { type: 'UserTextsErased', data: { key: one.one % 3 } }
          : one.view
            ? { type: 'UserDeactivated', data: {} }
            : one.edit
              ? { type: 'PasswordResetIssued', data: { until } }
              : { type: 'UserReactivated', data: {} };
      const operator = pick(this.#users, one.one);
      return one.byOwner || operator === undefined
        ? this.#append(userStream(user), SYSTEM_ID, undefined, event)
        : this.#append(userStream(user), operator, one, event);
    }
    // Only the machine's admin gives roles: what users write is void.
    if (one.kind === 'role')
      return this.#append(userStream(user), one.byOwner ? SYSTEM_ID : user, undefined, {
        type: one.view ? 'RoleRevoked' : 'RoleGranted',
        data: { role: one.edit ? 'auditor' : 'operator' },
      });
    if (one.kind === 'join' || one.kind === 'leave') {
      const group = pick(this.#groups, one.one);
      const type = one.kind === 'join' ? 'GroupMemberAdded' : 'GroupMemberRemoved';
      return group && this.#append(groupStream(group.id), group.owner, one, { type, data: { user_id: user } });
    }
    if (one.kind === 'rename group' || one.kind === 'delete group' || one.kind === 'transfer group') {
      const group = pick(this.#groups, one.one);
      return group && this.#ofGroup(one, group, user);
    }
    return this.#onPage(one, user);
  }

  /** Mostly a new one, sometimes one that was ended before; to be remembered for anything up to two days. */
  #endSession(user: string, one: Move): Append {
    const session_id = (one.view && pick(this.#sessions, one.one)) || this.#newId();
    this.#sessions.push(session_id);
    return this.#append(userStream(user), user, one, {
      type: 'SessionEnded',
      data: { session_id, until: new Date(this.#now + (one.one / 1_000) * 2 * DAY_MS).toISOString() },
    });
  }

  #ofGroup(one: Move, group: Place, user: string): Append {
    const by = one.byOwner ? group.owner : user;
    const stream = groupStream(group.id);
    if (one.kind === 'rename group')
      return this.#append(stream, by, one, { type: 'GroupRenamed', data: { name: one.name } });
    if (one.kind === 'delete group') return this.#append(stream, by, one, { type: 'GroupDeleted', data: {} });
    const to = pick(this.#users, one.one + one.other) ?? user;
    if (by === group.owner) group.owner = to;
    return this.#append(stream, by, one, { type: 'GroupTransferred', data: { owner_id: to, keep: one.edit } });
  }

  #onPage(one: Move, user: string): Append | undefined {
    const alarm = pick(this.#alarms, one.one);
    const onAlarm = ofAlarm.has(one.kind);
    // Mostly the alarm's own page, sometimes another: an alarm that does not exist there.
    const page =
      onAlarm && alarm && one.other % 8 > 0
        ? this.#pages.find(({ id }) => id === alarm.page)
        : pick(this.#pages, one.one);
    if (!page || (onAlarm && !alarm)) return undefined;
    const event = this.#pageEvent(one, page, user, alarm?.id ?? '');
    const by = one.kind === 'timer' ? SYSTEM_ID : one.byOwner ? page.owner : user;
    if (event.type === 'PageTransferred' && by === page.owner) page.owner = event.data.owner_id;
    return this.#append(pageStream(page.id), by, one.kind === 'timer' ? undefined : one, event);
  }

  #pageEvent(one: Move, page: Place, user: string, alarm_id: string): DomainEvent {
    switch (one.kind) {
      case 'rename':
        return { type: 'PageRenamed', data: { name: one.name } };
      case 'leave page':
        return { type: 'PageLeft', data: {} };
      case 'transfer page':
        return {
          type: 'PageTransferred',
          data: { owner_id: pick(this.#users, one.one + one.other) ?? user, keep: one.edit },
        };
      case 'ack page':
        return { type: 'PageAcknowledged', data: { upto: one.other, ...commentOf(one, user) } };
      case 'delete page':
        return { type: 'PageDeleted', data: {} };
      case 'alarm': {
        const id = this.#newId();
        this.#alarms.push({ id, owner: page.owner, page: page.id });
        return {
          type: 'AlarmCreated',
          data: {
            alarm_id: id,
            ticker: one.name,
            option: '',
            condition: one.name,
            ...settingsOf(one),
            ...(one.one % 4 === 1 ? { note: sealedBy(user, one) } : {}),
          },
        };
      }
      case 'update':
        return {
          type: 'AlarmUpdated',
          data: {
            alarm_id,
            ...(one.view ? { ticker: one.name } : {}),
            ...(one.edit ? { active: one.byOwner } : {}),
            ...(one.one % 5 === 1 ? { note: one.view ? sealedBy(user, one) : null } : {}),
            ...settingsOf(one),
          },
        };
      case 'ack':
        return { type: 'AlarmAcknowledged', data: { alarm_id, upto: one.other, ...commentOf(one, user) } };
      case 'unack':
        return { type: 'AlarmUnacknowledged', data: { alarm_id, ...commentOf(one, user) } };
      case 'clear':
        return { type: 'AlarmCleared', data: { alarm_id, ...commentOf(one, user) } };
      case 'assign':
        return { type: 'AlarmAssigned', data: { alarm_id, user_id: one.view ? user : null } };
      case 'snooze':
        return {
          type: 'AlarmSnoozed',
          data: { alarm_id, until: new Date(this.#now + 1_000 * one.other).toISOString() },
        };
      case 'comment':
        return { type: 'AlarmCommented', data: { alarm_id, text: sealedBy(user, one) } };
      case 'unsnooze':
        return { type: 'AlarmUnsnoozed', data: { alarm_id } };
      case 'timer': {
        // The arm of a page's first events is often the right one.
        const arm = one.other % 16;
        if (one.one % 3 === 0) return { type: 'AlarmUnsnoozed', data: { alarm_id, arm } };
        return one.one % 3 === 1
          ? { type: 'AlarmExpired', data: { alarm_id, arm } }
          : { type: 'AlarmRenotified', data: { alarm_id, arm, n: 1 + (one.one % 2) } };
      }
      case 'trigger':
        return { type: 'AlarmTriggered', data: { alarm_id, price: one.price } };
      case 'delete alarm':
        return { type: 'AlarmDeleted', data: { alarm_id } };
      default: {
        const group = pick(this.#groups, one.other);
        const subject =
          group && one.one % 2 === 0
            ? { subject_type: 'group' as const, subject_id: group.id }
            : { subject_type: 'user' as const, subject_id: user };
        return { type: 'PageShared', data: { ...subject, can_view: one.view || one.edit, can_edit: one.edit } };
      }
    }
  }

  #register(username: string): Append {
    const user_id = this.#newId();
    this.#users.push(user_id);
    return this.#append(`username-${user_id}`, user_id, undefined, {
      type: 'UserRegistered',
      data: { user_id, username },
    });
  }

  #make(places: Place[], owner: string, one: Move, stream: (id: string) => string, event: DomainEvent): Append {
    const id = this.#newId();
    places.push({ id, owner });
    return this.#append(stream(id), owner, one, event);
  }

  #append(stream: string, by: string, one: Move | undefined, event: DomainEvent): Append {
    const expected = this.#revisions.get(stream) ?? NO_STREAM;
    this.#revisions.set(stream, expected + 1);
    const identified =
      one?.id !== undefined && this.#isForgotten(commandKey(by, one.id))
        ? { id: one.id, hash: contentHash('anything', event) }
        : undefined;
    const key = identified ? commandKey(by, identified.id) : this.#newId();
    if (identified) this.#usedAt.set(key, this.#newest);
    const metadata = {
      at: new Date(this.#now).toISOString(),
      by,
      via: 'owner',
      command: 'anything',
      key,
      ...identified,
      v: eventVersions[event.type],
    };
    return { stream, expected, events: [{ id: this.#newId(), event, metadata }] };
  }

  /** A server uses an id again only when it has forgotten it: after a day, and to the minute. */
  #isForgotten(key: string): boolean {
    const usedAt = this.#usedAt.get(key);
    return usedAt === undefined || this.#newest - usedAt > DAY_MS + 2 * 60_000;
  }

  #newId(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }
}

/** A text that nobody has the key of, as a fold keeps it. */
const sealedBy = (user: string, { one }: Move): Sealed =>
  sealedText({ userId: user, key: one % 4, box: `AAEC${'x'.repeat(one % 64)}` });

/** A comment, or none. */
const commentOf = (one: Move, user: string): { readonly comment?: Sealed } =>
  one.view ? { comment: sealedBy(user, one) } : {};

/** Some settings of an alarm, or none. */
const settingsOf = ({ one, edit, name: tag }: Move) =>
  one % 3 === 0
    ? {}
    : {
        severity: edit ? ('high' as const) : null,
        mode: (['every', 'once'] as const)[one % 5] ?? null,
        tags: one % 2 === 0 ? [tag] : [],
        ...(one % 4 === 0 ? { renotify_s: 30, renotify_max: 2 } : {}),
        ...(one % 7 === 0 ? { expires_at: new Date(Date.UTC(2026, 0, 1) + one * 100_000).toISOString() } : {}),
      };

/** The same moves as a log would deliver them, for a fold without one. */
export function recordedOf(moves: readonly Move[]): RecordedEvent[] {
  const writer = new HistoryWriter();
  const appends = moves.map((one) => writer.write(one)).filter((append) => append !== undefined);
  return appends.flatMap(({ stream, expected, events }, place) =>
    events.map(({ id, event, metadata }) => ({
      id,
      event: event as DomainEvent,
      metadata,
      stream,
      revision: expected + 1,
      position: String(place + 1),
    })),
  );
}

const pick = <T>(all: readonly T[], which: number): T | undefined =>
  all.length === 0 ? undefined : all[which % all.length];

/** A new seed at each run, said where a property fails; SEED in the environment brings one back. */
const seed = givenNumber('SEED', Date.now() % 1_000_000_000, 0);

/** Whether this run is one that failed before: then it is shrunk, for a minute at most. */
const isReplayed = process.env['SEED'] !== undefined;

/** Settings of a property over random histories. What fails is said in a line with its seed: a whole history is too long for a report. */
export const replayable: fc.Parameters<any> = {
  seed,
  endOnFailure: !isReplayed,
  ...(isReplayed ? { interruptAfterTimeLimit: 60_000 } : {}),
  reporter({ failed, counterexample, errorInstance, numRuns }) {
    if (!failed) return;
    if (isReplayed) process.stderr.write(`${fc.stringify(counterexample)}\n`);
    const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    throw new Error(`fails in run ${numRuns}; SEED=${seed} brings it back: ${why.slice(0, 2_000)}`);
  },
};

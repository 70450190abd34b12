/** The fold: the effect of events on the live state, which of them are void, and that its answers equal those of a full search. */
import fc from 'fast-check';
import t from 'tap';
import type { Alarm } from '../../src/domain/alarm.js';
import { eventRules, includes, type Right, SYSTEM_ID } from '../../src/domain/authorization.js';
import type { DomainEvent, PageEvent } from '../../src/domain/events.js';
import { groupStream, idOf, pageStream } from '../../src/domain/streams.js';
import type { RecordedEvent } from '../../src/log/event-log.js';
import { type Folded, LiveState } from '../../src/projections/live-state.js';
import { atPlace, Recording } from '../domain/recording.js';
import { beginning, move, recordedOf, replayable } from './random-history.js';
import { answersOf, rowsIn } from './rows.js';

const page = pageStream('page');
const other = pageStream('other');
const desk = groupStream('desk');
const alarm = (alarm_id: string): DomainEvent => ({
  type: 'AlarmCreated',
  data: { alarm_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' },
});
const triggered = (alarm_id: string): DomainEvent => ({ type: 'AlarmTriggered', data: { alarm_id, price: 1.085 } });
const shared = (
  subject_type: 'user' | 'group',
  subject_id: string,
  can_view: boolean,
  can_edit = false,
): DomainEvent => ({ type: 'PageShared', data: { subject_type, subject_id, can_view, can_edit } });

/** Olga's two pages with an alarm each, her group with Mary in it, and Vera. */
class Desk {
  readonly live = new LiveState();
  readonly #recording = new Recording();

  constructor() {
    for (const id of ['olga', 'vera', 'mary'])
      this.happens(`username-${id}`, id, { type: 'UserRegistered', data: { user_id: id, username: id.toUpperCase() } });
    for (const stream of [page, other]) {
      this.happens(stream, 'olga', { type: 'PageCreated', data: { name: stream, owner_id: 'olga' } });
      this.happens(stream, 'olga', alarm(`alarm of ${idOf(stream)}`));
    }
    this.happens(desk, 'olga', { type: 'GroupCreated', data: { name: 'Desk', owner_id: 'olga' } });
    this.happens(desk, 'olga', { type: 'GroupMemberAdded', data: { user_id: 'mary' } });
  }

  happens(stream: string, by: string, event: DomainEvent): Folded {
    return this.live.fold(this.#recording.record(stream, by, event));
  }
}

const visible = ({ live }: Desk, user: string): string[] => live.pagesVisibleTo(user).map(({ id }) => id);

t.test('PERM-10 an event whose actor held no right at its place changes nothing but the seq', async (t) => {
  const cases: [name: string, by: string, event: DomainEvent][] = [
    ['a stranger triggers', 'vera', triggered('alarm of page')],
    ['a viewer creates', 'mary', alarm('new')],
    ['a viewer updates', 'mary', { type: 'AlarmUpdated', data: { alarm_id: 'alarm of page', active: false } }],
    ['a viewer deletes', 'mary', { type: 'AlarmDeleted', data: { alarm_id: 'alarm of page' } }],
    ['a viewer renames', 'mary', { type: 'PageRenamed', data: { name: 'Mine' } }],
    ['a viewer deletes the page', 'mary', { type: 'PageDeleted', data: {} }],
    ['a viewer shares', 'mary', shared('user', 'vera', true, true)],
    ['the owner triggers an alarm that never was', 'olga', triggered('nothing')],
    [
      'the owner updates one of another page',
      'olga',
      { type: 'AlarmUpdated', data: { alarm_id: 'alarm of other', ticker: 'X' } },
    ],
    ['the owner deletes one of another page', 'olga', { type: 'AlarmDeleted', data: { alarm_id: 'alarm of other' } }],
  ];
  for (const [name, by, event] of cases) {
    const one = new Desk();
    one.happens(page, 'olga', shared('group', 'desk', true));
    const before = JSON.stringify(answersOf(one.live));
    const seq = one.live.pages.get('page')!.seq;
    const folded = one.happens(page, by, event);
    t.match(
      { isVoid: folded.isVoid, page: folded.page?.id, alarm: folded.alarm },
      { isVoid: true, page: 'page', alarm: undefined },
      name,
    );
    t.equal(one.live.pages.get('page')!.seq, seq + 1);
    one.live.pages.get('page')!.seq = seq;
    t.equal(JSON.stringify(answersOf(one.live)), before, `${name}: all else is as it was`);
  }
});

t.test('PERM-10 what counts is the right at the event’s own place, not before or after', async (t) => {
  const one = new Desk();
  const trigger = (): boolean => one.happens(page, 'vera', triggered('alarm of page')).isVoid;
  t.equal(trigger(), true);
  one.happens(page, 'olga', shared('user', 'vera', true));
  t.equal(trigger(), false);
  one.happens(page, 'olga', shared('user', 'vera', false));
  t.equal(trigger(), true);
  one.happens(page, 'olga', shared('group', 'desk', true));
  one.happens(desk, 'olga', { type: 'GroupMemberAdded', data: { user_id: 'vera' } });
  t.equal(trigger(), false);
  one.happens(desk, 'vera', { type: 'GroupMemberRemoved', data: { user_id: 'vera' } });
  t.equal(trigger(), true);
  one.happens(page, 'olga', { type: 'AlarmDeleted', data: { alarm_id: 'alarm of page' } });
  t.equal(
    one.happens(page, 'olga', triggered('alarm of page')).isVoid,
    true,
    'for the owner, of an alarm that is gone',
  );
});

t.test('PERM-10 an event in the stream of a deleted page is void', async (t) => {
  const one = new Desk();
  one.happens(page, 'olga', { type: 'PageDeleted', data: {} });
  const before = answersOf(one.live);
  t.match(one.happens(page, 'olga', shared('user', 'vera', true)), { isVoid: true });
  t.strictSame(answersOf(one.live), before);
});

t.test('PERM-7 a deleted page is gone with its alarms and grants, and of nobody’s pages', async (t) => {
  const one = new Desk();
  one.happens(page, 'olga', shared('user', 'vera', true));
  one.happens(page, 'olga', shared('group', 'desk', true));
  t.same([visible(one, 'olga'), visible(one, 'vera'), visible(one, 'mary')], [['other', 'page'], ['page'], ['page']]);
  const folded = one.happens(page, 'olga', { type: 'PageDeleted', data: {} });
  t.match(
    folded,
    { isVoid: false, page: { id: 'page', alarms: new Map([['alarm of page', Object]]) } },
    'it comes out as it was',
  );
  t.same([visible(one, 'olga'), visible(one, 'vera'), visible(one, 'mary')], [['other'], [], []]);
  t.equal(one.live.pageOfAlarm('alarm of page'), undefined);
  t.same(rowsIn(one.live)['page_permissions'], []);
});

t.test('PERM-2 an alarm comes out of the fold as the event left it, a deleted one as it was', async (t) => {
  const one = new Desk();
  const created = {
    id: 'alarm of page',
    page_id: 'page',
    ticker: 'EUR/USD',
    option: 'spot',
    condition: 'above',
    active: true,
    last_triggered: null,
  };
  const { alarm } = one.happens(page, 'olga', triggered('alarm of page'));
  const { occurrence, ...fields } = alarm!;
  t.strictSame(fields, { ...created, last_triggered: atPlace(10) });
  t.match(occurrence, { first_seq: 2, last_seq: 2, count: 1, price: 1.085 });
  t.strictSame(one.happens(page, 'olga', { type: 'AlarmDeleted', data: { alarm_id: 'alarm of page' } }).alarm, alarm);
  t.equal(one.live.pageOfAlarm('alarm of page'), undefined);
});

t.test(
  'PERM-9 a group of thousands: each member sees its page, and nobody any more when it is taken away',
  async (t) => {
    const one = new Desk();
    const members = Array.from({ length: 5_000 }, (_, at) => `member-${at}`);
    for (const id of members)
      one.happens(`username-${id}`, id, { type: 'UserRegistered', data: { user_id: id, username: id } });
    one.happens(page, 'olga', shared('group', 'desk', true));
    for (const user_id of members) one.happens(desk, 'olga', { type: 'GroupMemberAdded', data: { user_id } });
    t.ok(members.every((id) => visible(one, id).join() === 'page'));
    t.equal(one.live.groups.get('desk')!.revision, 5_001);
    for (const user_id of members.slice(2_500))
      one.happens(desk, 'olga', { type: 'GroupMemberRemoved', data: { user_id } });
    t.ok(members.every((id, at) => visible(one, id).length === (at < 2_500 ? 1 : 0)));
    one.happens(page, 'olga', shared('group', 'desk', false));
    t.ok(members.every((id) => visible(one, id).length === 0));
  },
);

t.test('PROJ-4 an event that this version does not know is never skipped: the fold throws a sentence', async (t) => {
  const one = new Desk();
  const event = { type: 'AlarmForeseen', data: { alarm_id: 'alarm of page' } } as unknown as DomainEvent;
  t.throws(
    () => one.happens(page, 'olga', event),
    /an event that this version does not know: AlarmForeseen at position 10\..*start a version that knows it/,
  );
});

t.test(
  'PERM-10 in random histories: what is void is what had no right, and it changes nothing but the seq',
  async (t) => {
    let [folded, voids] = [0, 0];
    fc.assert(
      fc.property(fc.array(move, { minLength: 20, maxLength: 80, size: 'max' }), (moves) => {
        const live = new LiveState();
        for (const recorded of recordedOf([...beginning, ...moves])) {
          const before = answersOf(live);
          const expected = isVoidByHand(live, recorded);
          const seqBefore = live.pages.get(idOf(recorded.stream))?.seq;
          const revisionBefore = live.groups.get(idOf(recorded.stream))?.revision;
          const { isVoid } = live.fold(recorded);
          folded += 1;
          if (isVoid !== expected) return false;
          if (!isVoid) continue;
          voids += 1;
          const page = live.pages.get(idOf(recorded.stream));
          if (page) {
            if (page.seq !== recorded.revision) return false;
            page.seq = seqBefore!;
          }
          const group = live.groups.get(idOf(recorded.stream));
          if (group) {
            if (group.revision !== recorded.revision) return false;
            group.revision = revisionBefore!;
          }
          if (JSON.stringify(answersOf(live)) !== JSON.stringify(before)) return false;
          if (group) group.revision = recorded.revision;
          if (page) page.seq = recorded.revision;
        }
        return isVisibleByHand(live);
      }),
      { ...replayable, numRuns: 40 },
    );
    t.ok(voids > 50, `${voids} of ${folded} were void`);
  },
);

/** The right that the user holds on the page, looked for in all that was granted. */
function rightByHand(live: LiveState, pageId: string, user: string): Right {
  const page = live.pages.get(pageId);
  if (!page) return 'none';
  if (page.owner_id === user) return 'own';
  const groups = [...live.groups.values()].filter(({ members }) => members.has(user)).map(({ id }) => id);
  const grants = [page.grants.user.get(user), ...groups.map((id) => page.grants.group.get(id))].filter(
    (grant) => grant !== undefined,
  );
  return grants.some(({ can_edit }) => can_edit) ? 'edit' : grants.length > 0 ? 'view' : 'none';
}

/** Whether an operator gives a page or group that is not theirs to this user, and may. */
function isAssignedByHand(live: LiveState, { by, at }: RecordedEvent['metadata'], to: string, keep: boolean): boolean {
  const { made_by, password_reset_by, password_reset_at } = live.accounts.of(to);
  const isWithinADay = (since: string): boolean => Date.parse(at) - Date.parse(since) < 86_400_000;
  const taker = live.users.get(to);
  return (
    !keep &&
    live.roles.of(by).has('operator') &&
    live.accounts.isActive(by) &&
    taker !== undefined &&
    to !== by &&
    !(made_by === by && isWithinADay(taker.created_at)) &&
    !(password_reset_by === by && isWithinADay(password_reset_at!))
  );
}

/** Whether the event is one of the server, of a deadline that the alarm has and that is due. */
function isDueByHand(
  alarm: Alarm | undefined,
  { type, data }: DomainEvent,
  { by, at }: RecordedEvent['metadata'],
): boolean {
  if (by !== SYSTEM_ID || !alarm?.deadlines || !('arm' in data)) return false;
  const { snooze, expiry, renotify } = alarm.deadlines;
  const deadline = type === 'AlarmUnsnoozed' ? snooze : type === 'AlarmExpired' ? expiry : renotify;
  if (!deadline || deadline.arm !== data.arm || deadline.due > Date.parse(at)) return false;
  return !('n' in data) || renotify?.n === data.n;
}

function isVoidByHand(live: LiveState, { event, stream, metadata }: RecordedEvent): boolean {
  const rule = eventRules[event.type];
  if (stream.startsWith('user-') && rule === 'operator')
    return metadata.by !== SYSTEM_ID && !live.roles.of(metadata.by).has('operator');
  if (event.type === 'RoleGranted' || event.type === 'RoleRevoked') return metadata.by !== SYSTEM_ID;
  if (event.type === 'AuditRead') return stream !== `user-${metadata.by}`;
  const group = live.groups.get(idOf(stream));
  if (stream.startsWith('group-') && event.type !== 'GroupCreated' && !live.accounts.isActive(metadata.by)) return true;
  switch (event.type) {
    case 'GroupMemberAdded':
    case 'GroupMemberRemoved':
      return group === undefined;
    case 'GroupRenamed':
    case 'GroupDeleted':
      return group?.owner_id !== metadata.by;
    case 'GroupTransferred': {
      if (!group || event.data.owner_id === group.owner_id) return true;
      const { owner_id, keep } = event.data;
      return group.owner_id !== metadata.by && !isAssignedByHand(live, metadata, owner_id, keep);
    }
    default:
  }
  if (!stream.startsWith('page-') || event.type === 'PageCreated') return false;
  const needed = eventRules[event.type as Exclude<PageEvent['type'], 'PageCreated'>];
  if (!live.accounts.isActive(metadata.by)) return true;
  if (event.type === 'PageLeft') return live.pages.get(idOf(stream))?.grants.user.has(metadata.by) !== true;
  if (event.type === 'PageShared' && event.data.subject_type === 'group' && !live.groups.has(event.data.subject_id))
    return true;
  if (event.type === 'PageTransferred' && event.data.owner_id === live.pages.get(idOf(stream))?.owner_id) return true;
  if (event.type === 'PageTransferred' && isAssignedByHand(live, metadata, event.data.owner_id, event.data.keep))
    return !live.pages.has(idOf(stream));
  const isThere =
    event.type === 'AlarmCreated' ||
    !('alarm_id' in event.data) ||
    live.pages.get(idOf(stream))?.alarms.has(event.data.alarm_id) === true;
  const alarm = 'alarm_id' in event.data ? live.pages.get(idOf(stream))?.alarms.get(event.data.alarm_id) : undefined;
  if (event.type === 'AlarmExpired' || event.type === 'AlarmRenotified' || ('arm' in event.data && event.data.arm))
    return !isDueByHand(alarm, event as DomainEvent, metadata);
  const isOwn =
    event.type === 'AlarmAssigned'
      ? (event.data.user_id === null ? alarm?.assignee : event.data.user_id) === metadata.by
      : (event.type === 'AlarmUnacknowledged' || event.type === 'AlarmCleared') &&
        alarm?.occurrence?.ack?.by === metadata.by;
  return !includes(rightByHand(live, idOf(stream), metadata.by), isOwn ? 'view' : (needed as Right)) || !isThere;
}

/** Whether each user sees exactly the pages on which they hold a right. */
const isVisibleByHand = (live: LiveState): boolean =>
  [...live.users.keys()].every((user) => {
    const seen = new Set(live.pagesVisibleTo(user).map(({ id }) => id));
    return [...live.pages.keys()].every((id) => seen.has(id) === (rightByHand(live, id, user) !== 'none'));
  });

/** The effect of each event on a page, and that a draft of a page does not change it. */
import fc from 'fast-check';
import t from 'tap';
import type { PageEvent } from '../../src/domain/events.js';
import { alarmBytes, draftOf, evolve, growth, type LivePage, newPage } from '../../src/domain/page.js';
import { ALARM } from './plain-alarm.js';

const AT = '2026-01-15T10:30:00.000Z';
const LATER = '2026-01-15T10:31:00.000Z';

const created = (alarm_id = 'alarm'): PageEvent => ({
  type: 'AlarmCreated',
  data: { alarm_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' },
});
const shared = (can_view: boolean, can_edit: boolean, subject_type: 'user' | 'group' = 'user'): PageEvent => ({
  type: 'PageShared',
  data: { subject_type, subject_id: 'vera', can_view, can_edit },
});

function pageAfter(...events: PageEvent[]): LivePage {
  const page = newPage('page', 'Alarmes', 'olga');
  for (const event of events) evolve(page, event, { at: AT, by: 'vera' });
  return page;
}

t.test('PERM-1 a new page is empty and belongs to its creator', async (t) => {
  const page = pageAfter({ type: 'PageCreated', data: { name: 'Alarmes', owner_id: 'olga' } });
  t.same(page, {
    id: 'page',
    owner_id: 'olga',
    name: 'Alarmes',
    deleted: false,
    seq: 0,
    bytes: 0,
    alarms: new Map(),
    grants: { user: new Map(), group: new Map() },
  });
});

t.test('PERM-4 renamed and deleted', async (t) => {
  t.equal(pageAfter({ type: 'PageRenamed', data: { name: 'Desk' } }).name, 'Desk');
  t.equal(pageAfter({ type: 'PageDeleted', data: {} }).deleted, true);
});

t.test('PERM-6 a grant stands until both rights are false; the last one counts', async (t) => {
  t.same(pageAfter(shared(true, false)).grants.user.get('vera'), { can_view: true, can_edit: false });
  t.same(
    pageAfter(shared(true, true), shared(true, false)).grants.user.get('vera'),
    { can_view: true, can_edit: false },
    'less than before',
  );
  t.equal(pageAfter(shared(true, true), shared(false, false)).grants.user.has('vera'), false);
  t.equal(pageAfter(shared(false, false)).grants.user.size, 0, 'taking away what was never given');
  t.equal(
    pageAfter(shared(true, false, 'group'), shared(false, false, 'user')).grants.group.has('vera'),
    true,
    'of the other kind',
  );
});

t.test('PERM-5 can_edit implies can_view, even in an event that says otherwise', async (t) => {
  t.same(pageAfter(shared(false, true)).grants.user.get('vera'), { can_view: true, can_edit: true });
});

t.test('PERM-3 an alarm is created active, changed field by field, deleted', async (t) => {
  t.same(pageAfter(created()).alarms.get('alarm'), ALARM);
  t.same(
    pageAfter(created(), { type: 'AlarmUpdated', data: { alarm_id: 'alarm', ticker: 'EUR/GBP' } }).alarms.get('alarm'),
    { ...ALARM, ticker: 'EUR/GBP' },
  );
  t.same(
    pageAfter(created(), {
      type: 'AlarmUpdated',
      data: { alarm_id: 'alarm', active: false, option: '', condition: 'below' },
    }).alarms.get('alarm'),
    { ...ALARM, active: false, option: '', condition: 'below' },
  );
  t.equal(pageAfter(created(), { type: 'AlarmDeleted', data: { alarm_id: 'alarm' } }).alarms.size, 0);
});

t.test('PERM-2 a trigger leaves its time on the alarm, and the last one stays', async (t) => {
  const page = pageAfter(created());
  for (const at of [AT, LATER]) {
    evolve(page, { type: 'AlarmTriggered', data: { alarm_id: 'alarm', price: 1.085 } }, { at, by: 'vera' });
    const { occurrence, ...alarm } = page.alarms.get('alarm')!;
    t.same(alarm, { ...ALARM, last_triggered: at });
    t.match(occurrence, { first_at: AT, last_at: at, price: 1.085 });
  }
});

t.test('PERM-10 what happens to an alarm that is not there changes nothing', async (t) => {
  const before = { ...pageAfter(created('other')), seq: 2 };
  t.same(pageAfter(created('other'), { type: 'AlarmUpdated', data: { alarm_id: 'alarm', ticker: 'X' } }), before);
  t.same(pageAfter(created('other'), { type: 'AlarmTriggered', data: { alarm_id: 'alarm', price: 1 } }), before);
  t.same(pageAfter(created('other'), { type: 'AlarmDeleted', data: { alarm_id: 'alarm' } }), before);
});

t.test('CMD-5 a draft shows all that was folded into it, and the page under it nothing', async (t) => {
  const alarmId = fc.constantFrom('a', 'b', 'c');
  const text = fc.constantFrom('', 'EUR/USD', 'été');
  const data = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields);
  const pageEvent: fc.Arbitrary<PageEvent> = fc.oneof(
    data({ name: text }).map((fields) => ({ type: 'PageRenamed' as const, data: fields })),
    fc.constant({ type: 'PageDeleted' as const, data: {} }),
    data({
      subject_type: fc.constantFrom('user' as const, 'group' as const),
      subject_id: alarmId,
      can_view: fc.boolean(),
      can_edit: fc.boolean(),
    }).map((fields) => ({ type: 'PageShared' as const, data: fields })),
    data({ alarm_id: alarmId, ticker: text, option: text, condition: text }).map((fields) => ({
      type: 'AlarmCreated' as const,
      data: fields,
    })),
    data({ alarm_id: alarmId, active: fc.boolean() }).map((fields) => ({
      type: 'AlarmUpdated' as const,
      data: fields,
    })),
    data({ alarm_id: alarmId, price: fc.double() }).map((fields) => ({
      type: 'AlarmTriggered' as const,
      data: fields,
    })),
    data({ alarm_id: alarmId }).map((fields) => ({ type: 'AlarmDeleted' as const, data: fields })),
  );
  fc.assert(
    fc.property(fc.array(pageEvent), fc.array(pageEvent), fc.array(pageEvent), (past, first, second) => {
      const page = pageAfter(...past);
      const untouched = pageAfter(...past);
      const draft = draftOf(page);
      for (const event of first) evolve(draft, event, { at: LATER, by: 'vera' });
      // A draft of a draft, as a batch that is decided again might take one.
      const further = draftOf(draft);
      for (const event of second) evolve(further, event, { at: LATER, by: 'vera' });
      const expected = pageAfter(...past);
      for (const event of first) evolve(expected, event, { at: LATER, by: 'vera' });
      for (const id of ['a', 'b', 'c']) {
        t.strictSame(draft.alarms.get(id), expected.alarms.get(id));
        for (const type of ['user', 'group'] as const)
          t.strictSame(draft.grants[type].get(id), expected.grants[type].get(id));
      }
      t.strictSame([draft.name, draft.deleted], [expected.name, expected.deleted]);
      t.strictSame(page, untouched);
      return t.passing();
    }),
  );
});

t.test('PERM-11 who leaves a page loses the grant that was made to them, and nobody else does', async (t) => {
  const page = pageAfter(shared(true, true), shared(true, false, 'group'));
  evolve(page, { type: 'PageLeft', data: {} }, { at: LATER, by: 'pete' });
  t.ok(page.grants.user.has('vera'));
  evolve(page, { type: 'PageLeft', data: {} }, { at: LATER, by: 'vera' });
  t.notOk(page.grants.user.has('vera'));
  t.ok(page.grants.group.has('vera'), 'a grant to a group of the same id');
});

t.test('PERM-13 PERM-16 a page that is transferred leaves its former owner a grant to edit, or nothing', async (t) => {
  const kept = pageAfter(shared(true, false), { type: 'PageTransferred', data: { owner_id: 'vera', keep: true } });
  t.equal(kept.owner_id, 'vera');
  t.same([...kept.grants.user], [['olga', { can_view: true, can_edit: true }]], 'the new owner needs no grant');
  const given = pageAfter(shared(true, false));
  given.grants.user.set('olga', { can_view: true, can_edit: true });
  evolve(given, { type: 'PageTransferred', data: { owner_id: 'vera', keep: false } }, { at: LATER, by: 'system' });
  t.same([given.owner_id, [...given.grants.user]], ['vera', []]);
});

t.test('LIM-3 the size of a page follows its alarms', async (t) => {
  const long: PageEvent = {
    type: 'AlarmUpdated',
    data: { alarm_id: 'alarm', ticker: 'É'.repeat(10), condition: 'x'.repeat(100) },
  };
  const page = pageAfter(created());
  t.equal(page.bytes, alarmBytes(ALARM));
  t.equal(alarmBytes({ ticker: '', option: '', condition: '' }), 240);
  t.equal(alarmBytes({ ticker: 'É', option: 'ab', condition: 'abc' }), 247, 'in bytes of UTF-8');
  t.equal(growth(page, created()), 0, 'created again, it is the same size');
  t.equal(growth(page, long), 20 + 100 - 'EUR/USD'.length - 'above'.length);
  t.equal(growth(page, { type: 'AlarmUpdated', data: { alarm_id: 'none', ticker: 'long' } }), 0);
  t.equal(growth(page, { type: 'AlarmDeleted', data: { alarm_id: 'none' } }), 0);
  t.equal(growth(page, { type: 'AlarmTriggered', data: { alarm_id: 'alarm', price: 1 } }), 0);
  t.equal(growth(page, { type: 'PageRenamed', data: { name: 'a longer name' } }), 0);
  evolve(page, long, { at: LATER, by: 'vera' });
  t.equal(page.bytes, alarmBytes({ ...ALARM, ticker: 'É'.repeat(10), condition: 'x'.repeat(100) }));
  evolve(page, { type: 'AlarmDeleted', data: { alarm_id: 'alarm' } }, { at: LATER, by: 'vera' });
  t.equal(page.bytes, 0);
});

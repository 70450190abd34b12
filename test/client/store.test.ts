/** The client's store, as given (messages already seen), when (one more), then (what it did and what is held). */
import { type Alarm, AlarmStore, type Outcome, type Page, type ServerMessage } from '@alarm-server/client';
import t from 'tap';
import { alarm, alarmUpdate, alice, initialState, page, pageUpdate } from './wire-samples.js';

interface Expected {
  did: Outcome;
  pages: Page[];
  alarms: Alarm[];
}

const applied: Outcome = { kind: 'applied' };

function given(...seen: ServerMessage[]) {
  const store = new AlarmStore();
  for (const message of seen) store.apply(message);
  return {
    when: (message: ServerMessage) => {
      const did = store.apply(message);
      return {
        then: (expected: Expected, rule: string) => {
          t.strictSame({ did, pages: [...store.pages.values()], alarms: [...store.alarms.values()] }, expected, rule);
        },
      };
    },
  };
}

const triggered = alarm({ last_triggered: '2026-03-02T09:00:00.000Z' });
const otherPage = page({ id: 'gbp', name: 'GBP/USD', seq: 7 });
const otherAlarm = alarm({ id: 'cable', page_id: 'gbp' });

// Messages in order.
given()
  .when(initialState())
  .then({ did: applied, pages: [page()], alarms: [alarm()] }, 'the initial state is held as it came');
given(initialState({ pages: [otherPage], alarms: [otherAlarm] }))
  .when(initialState())
  .then({ did: applied, pages: [page()], alarms: [alarm()] }, 'another initial state replaces everything');
given(initialState())
  .when(alarmUpdate(2, 'created', alarm({ id: 'fwd' })))
  .then(
    { did: applied, pages: [page({ seq: 2 })], alarms: [alarm(), alarm({ id: 'fwd' })] },
    'a created alarm is added',
  );
given(initialState())
  .when(alarmUpdate(2, 'updated', alarm({ active: false })))
  .then(
    { did: applied, pages: [page({ seq: 2 })], alarms: [alarm({ active: false })] },
    'an updated alarm replaces what was held',
  );
given(initialState())
  .when(alarmUpdate(2, 'triggered', { ...triggered, price: 1.085 }))
  .then(
    { did: applied, pages: [page({ seq: 2 })], alarms: [triggered] },
    'a trigger moves last_triggered; its price is no part of the alarm',
  );
given(initialState(), alarmUpdate(2, 'updated', alarm({ severity: 'high', tags: ['ecb'] })))
  .when(alarmUpdate(3, 'updated', alarm({ tags: ['ecb'] })))
  .then(
    { did: applied, pages: [page({ seq: 3 })], alarms: [alarm({ tags: ['ecb'] })] },
    'what an update leaves out has its default',
  );
given(initialState())
  .when(alarmUpdate(2, 'deleted', alarm()))
  .then({ did: applied, pages: [page({ seq: 2 })], alarms: [] }, 'a deleted alarm is gone');
given(initialState())
  .when(pageUpdate(2, 'renamed', page({ seq: 2, name: 'Euro' })))
  .then(
    { did: applied, pages: [page({ seq: 2, name: 'Euro' })], alarms: [alarm()] },
    'a renamed page has its new name',
  );
given(initialState())
  .when(pageUpdate(2, 'void', page({ seq: 2, name: 'never' })))
  .then({ did: applied, pages: [page({ seq: 2 })], alarms: [alarm()] }, 'a void event moves the seq and nothing else');

// Rights.
given(initialState())
  .when({ type: 'page_rights', payload: { page: page({ can_edit: false, seq: 9 }) } })
  .then(
    { did: applied, pages: [page({ can_edit: false })], alarms: [alarm()] },
    'page_rights changes the rights and not the seq',
  );
given(initialState())
  .when({ type: 'page_added', payload: { page: otherPage, alarms: [otherAlarm] } })
  .then(
    { did: applied, pages: [page(), otherPage], alarms: [alarm(), otherAlarm] },
    'page_added brings page and alarms',
  );
given(initialState())
  .when({ type: 'page_added', payload: { page: page({ seq: 5 }), alarms: [alarm({ id: 'fwd' })] } })
  .then(
    { did: applied, pages: [page({ seq: 5 })], alarms: [alarm({ id: 'fwd' })] },
    'page_added replaces what was held of the page',
  );
given(initialState({ pages: [page(), otherPage], alarms: [alarm(), otherAlarm] }))
  .when({ type: 'page_removed', payload: { page_id: 'eur' } })
  .then(
    { did: applied, pages: [otherPage], alarms: [otherAlarm] },
    'page_removed takes the page with its alarms and no other',
  );

// Messages out of order.
given(initialState(), alarmUpdate(2, 'updated', alarm({ active: false })))
  .when(alarmUpdate(2, 'updated', alarm({ active: true })))
  .then(
    { did: { kind: 'duplicate' }, pages: [page({ seq: 2 })], alarms: [alarm({ active: false })] },
    'a revision already held is dropped',
  );
given(initialState())
  .when(alarmUpdate(4, 'deleted', alarm()))
  .then(
    { did: { kind: 'gap', gap: { page_id: 'eur', expected: 2, received: 4 } }, pages: [page()], alarms: [alarm()] },
    'a skipped revision is a gap, and the page stays as it was',
  );
given(initialState(), alarmUpdate(4, 'deleted', alarm()))
  .when(pageUpdate(5, 'renamed', page({ seq: 5, name: 'Euro' })))
  .then(
    { did: { kind: 'gap', gap: { page_id: 'eur', expected: 2, received: 5 } }, pages: [page()], alarms: [alarm()] },
    'what follows a gap is not applied either',
  );
given(initialState(), alarmUpdate(4, 'deleted', alarm()))
  .when(alarmUpdate(2, 'updated', alarm({ active: false })))
  .then(
    { did: applied, pages: [page({ seq: 2 })], alarms: [alarm({ active: false })] },
    'the missing revision is taken when it comes',
  );
given(initialState(), alarmUpdate(4, 'deleted', alarm()), alarmUpdate(2, 'updated', alarm()))
  .when(alarmUpdate(5, 'deleted', alarm()))
  .then(
    {
      did: { kind: 'gap', gap: { page_id: 'eur', expected: 3, received: 5 } },
      pages: [page({ seq: 2 })],
      alarms: [alarm()],
    },
    'a gap after a filled one is reported again',
  );
given(initialState(), alarmUpdate(4, 'deleted', alarm()), initialState({ pages: [page({ seq: 4 })], alarms: [] }))
  .when(alarmUpdate(6, 'created', alarm()))
  .then(
    { did: { kind: 'gap', gap: { page_id: 'eur', expected: 5, received: 6 } }, pages: [page({ seq: 4 })], alarms: [] },
    'a full state ends a gap',
  );
given(initialState(), alarmUpdate(4, 'deleted', alarm()), {
  type: 'page_added',
  payload: { page: page({ seq: 4 }), alarms: [] },
})
  .when(alarmUpdate(6, 'created', alarm()))
  .then(
    { did: { kind: 'gap', gap: { page_id: 'eur', expected: 5, received: 6 } }, pages: [page({ seq: 4 })], alarms: [] },
    'so does the page added anew',
  );
given(initialState(), { type: 'page_removed', payload: { page_id: 'eur' } })
  .when(alarmUpdate(2, 'created', alarm()))
  .then(
    { did: { kind: 'unexpected_message' }, pages: [], alarms: [] },
    'an update of a page that was taken away is not applied',
  );
given(initialState({ pages: [], alarms: [] }))
  .when({ type: 'page_rights', payload: { page: page() } })
  .then({ did: { kind: 'unexpected_message' }, pages: [], alarms: [] }, 'page_rights does not bring a page');
given(initialState({ pages: [], alarms: [] }))
  .when({ type: 'page_removed', payload: { page_id: 'eur' } })
  .then({ did: { kind: 'unexpected_message' }, pages: [], alarms: [] }, 'a page that is not held cannot be taken away');

// Messages that say nothing of pages and alarms.
given(initialState({ pages: [], alarms: [] }))
  .when({ type: 'success', id: '1', payload: { action: 'page_created', data: page(), seq: 0, position: '1' } })
  .then(
    { did: { kind: 'not_state' }, pages: [], alarms: [] },
    'an answer changes nothing: a repeated one may be older than the state',
  );
given(initialState())
  .when({ type: 'error', payload: { message: 'Permission denied: cannot edit this page' } })
  .then({ did: { kind: 'not_state' }, pages: [page()], alarms: [alarm()] }, 'an error changes nothing');
given(initialState())
  .when({ type: 'of_another_day', payload: {} } as unknown as ServerMessage)
  .then(
    { did: { kind: 'not_state' }, pages: [page()], alarms: [alarm()] },
    'a type unknown to this client changes nothing',
  );

t.test('cursor', async (t) => {
  const store = new AlarmStore();
  t.equal(store.cursor(), undefined, 'there is none before the initial state');
  store.apply(initialState({ pages: [page(), otherPage] }));
  store.apply(alarmUpdate(2, 'updated', alarm()));
  store.apply(alarmUpdate(9, 'created', otherAlarm));
  t.strictSame(
    store.cursor(),
    { log: 'log-1', pages: { eur: 2, gbp: 7 } },
    'it names the last sure revision of each page',
  );
});

t.test('alarmsOf gives the alarms of one page', async (t) => {
  const store = new AlarmStore();
  store.apply(initialState({ pages: [page(), otherPage], alarms: [alarm(), otherAlarm] }));
  t.strictSame(store.alarmsOf('gbp'), [otherAlarm]);
  t.strictSame(store.alarmsOf('chf'), []);
});

t.test('a server that knows only the base contract', async (t) => {
  // The base contract's own examples, field for field: no log, no seq, no page_id in an update's data.
  const held = { id: 'eur', name: 'EUR/USD', owner_id: alice.id, is_owner: true };
  const { last_triggered: _, page_id: __, ...data } = alarm();
  const start = { type: 'initial_state', payload: { user: alice, pages: [held], alarms: [alarm()] } };
  const update = (action: string, changes: object) => ({
    type: 'alarm_update',
    payload: { alarm_id: 'spot', page_id: 'eur', action, data: { ...data, ...changes } },
  });
  const storeAfter = (...messages: object[]) => {
    const store = new AlarmStore();
    for (const message of [start, ...messages]) store.apply(message as ServerMessage);
    return store;
  };

  t.strictSame(
    storeAfter(update('updated', { active: false })).alarms.get('spot'),
    alarm({ active: false }),
    'updates are applied as they come',
  );
  t.strictSame(storeAfter(update('deleted', {})).alarms.size, 0, 'deletions too');
  const created = storeAfter(update('deleted', {}), update('created', {}));
  t.strictSame(created.alarms.get('spot'), alarm(), 'a created alarm gets the page named beside its data');
  const answered = storeAfter({
    type: 'success',
    payload: { action: 'page_created', data: { id: 'gbp', name: 'GBP/USD' } },
  });
  t.strictSame(
    answered.pages.get('gbp'),
    { id: 'gbp', name: 'GBP/USD', owner_id: alice.id, is_owner: true },
    'a page the user created is held from its answer on, since nothing else tells of it',
  );
  t.equal(answered.cursor(), undefined, 'there is nothing to resume from');
});

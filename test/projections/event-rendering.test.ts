/** What each event says: the data of its message, of its line in the history and of the answer to its command. */
import t from 'tap';
import type { DomainEvent } from '../../src/domain/events.js';
import { groupStream, pageStream } from '../../src/domain/streams.js';
import { renderEvent } from '../../src/projections/event-rendering.js';
import { LiveState } from '../../src/projections/live-state.js';
import { atPlace, Recording } from '../domain/recording.js';

const NAME = 'L’été "à" \\ 📈';

/** A story in which each kind of event happens once; each told right after its fold. */
function told(story: readonly (readonly [stream: string, by: string, event: DomainEvent])[]): unknown[] {
  const live = new LiveState();
  const recording = new Recording();
  return story.map(
    ([stream, by, event]) => JSON.parse(renderEvent(live, live.fold(recording.record(stream, by, event)))) as unknown,
  );
}

/** The occurrence of the alarm's one trigger. */
const status = {
  state: 'open',
  first_seq: 7,
  first_at: atPlace(13),
  last_seq: 7,
  last_at: atPlace(13),
  count: 1,
  price: -1e-7,
};

t.test('HTTP-4 every event says what it left behind', async (t) => {
  const page = pageStream('page');
  const group = groupStream('desk');
  const alarm = {
    id: 'alarm',
    page_id: 'page',
    ticker: 'EUR/USD',
    option: '',
    condition: NAME,
    active: true,
    last_triggered: null as string | null,
  };
  const shared = { subject_type: 'group' as const, subject_id: 'desk', can_view: true, can_edit: false };
  const switched = { ...alarm, ticker: 'EUR/GBP', active: false };
  const story: [stream: string, by: string, event: DomainEvent, said: unknown][] = [
    ['log', 'system', { type: 'LogCreated', data: { log_id: 'log' } }, {}],
    ['username-olga', 'olga', { type: 'UserRegistered', data: { user_id: 'olga', username: NAME } }, {}],
    ['username-vera', 'vera', { type: 'UserRegistered', data: { user_id: 'vera', username: 'vera' } }, {}],
    [
      group,
      'olga',
      { type: 'GroupCreated', data: { name: NAME, owner_id: 'olga' } },
      { id: 'desk', name: NAME, owner_id: 'olga', members: [{ id: 'olga', username: NAME }] },
    ],
    [
      group,
      'olga',
      { type: 'GroupMemberAdded', data: { user_id: 'vera' } },
      { group_id: 'desk', user_id: 'vera', username: 'vera' },
    ],
    [
      page,
      'olga',
      { type: 'PageCreated', data: { name: NAME, owner_id: 'olga' } },
      { id: 'page', name: NAME, owner_id: 'olga' },
    ],
    [page, 'olga', { type: 'PageRenamed', data: { name: 'Desk' } }, { id: 'page', name: 'Desk', owner_id: 'olga' }],
    [page, 'olga', { type: 'PageShared', data: shared }, { page_id: 'page', ...shared }],
    [
      page,
      'olga',
      { type: 'PageShared', data: { subject_type: 'user', subject_id: 'vera', can_view: true, can_edit: true } },
      { page_id: 'page', subject_type: 'user', subject_id: 'vera', can_view: true, can_edit: true },
    ],
    [
      page,
      'vera',
      { type: 'PageLeft', data: {} },
      { page_id: 'page', subject_type: 'user', subject_id: 'vera', can_view: false, can_edit: false },
    ],
    [page, 'vera', { type: 'PageLeft', data: {} }, {}],
    [
      page,
      'olga',
      { type: 'AlarmCreated', data: { alarm_id: 'alarm', ticker: 'EUR/USD', option: '', condition: NAME } },
      alarm,
    ],
    [
      page,
      'vera',
      { type: 'AlarmTriggered', data: { alarm_id: 'alarm', price: -1e-7 } },
      { ...alarm, last_triggered: atPlace(13), status, price: -1e-7 },
    ],
    [
      page,
      'olga',
      { type: 'AlarmUpdated', data: { alarm_id: 'alarm', ticker: 'EUR/GBP', active: false } },
      { ...switched, last_triggered: atPlace(13) },
    ],
    [page, 'vera', { type: 'AlarmDeleted', data: { alarm_id: 'alarm' } }, {}],
    [page, 'olga', { type: 'AlarmDeleted', data: { alarm_id: 'alarm' } }, { ...switched, last_triggered: atPlace(13) }],
    [
      group,
      'olga',
      { type: 'GroupMemberRemoved', data: { user_id: 'vera' } },
      { group_id: 'desk', user_id: 'vera', username: 'vera' },
    ],
    [
      page,
      'olga',
      { type: 'PageTransferred', data: { owner_id: 'vera', keep: true } },
      { id: 'page', name: 'Desk', owner_id: 'vera' },
    ],
    [page, 'olga', { type: 'PageTransferred', data: { owner_id: 'olga', keep: true } }, {}],
    [page, 'vera', { type: 'PageDeleted', data: {} }, { id: 'page', name: 'Desk', owner_id: 'vera' }],
    [
      group,
      'olga',
      { type: 'GroupRenamed', data: { name: 'Desk' } },
      { id: 'desk', name: 'Desk', owner_id: 'olga', members: [{ id: 'olga', username: NAME }] },
    ],
    [
      group,
      'olga',
      { type: 'GroupTransferred', data: { owner_id: 'vera', keep: false } },
      { id: 'desk', name: 'Desk', owner_id: 'vera', members: [{ id: 'vera', username: 'vera' }] },
    ],
    [group, 'olga', { type: 'GroupDeleted', data: {} }, {}],
    [
      group,
      'vera',
      { type: 'GroupDeleted', data: {} },
      { id: 'desk', name: 'Desk', owner_id: 'vera', members: [{ id: 'vera', username: 'vera' }] },
    ],
    [group, 'vera', { type: 'GroupMemberAdded', data: { user_id: 'olga' } }, {}],
  ];
  const said = told(story.map(([stream, by, event]) => [stream, by, event]));
  story.forEach(([, by, event, expected], at) => t.strictSame(said[at], expected, `${event.type} by ${by}`));
});

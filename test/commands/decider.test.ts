/** A batch: several commands decided one after the other, before any of them is true. */
import t from 'tap';
import { createAlarm } from '../../src/commands/alarms/create-alarm.js';
import { deleteAlarm } from '../../src/commands/alarms/delete-alarm.js';
import { triggerAlarm } from '../../src/commands/alarms/trigger-alarm.js';
import { updateAlarm } from '../../src/commands/alarms/update-alarm.js';
import type { Command } from '../../src/commands/command.js';
import { type Asked, decider, revisionOf } from '../../src/commands/handling/decider.js';
import { commandKey, contentHash, entityId } from '../../src/commands/handling/ids.js';
import { deletePage } from '../../src/commands/pages/delete-page.js';
import { sharePage } from '../../src/commands/pages/share-page.js';
import { eventVersions } from '../../src/domain/events.js';
import { groupStream, pageStream } from '../../src/domain/streams.js';
import { LiveState } from '../../src/projections/live-state.js';
import { Recording } from '../domain/recording.js';

const AT = '2026-02-01T08:00:00.000Z';
const stream = pageStream('page');

function liveState(): LiveState {
  const live = new LiveState();
  const recording = new Recording();
  for (const id of ['olga', 'vera'])
    live.fold(recording.record(`username-${id}`, id, { type: 'UserRegistered', data: { user_id: id, username: id } }));
  live.fold(recording.record(stream, 'olga', { type: 'PageCreated', data: { name: 'Alarmes', owner_id: 'olga' } }));
  live.fold(
    recording.record(stream, 'olga', {
      type: 'AlarmCreated',
      data: { alarm_id: 'alarm', ticker: 'EUR/USD', option: 'spot', condition: 'above' },
    }),
  );
  live.fold(
    recording.record(stream, 'olga', {
      type: 'PageShared',
      data: { subject_type: 'user', subject_id: 'vera', can_view: true, can_edit: true },
    }),
  );
  return live;
}

let keys = 0;
const asked = (by: string, command: Command, payload: unknown): Asked => ({
  command,
  payload,
  by,
  key: `00000000-0000-4000-8000-${String(++keys).padStart(12, '0')}`,
  identified: undefined,
});
const trigger = (by: string): Asked => asked(by, triggerAlarm, { alarm_id: 'alarm', price: 1 });
const share = (can_view: boolean, can_edit: boolean): Asked =>
  asked('olga', sharePage, { page_id: 'page', subject_type: 'user', subject_id: 'vera', can_view, can_edit });

/** Decides them as one batch; what each became: its event's type, or the code of its refusal. */
function batch(live: LiveState, ...all: Asked[]): string[] {
  const decide = decider(stream, live, AT, { several: true, inFlight: [] });
  return all.map((one) => decide(one)).map((decided) => ('code' in decided ? decided.code : decided.event.type));
}

t.test('CMD-5 each command of a batch is decided on what the one before it left', async (t) => {
  const live = liveState();
  t.same(
    batch(live, trigger('vera'), share(false, false), trigger('vera'), share(true, false), trigger('vera')),
    ['AlarmTriggered', 'PageShared', 'not_found', 'PageShared', 'AlarmTriggered'],
    'rights',
  );
  const switched = (active: boolean): Asked => asked('olga', updateAlarm, { alarm_id: 'alarm', active });
  t.same(
    batch(live, switched(false), trigger('vera'), switched(true), trigger('vera')),
    ['AlarmUpdated', 'alarm_inactive', 'AlarmUpdated', 'AlarmTriggered'],
    'alarms',
  );
  t.same(
    batch(live, share(true, false), asked('vera', deleteAlarm, { alarm_id: 'alarm' })),
    ['PageShared', 'permission_denied'],
    'less of a right',
  );
  t.same(
    batch(live, asked('olga', deletePage, { page_id: 'page' }), trigger('olga'), share(true, true)),
    ['PageDeleted', 'not_found', 'not_found'],
    'the page itself',
  );
});

t.test('CMD-5 an alarm made in the batch is there for those that come after it', async (t) => {
  const create = asked('olga', createAlarm, { page_id: 'page', ticker: 'X', option: '', condition: '' });
  const alarm_id = entityId(create.key);
  t.same(
    batch(
      liveState(),
      create,
      asked('olga', triggerAlarm, { alarm_id, price: 1 }),
      asked('olga', deleteAlarm, { alarm_id }),
      asked('olga', deleteAlarm, { alarm_id }),
    ),
    ['AlarmCreated', 'AlarmTriggered', 'AlarmDeleted', 'not_found'],
  );
});

t.test('CMD-5 nothing that a batch decides is true before the log has it', async (t) => {
  const live = liveState();
  batch(
    live,
    share(false, false),
    asked('olga', deleteAlarm, { alarm_id: 'alarm' }),
    asked('olga', deletePage, { page_id: 'page' }),
  );
  t.same(live, liveState());
  t.same(batch(live, trigger('vera')), ['AlarmTriggered'], 'and the next batch begins where the log stands');
});

t.test('CMD-1 an event says which command made it, and whose it was', async (t) => {
  const live = liveState();
  const payload = { alarm_id: 'alarm', price: 1 };
  const identified = { id: 'once', hash: contentHash('trigger_alarm', payload) };
  const key = '0b9a2f4e-7d51-5c0e-8f6e-3c2d1b0a9f8e';
  t.same(
    decider(stream, live, AT, { several: false, inFlight: [] })({
      command: triggerAlarm,
      payload,
      by: 'vera',
      key,
      identified,
    }),
    {
      id: key,
      event: { type: 'AlarmTriggered', data: payload },
      metadata: {
        at: AT,
        by: 'vera',
        via: 'direct',
        command: 'trigger_alarm',
        key,
        id: 'once',
        hash: identified.hash,
        v: eventVersions.AlarmTriggered,
      },
    },
  );
  t.notOk(
    'id' in
      (decider(stream, live, AT, { several: false, inFlight: [] })(trigger('vera')) as { metadata: object }).metadata,
    'one without an id is not remembered',
  );
});

t.test('CMD-1 a key is the id of one user, a hash the content of one command', async (t) => {
  const [olga, vera] = ['6b1f0f4e-3f0a-4d0c-9a57-0f5f6f1f9b11', '6b1f0f4e-3f0a-4d0c-9a57-0f5f6f1f9b12'];
  t.equal(commandKey(olga!, 'a'), commandKey(olga!, 'a'));
  t.not(commandKey(olga!, 'a'), commandKey(vera!, 'a'));
  t.not(commandKey(olga!, 'a'), commandKey(olga!, 'b'));
  t.equal(
    contentHash('trigger_alarm', { alarm_id: 'a', price: 1 }),
    contentHash('trigger_alarm', triggerAlarm.payload.parse({ price: 1, alarm_id: 'a' })),
    'in whatever order its fields came',
  );
  t.not(
    contentHash('trigger_alarm', { alarm_id: 'a', price: 1 }),
    contentHash('trigger_alarm', { alarm_id: 'a', price: 2 }),
  );
  t.not(contentHash('delete_alarm', { alarm_id: 'a' }), contentHash('update_alarm', { alarm_id: 'a' }));
});

t.test('LOG-1 the revision that a decision rests on is that of the stream in the live state', async (t) => {
  const live = liveState();
  t.equal(revisionOf(stream, live), 2);
  t.equal(revisionOf(pageStream('none'), live), -1);
  t.equal(revisionOf(groupStream('none'), live), -1);
});

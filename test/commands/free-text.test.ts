/** Comments and notes: what a command's event holds of them, and who may write them. */
import t from 'tap';
import { ackAlarm } from '../../src/commands/alarms/ack-alarm.js';
import { clearAlarm } from '../../src/commands/alarms/clear-alarm.js';
import { commentAlarm } from '../../src/commands/alarms/comment-alarm.js';
import { createAlarm } from '../../src/commands/alarms/create-alarm.js';
import { snoozeAlarm } from '../../src/commands/alarms/snooze-alarm.js';
import { unackAlarm } from '../../src/commands/alarms/unack-alarm.js';
import { updateAlarm } from '../../src/commands/alarms/update-alarm.js';
import { FreeTextRequests, freeTextOf, hashedContent } from '../../src/commands/handling/free-text-requests.js';
import type { Request } from '../../src/commands/handling/pending-command.js';
import { ackPage } from '../../src/commands/pages/ack-page.js';
import { denied } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { notFound } from '../../src/domain/refusals.js';
import { pageStream } from '../../src/domain/streams.js';
import { ALARM, desk, editor, NEW_ID, owner, PAGE, refusedPayload, sealedBy, stranger, viewer } from './scenario.js';

const alarm = { alarm_id: ALARM };
const triggered: DomainEvent = { type: 'AlarmTriggered', data: { ...alarm, price: 1 } };
const fired = desk.given(pageStream(PAGE), viewer, triggered);
const texts = { ticker: 'EUR/USD', option: '', condition: 'above' };

fired
  .when(stranger, commentAlarm, { ...alarm, text: 'x' })
  .then(notFound('alarm'), 'TEXT-1 who may not view the page knows nothing of the alarm')
  .when(viewer, commentAlarm, { ...alarm, text: 'two\nlines' })
  .then(
    { type: 'AlarmCommented', data: { ...alarm, text: sealedBy(viewer)('two\nlines') } },
    'TEXT-1 who may view may comment',
  )
  .when(viewer, ackAlarm, { ...alarm, upto: 5, comment: 'on it' })
  .then(
    { type: 'AlarmAcknowledged', data: { ...alarm, upto: 5, comment: sealedBy(viewer)('on it') } },
    'TEXT-2 sealed with the key of its author',
  )
  .when(viewer, unackAlarm, { ...alarm, comment: 'not yet' })
  .then({ type: 'AlarmUnacknowledged', data: { ...alarm, comment: sealedBy(viewer)('not yet') } }, 'TEXT-1 taken back')
  .when(viewer, ackPage, { page_id: PAGE, upto: 5, comment: 'all' })
  .then({ type: 'PageAcknowledged', data: { upto: 5, comment: sealedBy(viewer)('all') } }, 'TEXT-1 of the page')
  .when(viewer, clearAlarm, { ...alarm, comment: 'over' })
  .then({ type: 'AlarmCleared', data: { ...alarm, comment: sealedBy(viewer)('over') } }, 'TEXT-1 cleared')
  .when(viewer, updateAlarm, { ...alarm, note: 'x' })
  .then(denied('edit'), 'TEXT-1 a note needs edit')
  .when(editor, snoozeAlarm, { ...alarm, until: '2026-02-02T08:00:00.000Z', comment: 'lunch' })
  .then(
    {
      type: 'AlarmSnoozed',
      data: { ...alarm, until: '2026-02-02T08:00:00.000Z', comment: sealedBy(editor)('lunch') },
    },
    'TEXT-1 snoozed',
  )
  .when(editor, updateAlarm, { ...alarm, note: 'call' })
  .then({ type: 'AlarmUpdated', data: { ...alarm, note: sealedBy(editor)('call') } }, 'TEXT-1 a note')
  .when(editor, updateAlarm, { ...alarm, note: null })
  .then({ type: 'AlarmUpdated', data: { ...alarm, note: null } }, 'TEXT-1 null: none')
  .when(owner, createAlarm, { page_id: PAGE, ...texts, note: 'call' })
  .then(
    { type: 'AlarmCreated', data: { alarm_id: NEW_ID, ...texts, note: sealedBy(owner)('call') } },
    'TEXT-1 a new alarm with a note',
  );

for (const [command, payload, name] of [
  [commentAlarm, { ...alarm, text: '' }, 'an empty comment'],
  [commentAlarm, { ...alarm, text: 'x'.repeat(2_001) }, 'a comment of 2,001 characters'],
  [commentAlarm, { ...alarm, text: null }, 'no comment'],
  [ackAlarm, { ...alarm, upto: 1, comment: 'x'.repeat(501) }, 'a comment of 501 characters with a command'],
  [ackAlarm, { ...alarm, upto: 1, comment: { sealed: 'a.0.b' } }, 'a comment that is sealed'],
  [updateAlarm, { ...alarm, note: 'x'.repeat(2_001) }, 'a note of 2,001 characters'],
  [updateAlarm, { ...alarm, note: 'a\u202Eb' }, 'a note whose text runs backwards'],
  [updateAlarm, { ...alarm, note: 'a\u0000b' }, 'a note with a control character'],
] as const)
  refusedPayload(command, payload, `TEXT-1 ${name}`);

t.test('TEXT-5 the hash of a command covers a fingerprint of its text, and everything else as it is', async (t) => {
  const request = { command: ackAlarm, payload: { ...alarm, upto: 5, comment: 'a secret' } };
  t.equal(freeTextOf(request), 'a secret');
  t.same(hashedContent(request, 'print'), {
    ...alarm,
    upto: 5,
    comment: { fingerprint: 'print' },
  });
  t.equal(freeTextOf({ command: updateAlarm, payload: { ...alarm, note: null } }), undefined);
  t.equal(freeTextOf({ command: updateAlarm, payload: { ...alarm, active: true } }), undefined);
});

t.test('TEXT-2 while a user waits for their key, as many of their requests wait as may, in order', async (t) => {
  let prepared: (how: 'ready') => void = () => undefined;
  const taken: string[] = [];
  const refused: string[] = [];
  const requests = new FreeTextRequests({
    texts: { isReady: () => false, prepare: () => new Promise((resolve) => (prepared = resolve)) },
    take: ({ clientId }) => void taken.push(clientId!),
    refuse: ({ clientId }, { code }) => void refused.push(`${clientId} ${code}`),
    limit: 2,
  });
  const asked = (clientId: string, payload: unknown): boolean =>
    requests.holds({
      command: commentAlarm,
      payload,
      actor: { kind: 'user', id: 'u' },
      clientId,
    } as unknown as Request);
  t.ok(asked('first', { alarm_id: 'a', text: 'said' }));
  t.ok(asked('second', { alarm_id: 'a' }), 'behind it, so that their order stays');
  t.ok(asked('third', { alarm_id: 'a' }));
  t.same([taken, refused], [[], ['third overloaded']]);
  prepared('ready');
  await new Promise(setImmediate);
  t.same(taken, ['first', 'second']);
  t.notOk(asked('fourth', { alarm_id: 'a' }), 'nothing waits any more');
});

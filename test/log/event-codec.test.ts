/** What is read from a log is decoded before it is used: type, version and content. */
import fc from 'fast-check';
import t from 'tap';
import { eventVersions } from '../../src/domain/events.js';
import {
  decodeEvent,
  decodeText,
  eventDigest,
  type StoredEvent,
  storedText,
  UndecodableEvent,
} from '../../src/log/event-codec.js';

const metadata = {
  at: '2026-01-15T10:30:00.000Z',
  by: 'olga',
  via: 'owner',
  command: 'trigger_alarm',
  key: 'key',
  v: eventVersions.AlarmTriggered,
};
const stored = (changed: Partial<StoredEvent> = {}): StoredEvent => ({
  position: '17',
  stream: 'page-a',
  revision: 3,
  id: 'event',
  type: 'AlarmTriggered',
  data: { alarm_id: 'alarm', price: -1.5 },
  metadata,
  ...changed,
});

t.test('PROJ-8 an event comes out as it was written', async (t) => {
  const { event, ...place } = decodeEvent(stored());
  t.same(event, { type: 'AlarmTriggered', data: { alarm_id: 'alarm', price: -1.5 } });
  t.same(place, { id: 'event', metadata, stream: 'page-a', revision: 3, position: '17' });
  t.same(
    decodeEvent(stored({ stream: 'credential-a', type: 'CredentialSet', data: { hash: 'x' } })).event.type,
    'CredentialSet',
  );
  const long = 'x'.repeat(5_000);
  t.equal(
    decodeEvent(stored({ type: 'PageRenamed', data: { name: long } })).event.type,
    'PageRenamed',
    'what an earlier version accepted is read, whatever a command may ask for today',
  );
});

t.test(
  'PROJ-4 PROJ-8 an unknown type or version, or content that does not fit, stops with its position and a sentence',
  async (t) => {
    const wrong: Record<string, readonly [Partial<StoredEvent>, RegExp]> = {
      'a later version': [
        { metadata: { ...metadata, v: 2 } },
        /does not know: AlarmTriggered in version 2 .*at position 17 \(revision 3 of page-a\).*start a version that knows it/,
      ],
      'no version': [{ metadata: { ...metadata, v: undefined } }, /position 17.*no version \(v\)/],
      'version 0': [{ metadata: { ...metadata, v: 0 } }, /0 as version/],
      'a version that is text': [{ metadata: { ...metadata, v: '1' } }, /"1" as version/],
      'half a version': [{ metadata: { ...metadata, v: 1.5 } }, /1\.5 as version/],
      'an unknown type': [{ type: 'AlarmSnoozedForever' }, /does not know: AlarmSnoozedForever at position 17/],
      'a type that is a property of every object': [{ type: 'constructor' }, /does not know: constructor/],
      'no data': [{ data: undefined }, /AlarmTriggered at position 17.*its data are no object/],
      'data that are null': [{ data: null }, /its data are no object/],
      'data without a field': [{ data: { alarm_id: 'alarm' } }, /its data have no price/],
      'data with a field of another type': [
        { data: { alarm_id: 'alarm', price: '1' } },
        /its data have no price, or one of another type/,
      ],
      'metadata that are null': [{ metadata: null }, /no version/],
      'metadata without an actor': [{ metadata: { ...metadata, by: undefined } }, /its metadata have no by/],
      'a hash in a stream that is not private': [
        { type: 'CredentialSet', data: { hash: 'secret' } },
        /CredentialSet at position 17 .*does not belong/,
      ],
      'a page event in a private stream': [
        { stream: 'credential-a' },
        /AlarmTriggered at position 17 .*does not belong/,
      ],
    };
    for (const [what, [changed, sentence]] of Object.entries(wrong)) {
      t.throws(() => decodeEvent(stored(changed)), { name: 'UndecodableEvent', message: sentence }, what);
    }
    const row = { ...stored(), data: '{"alarm_id":', metadata: storedText(metadata) };
    t.throws(() => decodeText(row), { name: 'UndecodableEvent', message: /position 17.*its data are not JSON/ });
    t.ok(new UndecodableEvent('x') instanceof Error);
  },
);

t.test('PROJ-8 RUN-6 the sentence repeats neither names nor hashes', async (t) => {
  for (const changed of [
    { stream: 'credential-a', type: 'CredentialSet', data: { hash: 5, session_id: 'secret' } },
    { type: 'PageRenamed', data: { name: 5, other: 'secret' } },
  ]) {
    try {
      decodeEvent(stored(changed));
      t.fail('it must not be decoded');
    } catch (error) {
      t.notMatch((error as Error).message, /secret/);
    }
  }
});

t.test('LOG-5 stored text, parsed and written again, is the same text; the digest tells any change', async (t) => {
  fc.assert(
    fc.property(
      fc.record({
        alarm_id: fc.string({ unit: 'binary' }),
        price: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      (data) => {
        const text = storedText(data);
        return storedText(JSON.parse(text)) === text;
      },
    ),
  );
  const event = decodeEvent(stored());
  const others = [
    { ...event, id: 'other' },
    { ...event, revision: 4 },
    { ...event, stream: 'page-b' },
    { ...event, metadata: { ...event.metadata, at: '2026-01-15T10:30:00.001Z' } },
    decodeEvent(stored({ data: { alarm_id: 'alarm', price: -1.25 } })),
  ];
  t.equal(
    eventDigest({ ...event, position: '99' } as typeof event),
    eventDigest(event),
    'positions are the engine’s own',
  );
  for (const other of others) t.not(eventDigest(other), eventDigest(event));
});

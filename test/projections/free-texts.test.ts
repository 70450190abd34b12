/** Keys of free text: made once, read where they are missing, destroyed, and what is opened with them. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import type { PrivateEvent } from '../../src/domain/events.js';
import { openedJson, type Sealed } from '../../src/domain/free-text.js';
import { pageStream } from '../../src/domain/streams.js';
import { TextKeys } from '../../src/domain/text-keys.js';
import { type EventLog, LogUnavailable, type NewEvent, NO_STREAM } from '../../src/log/event-log.js';
import { FreeTexts } from '../../src/projections/free-texts.js';
import { Recording } from '../domain/recording.js';

/** The stream of one user's keys, which several nodes share. */
class KeyStream {
  readonly events: PrivateEvent[] = [];
  /** Called once, before the next append. */
  before: (() => void) | undefined;
  answers: 'as usual' | 'full' | 'unknown' | 'not at all' = 'as usual';

  readonly log: Pick<EventLog, 'append' | 'readPrivate' | 'overwrite'> = {
    append: () => Promise.reject(new Error('keys are overwritten')),
    readPrivate: async () => {
      if (this.answers === 'not at all') throw new LogUnavailable('down');
      const last = this.events.at(-1);
      return last && { ...last, revision: this.events.length - 1 };
    },
    overwrite: async (_stream, expected, { event }: NewEvent) => {
      this.before?.();
      this.before = undefined;
      if (this.answers === 'full') return { kind: 'full' };
      if (this.answers === 'unknown') return { kind: 'unknown', resolved: new Promise(() => undefined) };
      const actual = this.events.length - 1;
      if (actual !== expected) return { kind: 'conflict', actual };
      this.events.push(event as PrivateEvent);
      return { kind: 'appended', revision: actual + 1, position: '1' };
    },
  };

  node(keys = new TextKeys()): FreeTexts {
    return new FreeTexts({ log: this.log, keys, at: () => '2026-02-01T08:00:00.000Z' });
  }
}

const OLGA = randomUUID();
const sealedBy = (node: FreeTexts, text: string): Sealed => node.sealer(OLGA)!(text);
const json = (sealed: Sealed): string => JSON.stringify({ a: [sealed, 'x'], b: sealed });

t.test('TEXT-2 of two nodes that make a key at once one does, and both read what either seals', async (t) => {
  const stream = new KeyStream();
  const [a, b] = [stream.node(), stream.node()];
  t.notOk(a.isReady(OLGA));
  let other: Promise<unknown> | undefined;
  stream.before = () => (other = b.prepare(OLGA));
  t.equal(await a.prepare(OLGA), 'ready');
  await other;
  t.equal(stream.events.length, 1);
  t.ok(a.isReady(OLGA) && b.isReady(OLGA));
  const sealed = sealedBy(a, 'On it — 📈\n"quoted"');
  t.same(JSON.parse(b.open(json(sealed))), { a: ['On it — 📈\n"quoted"', 'x'], b: 'On it — 📈\n"quoted"' });
  t.not(sealedBy(a, 'x').sealed, sealedBy(a, 'x').sealed, 'another nonce each time');
  t.equal(a.fingerprint(OLGA, 'x'), b.fingerprint(OLGA, 'x'));
  t.not(a.fingerprint(OLGA, 'x'), a.fingerprint(OLGA, 'y'));
});

t.test('TEXT-2 without an answer of the store, or room, there is no key', async (t) => {
  const stream = new KeyStream();
  const node = stream.node();
  for (const [answers, prepared] of [
    ['full', 'full'],
    ['unknown', 'unavailable'],
    ['not at all', 'unavailable'],
  ] as const) {
    stream.answers = answers;
    t.equal(await node.prepare(OLGA), prepared);
    t.equal(node.sealer(OLGA), undefined);
    t.equal(node.fingerprint(OLGA, 'x'), undefined);
  }
  stream.answers = 'as usual';
  t.equal(await node.prepare(OLGA), 'ready');
});

t.test(
  'TEXT-3 TEXT-4 what is erased is null at once, the key goes, and there is another one for what comes later',
  async (t) => {
    const stream = new KeyStream();
    const keys = new TextKeys();
    const node = stream.node(keys);
    await node.prepare(OLGA);
    const sealed = sealedBy(node, 'gone');
    keys.written(sealed);
    const key = await node.keyToErase(OLGA);
    t.equal(key, 0);
    keys.erased(OLGA, 0);
    t.equal(node.open(json(sealed)), '{"a":[null,"x"],"b":null}', 'before the key is destroyed');
    t.notOk(node.isReady(OLGA));
    stream.answers = 'unknown';
    t.equal(await node.destroy(OLGA, 0), 'unavailable');
    stream.answers = 'as usual';
    // The server stops here: the next start destroys it.
    const next = stream.node(keys);
    await next.load();
    while (stream.events.length < 2) await new Promise((resolve) => setImmediate(resolve));
    t.same(stream.events.at(-1)?.data, { key: null });
    t.equal(await next.destroy(OLGA, 0), 'destroyed', 'again: nothing to do');
    t.equal(stream.events.length, 2);
    t.equal(await next.keyToErase(OLGA), undefined);
    t.equal(await next.prepare(OLGA), 'ready');
    const later = sealedBy(next, 'later');
    t.equal(next.open(json(later)), '{"a":["later","x"],"b":"later"}');
    t.equal(await next.destroy(OLGA, 0), 'destroyed');
    t.equal(stream.events.length, 3, 'a newer key is not touched');
    t.equal(next.open(json(sealed)), '{"a":[null,"x"],"b":null}');
  },
);

t.test('TEXT-3 a key that is erased and not destroyed yet is replaced by the next one', async (t) => {
  const stream = new KeyStream();
  const keys = new TextKeys();
  const node = stream.node(keys);
  await node.prepare(OLGA);
  keys.erased(OLGA, 0);
  t.equal(await node.prepare(OLGA), 'ready');
  t.equal(stream.events.length, 2);
  t.match(sealedBy(node, 'x').sealed, new RegExp(`^${OLGA}\\.1\\.`));
});

t.test('TEXT-2 events whose key is not here wait until it is read', async (t) => {
  const stream = new KeyStream();
  const [a, b] = [stream.node(), stream.node()];
  await a.prepare(OLGA);
  const recording = new Recording();
  const commented = recording.record(pageStream('p'), OLGA, {
    type: 'AlarmCommented',
    data: { alarm_id: 'a', text: sealedBy(a, 'hello') },
  });
  const triggered = recording.record(pageStream('p'), OLGA, {
    type: 'AlarmTriggered',
    data: { alarm_id: 'a', price: 1 },
  });
  t.notOk(a.lacksKeyFor([commented]));
  t.notOk(b.lacksKeyFor([triggered]));
  t.ok(b.lacksKeyFor([triggered, commented]));
  stream.answers = 'not at all';
  const reading = b.readKeysFor([commented]);
  stream.answers = 'as usual';
  await reading;
  t.notOk(b.lacksKeyFor([commented]));
  t.equal(
    b.open(json(commented.event.type === 'AlarmCommented' ? commented.event.data.text : { sealed: '' })),
    '{"a":["hello","x"],"b":"hello"}',
  );
  // The stream was lost: the text is null, and nothing waits for ever.
  const lost = new KeyStream().node();
  await lost.readKeysFor([commented]);
  t.notOk(lost.lacksKeyFor([commented]));
});

t.test('TEXT-7 whatever people write, nothing of it is opened, and sealed text beside it is', async (t) => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('{"sealed":"a.0.b"}', '\\{"sealed":"', '"}{"sealed":"x.0.y"}'),
  );
  fc.assert(
    fc.property(fc.array(anything), anything, anything, (texts, note, name) => {
      const sealed = { sealed: `${OLGA}.0.AAEC` };
      const value = { [name]: texts, texts, note: sealed, all: [...texts, sealed] };
      const opened = openedJson(JSON.stringify(value), (found) => (found === sealed.sealed ? note : 'forged'));
      t.same(JSON.parse(opened), JSON.parse(JSON.stringify({ [name]: texts, texts, note, all: [...texts, note] })));
    }),
    { numRuns: 300 },
  );
});

t.test('TEXT-2 a box that was changed, or is under another name, does not open', async (t) => {
  const stream = new KeyStream();
  const node = stream.node();
  await node.prepare(OLGA);
  const { sealed } = sealedBy(node, 'x');
  t.equal(node.text(sealed), 'x');
  for (const changed of [
    `${sealed.slice(0, -2)}AA`,
    sealed.replace('.0.', '.1.'),
    `${OLGA}.0.AAEC`,
    `${OLGA}.0.`,
    'nonsense',
    sealed.replace(OLGA, randomUUID()),
  ])
    t.equal(node.text(changed), null, changed);
  t.equal(NO_STREAM, -1);
});

/**
 * A sample of every version of every event that was ever written, kept forever: it is read today with its original meaning. A schema
 * that changes without a new version fails here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { eventVersions, type StoredEventType, storedSchemas } from '../../src/domain/events.js';
import { type Upcasters, upcast, upcasters } from '../../src/domain/upcasters.js';
import { decodeEvent, decodeText, eventDigest, storedText, writtenText } from '../../src/log/event-codec.js';
import { root } from '../architecture/sources.js';
import { hashOf } from './form.js';

interface Golden {
  readonly stream: string;
  /** Hash of the schema's form as it was in this version. */
  readonly form: string;
  readonly written: Readonly<Record<string, unknown>>;
  /** The same in the current version. */
  readonly current: Readonly<Record<string, unknown>>;
}

const folder = join(root, 'test/domain/golden');
const types = Object.keys(storedSchemas) as StoredEventType[];
const nameOf = (type: string, version: number): string => `${type}.v${version}.json`;
const read = (name: string): Golden => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden;

const ADVICE = `The schema of an event is another than its current version had.
Not meant? Undo the change. Meant, be it only an optional field? Raise the type's version in src/domain/events.ts, write the step from
the version before in src/domain/upcasters.ts, add test/domain/golden/TYPE.vN.json, and bring "current" of the older files up to date.`;

t.test(
  'PROJ-9 every version of every event has its golden file and its step, and no file is of an unknown one',
  async (t) => {
    const versions = types.flatMap((type) =>
      Array.from({ length: eventVersions[type] }, (_, at) => nameOf(type, at + 1)),
    );
    t.same(readdirSync(folder).sort(), versions.sort());
    for (const type of types) t.equal(upcasters[type]?.length ?? 0, eventVersions[type] - 1, `the steps of ${type}`);
  },
);

t.test('PROJ-9 WIRE-1 the schema of each event is the one that its version was frozen with', async (t) => {
  for (const type of types) {
    t.equal(hashOf(storedSchemas[type], 'output'), read(nameOf(type, eventVersions[type])).form, type);
  }
  if (!t.passing()) t.comment(ADVICE);
});

t.test('PROJ-9 what any version wrote is decoded to what it means today, and its stored text is kept', async (t) => {
  for (const type of types) {
    for (let v = 1; v <= eventVersions[type]; v += 1) {
      const { stream, written, current } = read(nameOf(type, v));
      const metadata = { at: '2026-01-15T10:30:00.000Z', by: 'olga', via: 'owner', command: 'c', key: 'k', v };
      const stored = { position: '7', stream, revision: 3, id: 'event', type, data: written, metadata };
      const recorded = decodeEvent(stored);
      t.same(recorded.event, { type, data: current }, `${type} v${v}`);
      t.equal(writtenText(recorded), storedText(written));
      const row = { ...stored, data: storedText(written), metadata: storedText(metadata) };
      t.same(decodeText(row), recorded);
      t.equal(eventDigest(decodeText(row)), eventDigest(recorded));
    }
  }
});

t.test('PROJ-9 an older version goes through each step from its own on, once', async (t) => {
  const steps: Upcasters = {
    Bell: [(data) => ({ ...data, tone: 'low' }), ({ tone, ...data }) => ({ ...data, tones: [tone] })],
  };
  const upcasting = (version: number, data: unknown): unknown =>
    upcast('Bell', version, data, { versions: { Bell: 3 }, steps });
  t.same(upcasting(1, { id: 1 }), { id: 1, tones: ['low'] });
  t.same(upcasting(2, { id: 1, tone: 'high' }), { id: 1, tones: ['high'] });
  const current = { id: 1, tones: [] };
  t.equal(upcasting(3, current), current);
  t.equal(upcasting(1, null), null, 'what is no object is left to the schema, which refuses it');
});

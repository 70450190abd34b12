/** The text that states of pages consist of: always that of the page as it stands, and made of what has changed alone. */
import t from 'tap';
import type { PageEvent } from '../../src/domain/events.js';
import { evolve, type LivePage, newPage } from '../../src/domain/page.js';
import { CHUNK_BYTES } from '../../src/net/undelivered.js';
import { type PageStateCounts, PageStates } from '../../src/projections/page-states.js';
import { alarmJson } from '../../src/protocol/views.js';
import { Random } from '../crash/random.js';

const AT = '2026-02-01T08:00:00.000Z';

class Scene {
  readonly page: LivePage = newPage('page', 'Alarmes', 'olga');
  readonly states = new PageStates();

  happens(...events: PageEvent[]): this {
    for (const event of events) {
      evolve(this.page, event, { at: AT, by: 'vera' });
    }
    return this;
  }

  get text(): string {
    return Buffer.concat(this.states.alarmsJson(this.page)).toString();
  }

  /** The alarms as a caller gets them. */
  get shown(): unknown[] {
    return JSON.parse(`[${this.text}]`) as unknown[];
  }

  /** Each alarm of the page, as text. */
  get texts(): string[] {
    return Array.from(this.page.alarms.values(), alarmJson);
  }

  get alarms(): unknown[] {
    return JSON.parse(`[${this.texts.join(',')}]`) as unknown[];
  }

  /** What `action` made the counts grow by. */
  grownBy(action: () => void): PageStateCounts {
    const { sent, built, alarms } = this.states.counts;
    action();
    const { counts } = this.states;
    return { sent: counts.sent - sent, built: counts.built - built, alarms: counts.alarms - alarms };
  }
}

const created = (alarm_id: string, condition = 'above'): PageEvent => ({
  type: 'AlarmCreated',
  data: { alarm_id, ticker: 'EUR/USD', option: 'spot', condition },
});
const triggered = (alarm_id: string): PageEvent => ({ type: 'AlarmTriggered', data: { alarm_id, price: 1 } });
const updated = (alarm_id: string, condition: string): PageEvent => ({
  type: 'AlarmUpdated',
  data: { alarm_id, condition },
});
const deleted = (alarm_id: string): PageEvent => ({ type: 'AlarmDeleted', data: { alarm_id } });
const names = Array.from({ length: 100 }, (_, at) => `alarm ${at}`);
const hundred = (): Scene => new Scene().happens(...names.map((name) => created(name)));

t.test(
  'STORM-4 the alarms of a page are converted to text once for all requests while it does not change',
  async (t) => {
    const scene = hundred();
    t.same(
      scene.grownBy(() => {
        for (let at = 0; at < 50; at += 1) t.equal(scene.shown.length, 100);
      }),
      { sent: 50, built: 1, alarms: 100 },
    );
  },
);

t.test('STORM-4 without a request, nothing is done', async (t) => {
  const scene = hundred();
  t.same(
    scene.grownBy(() => scene.happens(...names.map(triggered))),
    { sent: 0, built: 0, alarms: 0 },
  );
});

t.test('STORM-4 when the page has changed, only what has changed is converted to text again', async (t) => {
  const given = [
    ['two triggers', [triggered('alarm 0'), triggered('alarm 50')], 2],
    ['one alarm triggered twice', [triggered('alarm 99'), triggered('alarm 99')], 1],
    ['a new alarm', [created('new')], 1],
    ['a longer condition', [updated('alarm 3', '€'.repeat(90))], 1],
    ['a deleted one, its neighbour triggered', [deleted('alarm 7'), triggered('alarm 8')], 1],
    ['the first and the last deleted', [deleted('alarm 0'), deleted('alarm 99')], 0],
  ] as const;
  for (const [name, events, made] of given) {
    const scene = hundred();
    t.equal(scene.shown.length, 100);
    t.same(
      scene.grownBy(() => {
        scene.happens(...events);
        t.same(scene.shown, scene.alarms);
      }),
      { sent: 1, built: 1, alarms: made },
      name,
    );
  }
});

t.test('STORM-4 what changes no alarm makes no text', async (t) => {
  const scene = hundred();
  t.equal(scene.shown.length, 100);
  t.same(
    scene.grownBy(() => {
      scene.happens({ type: 'PageRenamed', data: { name: 'Réveils' } });
      t.equal(scene.shown.length, 100);
    }),
    { sent: 1, built: 0, alarms: 0 },
  );
});

t.test('STORM-4 a page without alarms, before and after', async (t) => {
  const scene = new Scene();
  t.same(scene.shown, []);
  t.same(scene.happens(created('only')).shown, scene.alarms);
  t.same(scene.happens(deleted('only')).shown, []);
});

t.test('STORM-4 what one was given is not altered by what happens then', async (t) => {
  const scene = hundred();
  const given = scene.states.alarmsJson(scene.page);
  const then = given.join('');
  scene.happens(triggered('alarm 5'), deleted('alarm 6'));
  t.equal(scene.shown.length, 99);
  t.equal(given.join(''), then);
});

t.test(
  'STORM-4 over random changes the text is always that of the page as it stands, and its length in characters',
  async (t) => {
    const random = new Random(20261124);
    const scene = new Scene();
    let made = 0;
    for (let step = 0; step < 2_000; step += 1) {
      const ids = [...scene.page.alarms.keys()];
      const one = random.among(ids);
      const what = random.between(0, 9);
      if (one === undefined || what < 3) scene.happens(created(`alarm ${made++}`, 'ä€'.repeat(random.between(0, 4))));
      else if (what < 5) scene.happens(deleted(one));
      else if (what < 7) scene.happens(updated(one, '€'.repeat(random.between(0, 8))));
      else scene.happens(triggered(one));
      if (!random.chance(0.4)) continue;
      const expected = scene.texts.join(',');
      if (scene.text !== expected) return t.fail(`step ${step}`);
      if (scene.states.lengthOf(scene.page) !== expected.length) return t.fail(`its length at step ${step}`);
    }
    t.ok(made > 500, `${made} alarms were made`);
  },
);

t.test(
  'STORM-9 an older state shares with the newer one all but the segments in which an alarm has changed',
  async (t) => {
    const scene = new Scene().happens(
      ...Array.from({ length: 2_000 }, (_, at) => created(`alarm ${at}`, 'x'.repeat(100))),
    );
    const before = scene.states.alarmsJson(scene.page);
    const bytes = before.reduce((sum, { length }) => sum + length, 0);
    const sharedBy = (after: readonly Buffer[]): number =>
      before
        .filter((part) =>
          after.some(
            (other) =>
              other.buffer === part.buffer && other.byteOffset === part.byteOffset && other.length === part.length,
          ),
        )
        .reduce((sum, { length }) => sum + length, 0);
    t.ok(before.length >= 8, `${before.length} segments`);
    for (const event of [triggered('alarm 777'), created('new'), deleted('alarm 5'), updated('alarm 1999', '€')]) {
      scene.happens(event);
      t.ok(
        bytes - sharedBy(scene.states.alarmsJson(scene.page)) < 4 * 64 * 1024 * 1.5,
        `${event.type}: nearly all of ${bytes} bytes`,
      );
      t.same(scene.shown, scene.alarms);
    }
  },
);

t.test('STORM-9 of a page of few long alarms too, a change touches one segment', async (t) => {
  const scene = new Scene().happens(
    ...Array.from({ length: 300 }, (_, at) => created(`alarm ${at}`, '😀'.repeat(500))),
  );
  const before = scene.states.alarmsJson(scene.page);
  t.ok(before.length >= 9, `${before.length} segments`);
  scene.happens(triggered('alarm 150'));
  const after = scene.states.alarmsJson(scene.page);
  t.equal(
    before.filter(
      (part) => !after.some((other) => other.buffer === part.buffer && other.byteOffset === part.byteOffset),
    ).length,
    1,
  );
  t.same(scene.shown, scene.alarms);
});

t.test(
  'STORM-9 no segment is longer than what is handed to a connection at once, however its alarms grow',
  async (t) => {
    const random = new Random(20261127);
    const scene = new Scene().happens(
      ...Array.from({ length: 400 }, (_, at) => created(`alarm ${at}`, 'x'.repeat(random.between(1, 2_000)))),
    );
    for (let step = 0; step < 200; step += 1) {
      scene.happens(updated(`alarm ${random.between(0, 399)}`, '😀'.repeat(random.between(0, 500))));
      const longest = Math.max(...scene.states.alarmsJson(scene.page).map(({ length }) => length));
      if (longest > CHUNK_BYTES) return t.fail(`${longest} bytes at step ${step}`);
    }
    t.same(scene.shown, scene.alarms);
    t.ok(scene.states.alarmsJson(scene.page).length < 40, `${scene.states.alarmsJson(scene.page).length} segments`);
  },
);

t.test('STORM-9 a page that has lost nearly all of its alarms is put together in few segments', async (t) => {
  const scene = new Scene().happens(...Array.from({ length: 5_000 }, (_, at) => created(`alarm ${at}`)));
  t.equal(scene.shown.length, 5_000);
  scene.happens(
    ...Array.from({ length: 5_000 }, (_, at) => at)
      .filter((at) => at % 250 !== 0)
      .map((at) => deleted(`alarm ${at}`)),
  );
  t.same(
    scene.grownBy(() => t.equal(scene.shown.length, 20)),
    { sent: 1, built: 1, alarms: 0 },
  );
  t.equal(scene.states.alarmsJson(scene.page).length, 1);
});

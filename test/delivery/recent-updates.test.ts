/** What a viewer has missed: from memory while it is there, from the history where it is older, and nothing where it is not at hand. */
import t from 'tap';
import {
  type AlarmChange,
  type PastEvent,
  pastEvent,
  RecentUpdates,
  rowBudget,
} from '../../src/delivery/recent-updates.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { pageStream } from '../../src/domain/streams.js';
import { renderEvent } from '../../src/projections/event-rendering.js';
import { LiveState } from '../../src/projections/live-state.js';
import { type HistoryEntry, historyEntry } from '../../src/projections/read-model/alarm-events.js';
import { Recording } from '../domain/recording.js';

const PLENTY = 32 * 1024 * 1024;

/** Olga's page with one alarm, its history as the read models have it, and recent updates that contain some of its events. */
class Scene {
  readonly live = new LiveState();
  /** Rows of alarm_events: all but those that the writer has not written. */
  readonly rows: HistoryEntry[] = [];
  readonly reads: { readonly afterSeq: number; readonly limit: number }[] = [];
  broken = false;
  recent: RecentUpdates;
  readonly #recording = new Recording();
  readonly #bytes: number;

  constructor(bytes = PLENTY) {
    this.#bytes = bytes;
    this.recent = this.#newRecentUpdates();
    this.live.addUser({
      id: 'olga',
      username: 'Olga',
      name_stream: 'username-olga',
      created_at: '2026-01-15T10:30:00.000Z',
    });
    this.happens({ type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } });
    this.happens({
      type: 'AlarmCreated',
      data: { alarm_id: 'alarm', ticker: 'EUR/USD', option: 'spot', condition: 'above' },
    });
  }

  happens(event: DomainEvent, { by = 'olga', isWritten = true }: { by?: string; isWritten?: boolean } = {}): void {
    const folded = this.live.fold(this.#recording.record(pageStream('page'), by, event));
    const row = historyEntry(folded, renderEvent(this.live, folded));
    this.recent.note('page', pastEvent('page', row));
    if (isWritten) this.rows.push(row);
  }

  triggers(count: number, options: { isWritten?: boolean } = {}): this {
    for (let price = 1; price <= count; price += 1)
      this.happens({ type: 'AlarmTriggered', data: { alarm_id: 'alarm', price } }, options);
    return this;
  }

  /** The process starts again: the recent updates are empty. */
  restarts(): this {
    this.recent = this.#newRecentUpdates();
    return this;
  }

  get seq(): number {
    return this.live.pages.get('page')!.seq;
  }

  since(afterSeq: number, budget = rowBudget()): readonly PastEvent[] | undefined {
    return this.recent.since('page', afterSeq, this.seq, budget);
  }

  #newRecentUpdates(): RecentUpdates {
    const ofPage = (_page: string, afterSeq: number, limit: number): HistoryEntry[] => {
      this.reads.push({ afterSeq, limit });
      if (this.broken) throw new Error('disk I/O error');
      return this.rows.filter(({ seq }) => seq > afterSeq).slice(0, limit);
    };
    return new RecentUpdates({ ofPage }, this.#bytes);
  }
}

const seqs = (events: readonly PastEvent[] | undefined): number[] | undefined => events?.map(({ seq }) => seq);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

t.test('STORM-6 what was missed a moment ago comes from memory, from any seq on', async (t) => {
  const scene = new Scene().triggers(10);
  for (let held = -1; held <= 11; held += 1) t.same(seqs(scene.since(held)), range(held + 1, 11), `held ${held}`);
  t.same(scene.reads, []);
});

t.test(
  'STORM-6 what happened to an alarm is kept as its update, everything else as it was rendered, with author and time; from the history as from memory',
  async (t) => {
    const scene = new Scene();
    scene.happens({ type: 'AlarmTriggered', data: { alarm_id: 'alarm', price: 2 } });
    scene.happens({ type: 'AlarmTriggered', data: { alarm_id: 'alarm', price: 3 } }, { by: 'vera' });
    scene.happens({ type: 'PageRenamed', data: { name: 'Mine' } });
    scene.happens({ type: 'PageRenamed', data: { name: 'Hers' } }, { by: 'vera' });
    const [triggered, isVoid, renamed, voidRename] = scene.since(1)!;
    t.same(Object.keys(triggered!), ['seq', 'text']);
    t.match(JSON.parse((triggered as AlarmChange).text), {
      type: 'alarm_update',
      payload: {
        alarm_id: 'alarm',
        page_id: 'page',
        action: 'triggered',
        data: { id: 'alarm', price: 2 },
        seq: 2,
        at: String,
        by: 'olga',
      },
    });
    t.match(
      isVoid,
      { seq: 3, alarm_id: 'alarm', type: 'AlarmTriggered', by: 'vera', void: 1, data: '{}' },
      'Vera had no right',
    );
    t.match(renamed, { seq: 4, alarm_id: null, type: 'PageRenamed', by: 'olga', void: 0, data: String });
    t.match(voidRename, { seq: 5, alarm_id: null, type: 'PageRenamed', by: 'vera', void: 1, data: '{}' });
    const remembered = scene.since(1);
    t.same(scene.restarts().since(1), remembered);
    t.equal(scene.reads.length, 1);
  },
);

t.test('STORM-6 DLV-7 what is older is read from the history once, and is then at hand for the next', async (t) => {
  const scene = new Scene().triggers(10).restarts().triggers(5);
  t.same(seqs(scene.since(11)), range(12, 16));
  t.same(scene.reads, [], 'what came since the start needs no read');
  t.same(seqs(scene.since(3)), range(4, 16));
  t.same(scene.reads, [{ afterSeq: 3, limit: 8 }], 'just what is missing before the recent');
  t.same(seqs(scene.since(3)), range(4, 16));
  t.same(seqs(scene.since(8)), range(9, 16));
  t.equal(scene.reads.length, 1);
  scene.triggers(1);
  t.same(seqs(scene.since(3)), range(4, 17), 'and what comes follows it');
});

t.test('STORM-6 what the read models do not have yet is not at hand', async (t) => {
  const scene = new Scene().triggers(3, { isWritten: false }).restarts();
  t.equal(scene.since(1), undefined);
  t.same(scene.since(scene.seq), [], 'a viewer that missed nothing needs nothing');
});

t.test('STORM-6 a history that cannot be read is nothing at hand, and no error', async (t) => {
  const scene = new Scene().triggers(3).restarts();
  scene.broken = true;
  t.equal(scene.since(1), undefined);
});

t.test('STORM-6 an answer reads so many rows at most, over all of its pages', async (t) => {
  const scene = new Scene().triggers(10).restarts();
  const budget = { rows: 15 };
  t.same(seqs(scene.since(1, budget)), range(2, 11));
  t.equal(budget.rows, 5);
  scene.restarts();
  t.equal(scene.since(1, budget), undefined, 'ten more are over it');
  t.equal(budget.rows, 5);
  t.equal(scene.reads.length, 1, 'and are not looked for');
  t.same(seqs(scene.since(6, budget)), range(7, 11));
});

t.test('STORM-6 memory is bounded: the oldest goes, half of what may be held stays', async (t) => {
  const scene = new Scene(20_000);
  const perEvent = 2 * updateLength() + 100;
  for (let round = 0; round < 200; round += 1) {
    scene.triggers(1);
    const kept = Math.min(scene.seq + 1, Math.floor(10_000 / perEvent));
    t.same(
      seqs(scene.since(scene.seq - kept)),
      range(scene.seq - kept + 1, scene.seq),
      'over both generations, without hole or overlap',
    );
  }
  t.same(scene.reads, []);
  t.same(seqs(scene.since(0)), range(1, scene.seq), 'the rest is in the history');
  t.equal(scene.reads.length, 1);
  t.ok(scene.reads[0]!.limit > 150, `${scene.reads[0]!.limit} were not in memory any more`);
});

/** Characters of the update of a trigger of the scene; its seq has three digits in most of the test. */
function updateLength(): number {
  return (new Scene().triggers(100).since(100)![0] as AlarmChange).text.length;
}

import fc from 'fast-check';
import t, { type Test } from 'tap';
import { isReplayed, move, seed } from '../projections/random-history.js';
import { judge } from './delivery-checker.js';
import { deliver, type RecordedRun } from './recorded-delivery.js';
import type { Entry } from './recorded.js';

type Heard = Extract<Entry, { kind: 'heard' }>;

const run = fc.record({ moves: fc.array(move, { minLength: 60, maxLength: 250, size: 'max' }), seed: fc.nat(), which: fc.nat() });
const settings = { seed, numRuns: 200, endOnFailure: !isReplayed };

/** Places of what viewers heard that the bug could be put in at; `which` chooses. */
function heardWhere(recorded: RecordedRun, which: number, fits: (entry: Heard, entries: readonly Entry[], at: number) => boolean): { entries: Entry[]; at: number; entry: Heard } | undefined {
  const places = recorded.viewers.flatMap(({ entries }) => entries.flatMap((entry, at) => (entry.kind === 'heard' && fits(entry, entries, at) ? [{ entries, at, entry }] : [])));
  return places[which % places.length];
}

const isUpdate = ({ message }: Heard): boolean => message.type === 'alarm_update' || message.type === 'page_update';

/** Whether it gives him the page. */
const gives = ({ message: { type, payload } }: Heard, page: string): boolean => type === 'page_added' && payload.page.id === page;

/** A state among the entries that shows a page with a lower seq than that of an update among them. */
function olderState(entries: readonly Entry[]): Heard | undefined {
  const heard = entries.filter((entry): entry is Heard => entry.kind === 'heard');
  const updates = heard.filter(isUpdate);
  return heard.find(({ message }) => message.type === 'initial_state' && message.payload.pages.some((page: { id: string; seq: number }) => updates.some((update) => update.message.payload.page_id === page.id && update.message.payload.seq > page.seq)));
}

/** Puts a bug into random right histories: each time there is room for it, it has to be found in these words. */
function catches(t: Test, put: (recorded: RecordedRun, which: number) => boolean, words: RegExp, numRuns = settings.numRuns): void {
  let times = 0;
  fc.assert(
    fc.property(run, ({ moves, seed: chance, which }) => {
      const recorded = deliver(moves, chance);
      if (!put(recorded, which)) return true;
      times += 1;
      return judge(recorded.events, recorded.viewers).some((finding) => words.test(finding));
    }),
    { ...settings, numRuns },
  );
  t.ok(times > 0, `it was put in ${times} times`);
}

t.test('CUT-2 the checker finds nothing in a right history, with void events and viewers who come and go', async () => {
  fc.assert(
    fc.property(run, ({ moves, seed: chance }) => {
      const { events, viewers } = deliver(moves, chance);
      const findings = judge(events, viewers);
      if (findings.length > 0) throw new Error(findings.join('\n'));
    }),
    settings,
  );
});

t.test('CUT-2 the checker finds a lost update', async (t) => {
  catches(t, (recorded, which) => {
    const place = heardWhere(recorded, which, isUpdate);
    // The last one before a cut is no loss: who is cut has not heard it.
    if (!place || !place.entries.slice(place.at + 1).some((entry) => entry.connection === place.entry.connection && entry.kind === 'heard' && isUpdate(entry) && entry.message.payload.page_id === place.entry.message.payload.page_id)) return false;
    place.entries.splice(place.at, 1);
    return true;
  }, /missed/);
});

t.test('CUT-2 the checker finds a doubled update', async (t) => {
  catches(t, (recorded, which) => {
    const place = heardWhere(recorded, which, isUpdate);
    place?.entries.splice(place.at + 1, 0, place.entry);
    return place !== undefined;
  }, /twice/);
});

t.test('CUT-2 the checker finds an update after a revocation', async (t) => {
  catches(t, (recorded, which) => {
    const place = heardWhere(recorded, which, ({ message }) => message.type === 'page_removed');
    if (!place) return false;
    const page: string = place.entry.message.payload.page_id;
    const end = place.entries.slice(place.at).find((entry) => entry.kind === 'closed' || (entry.kind === 'heard' && gives(entry, page)))?.order ?? Infinity;
    // What others heard of it after that, and before he was given it again or was cut.
    const after = recorded.viewers.flatMap(({ entries }) => entries).find((entry): entry is Heard => entry.kind === 'heard' && isUpdate(entry) && entry.message.payload.page_id === page && entry.message.payload.action !== 'shared' && entry.order > place.entry.order && entry.order < end);
    if (!after) return false;
    place.entries.splice(place.at + 1, 0, { ...after, connection: place.entry.connection, order: place.entry.order });
    return true;
    // There is room for it once in fifty histories.
  }, /without the right/, 1_500);
});

t.test('CUT-2 the checker finds a command that was done twice', async (t) => {
  catches(t, ({ events, viewers }, which) => {
    // What somebody was told of as a trigger is in effect: the others may be void.
    const told = new Set(viewers.flatMap(({ entries }) => entries.flatMap((entry) => (entry.kind === 'heard' && entry.message.payload.action === 'triggered' ? [`page-${entry.message.payload.page_id} ${entry.message.payload.seq}`] : []))));
    const triggers = events.filter(({ type, stream, revision }) => type === 'AlarmTriggered' && told.has(`${stream} ${revision}`));
    const first = triggers[which % triggers.length];
    const again = triggers.find(({ by, position }) => first && by === first.by && position > first.position);
    if (!first || !again) return false;
    events[events.indexOf(again)] = { ...again, id: first.id };
    return true;
  }, /done twice/);
});

t.test('CUT-2 the checker finds a state after a cut that is older than what was heard before it', async (t) => {
  catches(t, (recorded, which) => {
    const place = heardWhere(recorded, which, ({ message, connection }, entries, at) => connection > 1 && message.type === 'initial_state' && olderState(entries.slice(0, at)) !== undefined);
    const earlier = place && olderState(place.entries.slice(0, place.at));
    if (!place || !earlier) return false;
    place.entries[place.at] = { ...place.entry, message: earlier.message };
    return true;
  }, /stale/);
});

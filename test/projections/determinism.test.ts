/** The fold knows no clock, no chance and no place: the same log gives the same state, wherever and whenever it is folded. */
import fc from 'fast-check';
import t from 'tap';
import type { RecordedEvent } from '../../src/log/event-log.js';
import { renderEvent } from '../../src/projections/event-rendering.js';
import { LiveState } from '../../src/projections/live-state.js';
import { historyEntry } from '../../src/projections/read-model/alarm-events.js';
import { DirtyRows } from '../../src/projections/read-model/dirty-rows.js';
import { importsOf, sourcesIn } from '../architecture/sources.js';
import { move, recordedOf } from './random-history.js';

/** What the fold is made of: these, and all that they import. */
const FOLD = [
  'live-state',
  'event-rendering',
  'read-model/dirty-rows',
  'read-model/table',
  'read-model/idempotency-records',
].map((name) => `src/projections/${name}.ts`);

/** Whatever does not follow from the event: time, chance, identity, language and place. */
const IMPURE =
  /\bnew Date\(\)|\bDate\(\)|Date\.now|Math\.random|performance\.|randomUUID|randomBytes|toLocale|localeCompare|\bIntl\.|getTimezone|process\.|\bset(Timeout|Interval|Immediate)\b/;

t.test('PROJ-2 no clock, no randomness, no locale is named in the fold or in what it imports', async (t) => {
  const sources = new Map(sourcesIn('src').map((source) => [source.path, source]));
  const reached = new Set(FOLD);
  for (const path of reached) for (const imported of importsOf(sources.get(path)!)) reached.add(imported);
  t.ok(reached.has('src/domain/page.ts') && reached.has('src/protocol/views.ts'), 'imports were followed');
  for (const { path } of sourcesIn('src/domain')) reached.add(path);
  for (const path of reached) {
    const code = sources
      .get(path)!
      .text.replace(/\/\*\*?.*?\*\//gs, '')
      .replace(/^\s*\/\/.*$/gm, '');
    t.notOk(IMPURE.exec(code)?.[0], path);
  }
});

t.test(
  'PROJ-2 folded twice, once with neither clock nor chance to be had: the same state, the same words, the same rows',
  async (t) => {
    const [moves] = fc.sample(fc.array(move, { minLength: 1_500, maxLength: 1_500, size: 'max' }), {
      numRuns: 1,
      seed: 7,
    });
    const history = recordedOf(moves!);
    t.ok(history.length > 1_000);
    const first = JSON.stringify(folded(history));
    const forbidden = (): never => {
      throw new Error('the fold asked for what is not in the log');
    };
    t.intercept(Math, 'random', { value: forbidden });
    t.intercept(Date, 'now', { value: forbidden });
    // What Date.parse makes of a moment of the log follows from the log alone.
    t.intercept(globalThis, 'Date', {
      value: Object.assign(() => forbidden(), { parse: Date.parse }),
      configurable: true,
    });
    t.intercept(globalThis, 'Intl', { value: undefined, configurable: true });
    t.intercept(String.prototype, 'localeCompare', { value: forbidden });
    const second = JSON.stringify(folded(history));
    t.equal(second === first, true);
  },
);

function folded(history: readonly RecordedEvent[]): unknown {
  const live = new LiveState();
  const collector = new DirtyRows(live);
  const said = history.map((recorded) => {
    const outcome = live.fold(recorded);
    const data = renderEvent(live, outcome);
    collector.note(outcome, outcome.page && historyEntry(outcome, data), undefined);
    return data;
  });
  return [said, collector.take()];
}

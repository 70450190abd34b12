/** The newest events in memory: kept for those who read, and for nobody else. */
import t from 'tap';
import { EventFeed } from '../../src/projections/event-feed.js';
import type { Folded } from '../../src/projections/live-state.js';
import type { HistoryEntry } from '../../src/projections/read-model/alarm-events.js';

/** More than are kept. */
const MANY = 5_000;

/** A feed, and what notes the next event of a page in it: a trigger, or with `type` another one. */
function feedAt(position: number) {
  const feed = new EventFeed(String(position), (then) => then());
  let last = position;
  const note = (type = 'AlarmTriggered'): string => {
    last += 1;
    const recorded = { event: { type, data: {} }, position: String(last), stream: 'page-p' };
    const folded = { recorded, page: { id: 'p' }, isVoid: false } as unknown as Folded;
    feed.note(folded, { seq: last, data: '{}' } as HistoryEntry, '2026-01-15T10:30:00.000Z');
    return String(last);
  };
  return { feed, note };
}

const keptBefore = (feed: EventFeed): number => {
  let count = 0;
  while (feed.at(feed.end - 1 - count)) count += 1;
  return count;
};

t.test('FEED-15 nothing is kept while nobody reads, and everything from the first look on', async (t) => {
  const { feed, note } = feedAt(7);
  let last = '';
  for (let at = 0; at < 10; at += 1) last = note();
  t.equal(keptBefore(feed), 0);
  t.equal(feed.indexAfter('9'), undefined, 'what was not kept has to be read from the tables');
  t.equal(feed.indexAfter(last), feed.end, 'nothing is after the last one');
  const next = note();
  t.equal(feed.at(feed.indexAfter(last)!)?.position, next);
  t.equal(keptBefore(feed), 1);
  for (let at = 0; at < MANY; at += 1) {
    if (at % 100 === 0) feed.indexAfter(last);
    note();
  }
  t.equal(keptBefore(feed), 4_096, 'at most so many');
  t.equal(feed.indexAfter(next), undefined);
});

t.test('FEED-15 what nobody has looked at for so many events is dropped', async (t) => {
  const { feed, note } = feedAt(7);
  feed.indexAfter('7');
  let last = '';
  for (let at = 0; at < MANY; at += 1) last = note();
  t.equal(keptBefore(feed), 0);
  t.equal(feed.indexAfter(last), feed.end);
  const changed = note('PageTransferred');
  t.equal(feed.at(feed.lastAccessChange!)?.position, changed);
  for (let at = 0; at < MANY; at += 1) note();
  const again = note('PageTransferred');
  t.equal(feed.at(feed.lastAccessChange!)?.position, again, 'a slow reader learns what came after it');
  note();
  t.equal(feed.lastAccessChange, feed.end - 2);
});

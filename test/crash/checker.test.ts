import t from 'tap';
import { Checker } from './checker.js';
import type { LogEvent } from './log-events.js';
import { Observations } from './observations.js';

const event = (position: number, revision: number, more: Partial<LogEvent> = {}): LogEvent => ({
  position,
  stream: 'page-p',
  revision,
  type: 'AlarmTriggered',
  by: 'john',
  id: `command ${position}`,
  at: '2026-01-15T10:30:00.000Z',
  alarm: 'a',
  mark: `at ${position}`,
  ...more,
});

/** What follows from an event for its actor and its viewers. */
function observe(events: readonly LogEvent[]): Observations {
  const observations = new Observations();
  for (const { by, id, mark, position, revision, type, at, alarm } of events) {
    observations.answered.push({ by, id, mark, position: String(position), seq: revision });
    observations.seen.push({ page: 'p', seq: revision, type, by, at, ...(alarm === undefined ? {} : { alarm }), mark });
  }
  return observations;
}

const whole = [event(1, 0), event(2, 1), event(3, 2)];

t.test('LOG-13 the crash loop finds no fault where there is none', async (t) => {
  const checker = new Checker();
  const observations = observe(whole);
  observations.refused.push({ by: 'john', id: 'refused' });
  t.same(checker.read(whole.slice(0, 1)), []);
  t.same(checker.read(whole.slice(1)), []);
  t.same(checker.check(observations), []);
  t.same(checker.compare(whole), []);
});

t.test('LOG-13 the crash loop finds what was lost', async (t) => {
  const checker = new Checker();
  checker.read(whole.slice(0, 2));
  t.match(checker.check(observe(whole)), [
    /^lost: the command 'john command 3, at 3' of john, answered with position 3 is not in the log/,
    /^lost: AlarmTriggered with seq 2 of page p/,
  ]);

  const anothers = new Checker();
  anothers.read([...whole.slice(0, 2), event(3, 2, { by: 'mary', id: 'hers', mark: 'hers' })]);
  t.match(anothers.check(observe(whole)), [
    /^lost: the command 'john command 3, at 3'.*there stands AlarmTriggered/,
    /^lost: AlarmTriggered with seq 2 of page p.*another by, mark/,
  ]);

  const later = new Checker();
  later.read(whole);
  t.match(later.compare(whole.slice(0, 2)), [/^lost or altered: AlarmTriggered \(page-p, revision 2, position 3\)/]);
  t.match(later.compare([...whole.slice(0, 2), event(3, 2, { at: '2027-01-15T10:30:00.000Z' })]), [/^lost or altered/]);
});

t.test('LOG-13 the crash loop finds what was doubled: by its id, and without one by its content', async (t) => {
  const checker = new Checker();
  checker.read(whole);
  t.match(checker.read([event(4, 3, { id: 'command 2' })]), [/^doubled: the command 'john command 2'/]);
  t.match(checker.read([event(5, 4, { id: undefined, mark: 'at 3' })]), [/^doubled: the command 'at 3'/]);
  t.same(checker.read([event(6, 5, { by: 'mary', id: 'command 2' })]), [], "an id is a user's own");
});

t.test('LOG-13 the crash loop finds gaps, repeated revisions and positions that do not grow', async (t) => {
  t.match(new Checker().read([event(1, 0), event(2, 2)]), [/^gap: revision 0 of page-p is followed by 2/]);
  t.match(new Checker().read([event(1, 1)]), [/^gap: revision -1 of page-p is followed by 1/]);
  t.match(new Checker().read([event(1, 0), event(2, 0)]), [/^gap: revision 0 of page-p is followed by 0/]);
  t.match(new Checker().read([event(2, 0), event(1, 1)]), [/^position 1 comes after 2/]);
});

t.test('LOG-13 the crash loop finds refused commands that have an effect, now or later', async (t) => {
  const observations = new Observations();
  observations.refused.push({ by: 'john', id: 'command 3' });
  const now = new Checker();
  now.read(whole);
  t.match(now.check(observations), [/^the command 'john command 3' was refused/]);
  const later = new Checker();
  later.read(whole.slice(0, 2));
  t.same(later.check(observations), []);
  t.match(later.read(whole.slice(2)), [/^the command 'john command 3' was refused/]);
});

/** Which sessions are over before their time: pure, from events alone. */
import fc from 'fast-check';
import t from 'tap';
import type { SessionEvent } from '../../src/domain/ended-sessions.js';
import { EndedSessions, type EventTime, type SessionClaim } from '../../src/domain/ended-sessions.js';

const HOUR_MS = 3_600_000;
const time = (hours: number): EventTime => ({ at: at(hours), passedMs: hours * HOUR_MS });
const at = (hours: number): string => new Date(Date.parse('2026-01-15T10:30:00.000Z') + hours * HOUR_MS).toISOString();
const claim = (userId: string, sessionId: string, credential = 0): SessionClaim => ({ userId, sessionId, credential });

/** Folds what happened at these hours; positions are counted from 1. */
function given(...events: readonly (readonly [hour: number, userId: string, event: SessionEvent])[]): EndedSessions {
  const sessions = new EndedSessions();
  events.forEach(([hour, userId, event], place) => sessions.fold(userId, event, time(hour), String(place + 1)));
  return sessions;
}
const ended = (session_id: string, untilHour: number): SessionEvent => ({
  type: 'SessionEnded',
  data: { session_id, until: at(untilHour) },
});
const changed = (credential: number, session_id: string): SessionEvent => ({
  type: 'PasswordChanged',
  data: { credential, session_id },
});

t.test('SES-2 an ended session is over, whatever credential it began with; no other is', async (t) => {
  const sessions = given([0, 'john', ended('a', 9)]);
  t.equal(sessions.has(claim('john', 'a')), true);
  t.equal(sessions.has(claim('john', 'a', 7)), true);
  t.equal(sessions.has(claim('john', 'b')), false);
  t.equal(sessions.has(claim('mary', 'a')), false, 'a session is one user’s');
});

t.test('SES-3 a changed password ends what began with an older one, but for the session that changed it', async (t) => {
  const sessions = given([0, 'john', changed(1, 'a')]);
  t.equal(sessions.has(claim('john', 'a', 0)), false);
  t.equal(sessions.has(claim('john', 'b', 0)), true);
  t.equal(sessions.has(claim('john', 'c', 1)), false, 'a login with the new one, even in the same second');
  t.equal(sessions.has(claim('mary', 'b', 0)), false);
  const again = given([0, 'john', changed(1, 'a')], [1, 'john', changed(2, 'c')]);
  t.same(
    ['a', 'b', 'c'].map((id) => again.has(claim('john', id, 1))),
    [true, true, false],
    'the next change ends also the one that went on before',
  );
});

t.test('SES-10 two changes on two nodes mean the same, in whichever order they come to stand', async (t) => {
  const one = given([0, 'john', changed(1, 'a')], [0, 'john', changed(2, 'b')]);
  const other = given([0, 'john', changed(2, 'b')], [0, 'john', changed(1, 'a')]);
  t.same([...one.changes], [...other.changes]);
  t.equal(other.has(claim('john', 'a', 0)), true);
});

t.test(
  'SES-6 what is past is forgotten by the time of later events, from the first one ended on, and is told',
  async (t) => {
    const sessions = given([0, 'john', ended('a', 2)], [0, 'john', ended('b', 4)], [1, 'mary', ended('c', 3)]);
    t.same(sessions.fold('john', ended('d', 9), time(1), '4'), []);
    t.same(sessions.fold('john', ended('e', 9), time(3), '5'), ['a'], 'c waits behind b');
    t.same(sessions.fold('john', ended('f', 9), time(5), '6'), ['b', 'c']);
    t.same([...sessions.ended.keys()], ['d', 'e', 'f']);
    t.same(
      sessions.fold('john', ended('d', 8), time(20), '7'),
      ['e', 'f'],
      'one that is ended again is not forgotten thereby',
    );
    t.same([...sessions.ended.keys()], ['d']);
  },
);

t.test('SES-6 LOG-25 a clock that leaps forwards, and back, revives no session', async (t) => {
  const sessions = given([0, 'john', ended('a', 24)]);
  // Thirty hours by the clock, five minutes for certain.
  t.same(sessions.fold('mary', ended('b', 60), { at: at(30), passedMs: HOUR_MS / 12 }, '2'), []);
  t.equal(sessions.has(claim('john', 'a')), true);
  t.same(sessions.fold('mary', ended('c', 60), { at: at(31), passedMs: 24 * HOUR_MS }, '3'), ['a']);
});

t.test(
  'SES-6 in random histories a session that was ended stays so until its time, and few are remembered for longer',
  async () => {
    const step = fc.record({
      hours: fc.integer({ min: 0, max: 12 }),
      session: fc.nat(30),
      life: fc.integer({ min: 1, max: 168 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200, size: 'max' }), (steps) => {
        const sessions = new EndedSessions();
        const until = new Map<string, number>();
        const since = new Map<string, number>();
        let now = 0;
        steps.forEach(({ hours, session, life }, place) => {
          now += hours;
          const id = `s-${session}`;
          sessions.fold('john', ended(id, now + life), time(now), String(place + 1));
          until.set(id, Math.max(now + life, until.get(id) ?? 0));
          since.set(id, now);
        });
        const remembered = [...until].every(([id, hour]) => hour <= now || sessions.has(claim('john', id)));
        return remembered && [...sessions.ended.keys()].every((id) => now - since.get(id)! <= 2 * 168);
      }),
    );
  },
);

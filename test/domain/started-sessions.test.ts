/** The sessions that an operator is shown, event by event. */
import t from 'tap';
import { LISTED_OF_USER, StartedSessions } from '../../src/domain/started-sessions.js';

const START = Date.parse('2026-01-15T10:00:00.000Z');
const HOUR = 3_600_000;
const moment = (ms: number): string => new Date(START + ms).toISOString();

/** A log whose time passes as the clock does: `ms` after its start. */
const timeAt = (ms: number) => ({ at: moment(ms), passedMs: ms }) as Parameters<StartedSessions['fold']>[2];

const start = (sessions: StartedSessions, userId: string, id: string, ms: number, forMs = HOUR): string[] =>
  sessions.fold(
    userId,
    { type: 'SessionStarted', data: { session_id: id, until: moment(ms + forMs) } },
    timeAt(ms),
    String(ms),
  );
const end = (sessions: StartedSessions, userId: string, id: string): string[] =>
  sessions.fold(userId, { type: 'SessionEnded', data: { session_id: id } } as never, timeAt(1), '9');
const idsOf = (sessions: StartedSessions, userId: string, ms: number): string[] =>
  sessions.of(userId, START + ms).map(({ id }) => id);

t.test('ADM-8 a login begins a session; a logout ends it, of its own user alone', async (t) => {
  const sessions = new StartedSessions();
  t.same(start(sessions, 'vera', 'one', 0), []);
  t.same(start(sessions, 'vera', 'two', 5), []);
  t.same(start(sessions, 'olga', 'other', 6), []);
  t.same(sessions.of('vera', START), [
    {
      id: 'one',
      user_id: 'vera',
      started_at: moment(0),
      until: moment(HOUR),
      position: '0',
      forget_after: HOUR,
    },
    {
      id: 'two',
      user_id: 'vera',
      started_at: moment(5),
      until: moment(HOUR + 5),
      position: '5',
      forget_after: HOUR + 5,
    },
  ]);
  t.same(end(sessions, 'olga', 'one'), [], 'not a session of theirs');
  t.same(end(sessions, 'vera', 'none'), []);
  t.same(end(sessions, 'vera', 'one'), ['one']);
  t.same(idsOf(sessions, 'vera', 0), ['two']);
  t.same(end(sessions, 'vera', 'two'), ['two']);
  t.same(idsOf(sessions, 'vera', 0), []);
  t.same([...sessions.sessions.keys()], ['other']);
});

t.test('ADM-8 a session that has reached its end is not shown, and is forgotten when another begins', async (t) => {
  const sessions = new StartedSessions();
  start(sessions, 'vera', 'short', 0, 10);
  start(sessions, 'vera', 'long', 1);
  t.same(idsOf(sessions, 'vera', 9), ['short', 'long']);
  t.same(idsOf(sessions, 'vera', 10), ['long'], 'at its end it is over');
  t.same(start(sessions, 'olga', 'at the end', 9), [], 'kept until the log has passed its end');
  t.same(start(sessions, 'olga', 'after', 10), ['short']);
  t.notOk(sessions.sessions.has('short'));
  t.same(start(sessions, 'olga', 'past already', 20, -5), []);
  t.equal(sessions.sessions.get('past already')?.forget_after, 20, 'an end in the past is forgotten at once');
});

t.test('ADM-8 of one user the newest are kept', async (t) => {
  const sessions = new StartedSessions();
  for (let at = 0; at < LISTED_OF_USER; at++) t.same(start(sessions, 'vera', `s${at}`, at), []);
  start(sessions, 'olga', 'hers', 500);
  t.same(start(sessions, 'vera', 'one more', 501), ['s0']);
  t.equal(idsOf(sessions, 'vera', 0).length, LISTED_OF_USER);
  t.same(idsOf(sessions, 'olga', 0), ['hers']);
});

t.test('ADM-8 a changed password ends all but the session it begins', async (t) => {
  const sessions = new StartedSessions();
  for (const id of ['one', 'two', 'new']) start(sessions, 'vera', id, 0);
  start(sessions, 'olga', 'hers', 0);
  const change = { type: 'PasswordChanged', data: { credential: 1, session_id: 'new' } } as never;
  t.same(sessions.fold('vera', change, timeAt(1), '9'), ['one', 'two']);
  t.same(idsOf(sessions, 'vera', 0), ['new']);
  t.same(idsOf(sessions, 'olga', 0), ['hers']);
  t.same(sessions.fold('nobody', change, timeAt(1), '9'), []);
});

t.test('ADM-8 a session that is added again is one', async (t) => {
  const sessions = new StartedSessions();
  start(sessions, 'vera', 'one', 0);
  start(sessions, 'vera', 'two', 0);
  start(sessions, 'vera', 'one', 3);
  t.same(idsOf(sessions, 'vera', 0), ['two', 'one'], 'behind the others');
});

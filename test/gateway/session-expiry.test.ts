/** When sockets are told and closed, on a clock that is moved by hand. */
import t from 'tap';
import type { Session } from '../../src/auth/sessions.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { userStream } from '../../src/domain/streams.js';
import { SessionExpiry, type Watched } from '../../src/gateway/session-expiry.js';
import { LiveState } from '../../src/projections/live-state.js';
import type { CloseReason } from '../../src/protocol/close-codes.js';
import { Recording } from '../domain/recording.js';

class FakeSocket implements Watched {
  readonly heard: string[] = [];
  ended: CloseReason | undefined;
  session: Session;
  constructor(session: Session) {
    this.session = session;
  }
  send(text: string): void {
    this.heard.push(text);
  }
  end(reason: CloseReason): void {
    this.ended = reason;
  }
}

const session = (issuedAt: number, expiresAt: number, sessionId = 's-1', userId = 'john'): Session => ({
  userId,
  sessionId,
  credential: 0,
  authTime: issuedAt,
  issuedAt,
  expiresAt,
});
const expiring = (seconds: number): string => `{"type":"token_expiring","payload":{"expires_in_s":${seconds}}}`;

/** A watch, its sockets, and what moves its clock: to the second, tick by tick. */
function watching(...sessions: Session[]) {
  const clock = { second: 0 };
  const live = new LiveState();
  const watch = new SessionExpiry<FakeSocket>({ endedSessions: live.endedSessions, now: () => clock.second * 1_000 });
  const sockets = sessions.map((one) => new FakeSocket(one));
  for (const socket of sockets) watch.add(socket);
  const until = (second: number): void => {
    while (clock.second < second) {
      clock.second += 1;
      watch.tick();
    }
  };
  const recording = new Recording();
  const happens = (userId: string, event: DomainEvent): void =>
    watch.onFolded(live.fold(recording.record(userStream(userId), userId, event)));
  return { clock, watch, sockets, until, happens, live, recording };
}

t.test('SES-7 a token is said to end a minute before it does, once; then the socket is closed', async (t) => {
  const {
    sockets: [socket],
    until,
  } = watching(session(0, 3_600));
  until(3_539);
  t.same(socket!.heard, []);
  until(3_540);
  t.same(socket!.heard, [expiring(60)]);
  until(3_599);
  t.same([socket!.heard.length, socket!.ended], [1, undefined]);
  until(3_600);
  t.same([socket!.heard.length, socket!.ended], [1, 'token_ended']);
});

t.test('SES-7 of a token that lives for less than two minutes it is said at half of its life', async (t) => {
  const {
    sockets: [one, other],
    until,
  } = watching(session(0, 30), session(0, 119));
  until(14);
  t.same(one!.heard, []);
  until(15);
  t.same(one!.heard, [expiring(15)]);
  until(60);
  t.same([one!.ended, one!.heard.length, other!.heard], ['token_ended', 1, [expiring(59)]]);
});

t.test(
  'SES-7 a client with a token that ends soon is told so at once, and a clock that jumps loses nothing',
  async (t) => {
    const {
      clock,
      watch,
      sockets: [late, other],
    } = watching(session(-3_000, 20), session(0, 100_000));
    clock.second = 1;
    watch.tick();
    t.same(late!.heard, [expiring(19)]);
    clock.second = 99_990;
    watch.tick();
    t.equal(late!.ended, 'token_ended');
    t.same([other!.heard, other!.ended], [[expiring(10)], undefined]);
  },
);

t.test('SES-8 a socket that was given another token waits for the end of that', async (t) => {
  const {
    watch,
    sockets: [socket],
    until,
  } = watching(session(0, 100));
  until(60);
  t.same(socket!.heard, [expiring(50)]);
  socket!.session = session(60, 160);
  watch.renewed(socket!);
  until(159);
  t.same([socket!.heard, socket!.ended], [[expiring(50), expiring(50)], undefined]);
  until(160);
  t.equal(socket!.ended, 'token_ended');
});

t.test(
  'SES-2 SES-10 an ended session closes its sockets, wherever the event came from, and those of no other',
  async (t) => {
    const { sockets, watch, until, happens } = watching(
      session(0, 100),
      session(0, 100),
      session(0, 100, 's-2'),
      session(0, 100, 's-1', 'mary'),
    );
    happens('john', { type: 'SessionEnded', data: { session_id: 's-1', until: '2100-01-01T00:00:00.000Z' } });
    t.same(
      sockets.map(({ ended }) => ended),
      ['session_revoked', 'session_revoked', undefined, undefined],
    );
    watch.remove(sockets[0]!);
    watch.remove(sockets[1]!);
    until(100);
    t.same(
      sockets.map(({ heard }) => heard.length),
      [0, 0, 1, 1],
      'what has left is not looked at again',
    );
  },
);

t.test('SES-3 a changed password closes the sockets of the other sessions', async (t) => {
  const { sockets, happens } = watching(session(0, 100), session(0, 100, 's-2'), {
    ...session(0, 100, 's-3'),
    credential: 1,
  });
  happens('john', { type: 'PasswordChanged', data: { credential: 1, session_id: 's-1' } });
  t.same(
    sockets.map(({ ended }) => ended),
    [undefined, 'session_revoked', undefined],
  );
});

t.test(
  'SES-13 sockets of the session that changed the password have 5 s to refresh; the others are closed at once',
  async (t) => {
    const { watch, sockets, until, live, recording } = watching(
      session(0, 3_600, 'asking'),
      session(0, 3_600, 'asking'),
      session(0, 3_600, 'other'),
      session(0, 3, 'asking'),
    );
    const [refreshing, idle, other, short] = sockets as [FakeSocket, FakeSocket, FakeSocket, FakeSocket];
    const changed = recording.record(userStream('john'), 'john', {
      type: 'PasswordChanged',
      data: { credential: 1, session_id: 'new' },
    });
    watch.onFolded(live.fold({ ...changed, metadata: { ...changed.metadata, via: 'session:asking' } }));
    t.same([refreshing.ended, idle.ended, other.ended], [undefined, undefined, 'session_revoked']);
    t.same([refreshing.heard, idle.heard], [[expiring(5)], [expiring(5)]]);
    refreshing.session = { ...session(0, 3_600, 'new'), credential: 1 };
    watch.renewed(refreshing);
    watch.onFolded(
      live.fold(
        recording.record(userStream('john'), 'john', {
          type: 'SessionEnded',
          data: { session_id: 'yet another', until: '2100-01-01T00:00:00.000Z' },
        }),
      ),
    );
    until(3);
    t.equal(short.ended, 'token_ended', 'not beyond the end of its token');
    t.equal(idle.ended, undefined, 'the end of another session changes nothing');
    until(5);
    t.same([refreshing.ended, idle.ended], [undefined, 'token_ended']);
    until(3_540);
    t.same(refreshing.heard.length, 2, 'its new token has its own end');
  },
);

t.test('SES-13 a second change of the password, or its own logout, ends it at once', async (t) => {
  for (const second of [
    { type: 'PasswordChanged', data: { credential: 2, session_id: 'newer' } },
    { type: 'SessionEnded', data: { session_id: 'asking', until: '2100-01-01T00:00:00.000Z' } },
  ] as const) {
    const {
      watch,
      sockets: [socket],
      live,
      recording,
    } = watching(session(0, 3_600, 'asking'));
    const changed = recording.record(userStream('john'), 'john', {
      type: 'PasswordChanged',
      data: { credential: 1, session_id: 'new' },
    });
    watch.onFolded(live.fold({ ...changed, metadata: { ...changed.metadata, via: 'session:asking' } }));
    t.equal(socket!.ended, undefined);
    watch.onFolded(live.fold(recording.record(userStream('john'), 'john', second)));
    t.equal(socket!.ended, 'session_revoked', second.type);
  }
});

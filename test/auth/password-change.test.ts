/** A change of the password that ends half way: no state in which the old password works on, or in which neither does. */
import t, { type Test } from 'tap';
import { accountEvent } from '../../src/auth/account-events.js';
import { Accounts, type Login } from '../../src/auth/accounts.js';
import { AddressBudgets } from '../../src/auth/address-budgets.js';
import { LoginAttempts } from '../../src/auth/login-attempts.js';
import { createLoginThrottle } from '../../src/auth/login-throttle.js';
import { createPasswords } from '../../src/auth/passwords.js';
import { ProgramTokens } from '../../src/auth/program-tokens.js';
import { type Session, Sessions } from '../../src/auth/sessions.js';
import { createTokens } from '../../src/auth/tokens.js';
import { UserStreams } from '../../src/auth/user-streams.js';
import { credentialStream, userStream } from '../../src/domain/streams.js';
import { type Appended, type EventLog, type NewEvent, NO_STREAM } from '../../src/log/event-log.js';
import { startProjection } from '../projections/running-projection.js';
import { temporaryFolder } from '../projections/temporary-folder.js';

const [OLD, NEW] = ['the old password', 'the new password'];
const ADDRESS = '192.0.2.1';

type Append = (stream: string, expected: number, events: readonly NewEvent[]) => Promise<Appended>;

/** The log of a folder, of which appends go through `through`. */
async function start(t: Test, folder: string, through: (append: Append) => Append = (append) => append) {
  const { log, projection, stop } = await startProjection(folder);
  t.teardown(stop);
  const append = through((...call) => log.append(...call));
  const seen: EventLog = {
    id: log.id,
    lineage: log.lineage,
    engine: log.engine,
    isShared: false,
    isAvailable: true,
    append,
    overwrite: (...call) => log.overwrite(...call),
    subscribe: (...call) => log.subscribe(...call),
    readPrivate: (stream) => log.readPrivate(stream),
    head: () => log.head(),
    eventAt: (position) => log.eventAt(position),
    close: () => log.close(),
  };
  const tokens = createTokens({ secret: Buffer.alloc(32, 'k'), expireMinutes: 60, sessionDays: 7 });
  const streams = new UserStreams({ log: seen, projection });
  const programs = new ProgramTokens({ log: seen, states: log, projection, streams });
  const sessions = new Sessions({ streams, projection, programs, tokens });
  const accounts = new Accounts({
    log: seen,
    projection,
    sessions,
    passwords: createPasswords(),
    attempts: new LoginAttempts(createLoginThrottle()),
    budgets: new AddressBudgets({ loginsPerSecond: Infinity, registrationsPerHour: Infinity }),
    mayGrow: () => true,
  });
  return { log, projection, sessions, accounts, stop };
}
type Started = Awaited<ReturnType<typeof start>>;

const login = ({ accounts }: Started, password: string): Promise<Login> => accounts.login('john', password, ADDRESS);

async function sessionOf(started: Started, password: string): Promise<{ token: string; session: Session }> {
  const result = await login(started, password);
  if (result.kind !== 'token') throw new Error(result.kind);
  return { token: result.token, session: started.sessions.authenticate(result.token)! };
}

/** Two sessions of one user, in a folder whose log stops at what `fails` says, as if the process ended there. */
async function interrupted(t: Test, fails: (stream: string, events: readonly NewEvent[]) => boolean) {
  const folder = temporaryFolder(t);
  const started = await start(t, folder, (append) => async (stream, expected, events) => {
    if (fails(stream, events)) throw new Error('the process ends');
    return append(stream, expected, events);
  });
  await started.accounts.register('john', OLD, ADDRESS);
  const [mine, other] = [await sessionOf(started, OLD), await sessionOf(started, OLD)];
  await t.rejects(started.accounts.changePassword(mine.session, OLD, NEW, ADDRESS), { message: 'the process ends' });
  await started.stop();
  return { mine, other, again: await start(t, folder) };
}

t.test('SES-5 the process ends before the credential is written: nothing was changed', async (t) => {
  const { mine, other, again } = await interrupted(
    t,
    (stream, events) => stream.startsWith('credential-') && events[0]!.metadata.command === 'password',
  );
  t.match(await login(again, NEW), { kind: 'wrong' });
  t.match(await login(again, OLD), { kind: 'token' });
  t.ok(again.sessions.authenticate(mine.token) && again.sessions.authenticate(other.token));
});

t.test(
  'SES-5 the process ends between the two: the new password works, the old one does not, and the next login ends the other sessions',
  async (t) => {
    const { mine, other, again } = await interrupted(t, (stream) => stream.startsWith('user-'));
    t.match(await login(again, OLD), { kind: 'wrong' });
    t.ok(again.sessions.authenticate(other.token), 'they go on until then');
    const next = await login(again, NEW);
    t.match(next, { kind: 'token' });
    t.equal(again.sessions.authenticate(other.token), undefined);
    t.equal(again.sessions.authenticate(mine.token), undefined, 'and the session that changed it');
    t.ok(next.kind === 'token' && again.sessions.authenticate(next.token));
    let changes = 0;
    again.projection.listen(({ recorded }) => void (recorded.event.type === 'PasswordChanged' && (changes += 1)));
    t.match(await login(again, NEW), { kind: 'token' });
    t.equal(changes, 0, 'that was done once');
  },
);

t.test(
  'SES-5 without room for the second the answer says so, and a login without room works all the same',
  async (t) => {
    const disk = { isFull: false };
    const started = await start(
      t,
      temporaryFolder(t),
      (append) => async (stream, expected, events) =>
        disk.isFull && stream.startsWith('user-') ? { kind: 'full' } : append(stream, expected, events),
    );
    await started.accounts.register('john', OLD, ADDRESS);
    const [mine, other] = [await sessionOf(started, OLD), await sessionOf(started, OLD)];
    disk.isFull = true;
    t.same(await started.accounts.changePassword(mine.session, OLD, NEW, ADDRESS), { kind: 'full' });
    t.match(await login(started, NEW), { kind: 'token' });
    t.ok(started.sessions.authenticate(other.token));
    disk.isFull = false;
    t.match(await login(started, NEW), { kind: 'token' });
    t.equal(started.sessions.authenticate(other.token), undefined);
  },
);

t.test('SES-3 of two changes at once one is made; the other finds the old password wrong', async (t) => {
  const started = await start(t, temporaryFolder(t));
  await started.accounts.register('john', OLD, ADDRESS);
  const [one, other] = [await sessionOf(started, OLD), await sessionOf(started, OLD)];
  const changes = await Promise.all([
    started.accounts.changePassword(one.session, OLD, NEW, ADDRESS),
    started.accounts.changePassword(other.session, OLD, 'yet another one', ADDRESS),
  ]);
  t.same(changes.map(({ kind }) => kind).sort(), ['token', 'wrong']);
  t.match(await login(started, OLD), { kind: 'wrong' });
  t.match(await login(started, changes[0]!.kind === 'token' ? NEW : 'yet another one'), { kind: 'token' });
});

t.test('SES-3 a hash that is made anew meanwhile is not in the way of a change', async (t) => {
  const meanwhile: { event?: NewEvent['event'] } = {};
  const started = await start(t, temporaryFolder(t), (append) => async (stream, expected, events) => {
    const { event } = meanwhile;
    if (event && stream.startsWith('credential-')) {
      delete meanwhile.event;
      await append(stream, expected, [accountEvent('john', 'login', event, new Date().toISOString())]);
    }
    return append(stream, expected, events);
  });
  await started.accounts.register('john', OLD, ADDRESS);
  const mine = await sessionOf(started, OLD);
  const { revision: _, ...set } = (await started.log.readPrivate(credentialStream(mine.session.userId)))!;
  meanwhile.event = set;
  t.match(await started.accounts.changePassword(mine.session, OLD, NEW, ADDRESS), { kind: 'token' });
  t.match(await login(started, NEW), { kind: 'token' });
});

t.test('SES-2 SES-10 many sessions of a user end at once, while another node writes to their stream too', async (t) => {
  let others = 3;
  const started = await start(t, temporaryFolder(t), (append) => async (stream, expected, events) => {
    if (stream.startsWith('user-') && others > 0) {
      others -= 1;
      const event = {
        type: 'SessionEnded',
        data: { session_id: `elsewhere ${others}`, until: '2100-01-01T00:00:00.000Z' },
      } as const;
      const elsewhere = await append(stream, NO_STREAM, [
        accountEvent('john', 'logout', event, new Date().toISOString()),
      ]);
      if (elsewhere.kind === 'conflict')
        await append(stream, elsewhere.actual, [accountEvent('john', 'logout', event, new Date().toISOString())]);
    }
    return append(stream, expected, events);
  });
  await started.accounts.register('john', OLD, ADDRESS);
  const sessions = await Promise.all(Array.from({ length: 20 }, () => sessionOf(started, OLD)));
  const endings = await Promise.all(sessions.slice(1).map(({ session }) => started.sessions.end(session)));
  t.ok(endings.every(({ kind }) => kind === 'ended'));
  t.same(
    sessions.map(({ token }) => started.sessions.authenticate(token) !== undefined),
    [true, ...endings.map(() => false)],
  );
  const { revision } = (await started.log
    .append(userStream(sessions[0]!.session.userId), NO_STREAM, [])
    .then((appended) => (appended.kind === 'conflict' ? { revision: appended.actual } : { revision: NO_STREAM }))) as {
    revision: number;
  };
  t.equal(revision, 20 + 19 + 3 - 1, 'each login and each of them is one event');
});

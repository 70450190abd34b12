import t from 'tap';
import type { Session } from '../../src/auth/sessions.js';
import { createTickets, TICKET_MS } from '../../src/auth/tickets.js';

const session = (userId: string, sessionId = 's-1'): Session => ({
  userId,
  sessionId,
  credential: 0,
  authTime: 0,
  issuedAt: 0,
  expiresAt: 3_600,
});

t.test('SES-9 a ticket is good once, for the session it was given to', async (t) => {
  const tickets = createTickets();
  const [one, other] = [tickets.issue(session('john'))!, tickets.issue(session('mary'))!];
  t.not(one, other);
  t.match(one, /^[\w-]{43}$/, '256 bits, that need no escaping in a URL');
  t.same(tickets.redeem(other), session('mary'));
  t.same(tickets.redeem(one), session('john'));
  t.equal(tickets.redeem(one), undefined, 'twice');
  for (const wrong of ['', 'x', '__proto__', one.slice(1)]) t.equal(tickets.redeem(wrong), undefined, wrong);
  t.equal(tickets.size, 0);
});

t.test('SES-9 a ticket ends after 30 s, and leaves nothing', async (t) => {
  const clock = { now: 0 };
  const tickets = createTickets({ now: () => clock.now });
  const [early, late] = [tickets.issue(session('john'))!, tickets.issue(session('john'))!];
  clock.now = TICKET_MS - 1;
  t.ok(tickets.redeem(early));
  clock.now = TICKET_MS;
  t.equal(tickets.redeem(late), undefined);
  tickets.issue(session('john'));
  clock.now = 2 * TICKET_MS;
  tickets.issue(session('mary'));
  t.equal(tickets.size, 1, 'what nobody came with is forgotten');
});

t.test('SES-9 the tickets that are kept are bounded: 100 of a user, 10,000 in all', async (t) => {
  const clock = { now: 0 };
  const tickets = createTickets({ now: () => clock.now });
  const johns = Array.from({ length: 101 }, () => tickets.issue(session('john'))!);
  t.equal(tickets.size, 100);
  t.equal(tickets.redeem(johns[0]!), undefined, 'the oldest of the user made room');
  t.ok(tickets.redeem(johns[100]!));
  for (let user = 0; tickets.size < 10_000; user += 1) t.ok(tickets.issue(session(`user ${user}`)));
  t.ok(tickets.redeem(johns[50]!));
});

t.test('SES-12 where there is no room a ticket is taken from the user who has most', async (t) => {
  const tickets = createTickets({ now: () => 0 });
  const first = tickets.issue(session('user 0'))!;
  for (let user = 0; tickets.size < 10_000; user += 1)
    for (let at = 0; at < 100 && tickets.size < 10_000; at += 1) t.ok(tickets.issue(session(`user ${user}`)));
  const honest = Array.from({ length: 50 }, (_, at) => tickets.issue(session(`honest ${at}`)));
  t.equal(
    honest.every((ticket) => ticket !== undefined),
    true,
    '100 users with 100 tickets each block nobody',
  );
  t.equal(tickets.size, 10_000);
  t.equal(tickets.redeem(first), undefined, 'the oldest of a user who has most');
  t.equal(
    honest.every((ticket) => tickets.redeem(ticket!) !== undefined),
    true,
    'and of no user who has fewer',
  );
});

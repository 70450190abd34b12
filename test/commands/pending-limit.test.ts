/** Places for commands that wait: what one user, and what many together, can take of them. */
import t from 'tap';
import { PendingLimit } from '../../src/commands/handling/pending-limit.js';

/** Takes all the places that the user is given; gives how many. */
function takeAll(places: PendingLimit, user: string): number {
  let taken = 0;
  for (; places.refusal(user) === undefined; taken += 1) places.take(user);
  return taken;
}

t.test(
  'LIM-22 many users cannot take all places: a user with few is accepted, up to twice as many in all',
  async (t) => {
    const places = new PendingLimit(50_000, 1_000);
    for (let user = 0; user < 50; user += 1) t.equal(takeAll(places, `hostile-${user}`), 1_000);
    t.equal(places.refusal('hostile-0'), 'own taken');
    t.equal(takeAll(places, 'honest'), 16);
    t.equal(places.refusal('honest'), 'all taken');
    places.free('honest');
    t.equal(places.refusal('honest'), undefined, 'as soon as one is answered');
    for (let user = 50; user < 1_000; user += 1) takeAll(places, `hostile-${user}`);
    t.equal(takeAll(places, 'another'), 16, 'also beside 1,000');
    let more = 0;
    for (let user = 1_000; user < 4_000; user += 1) more += takeAll(places, `hostile-${user}`);
    t.equal(50_000 + 15 + 950 * 16 + 16 + more, 100_000, 'but memory has an end');
  },
);

t.test('LIM-22 one user alone is refused at the limit of all', async (t) => {
  const places = new PendingLimit(100, Infinity);
  t.equal(takeAll(places, 'one'), 100);
  t.equal(places.refusal('one'), 'all taken');
  t.equal(places.refusal('other'), undefined);
});

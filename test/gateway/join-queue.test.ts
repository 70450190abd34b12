/** When sockets get their states: the join queue, with a clock and a loop that the test controls. */
import t from 'tap';
import { JoinQueue } from '../../src/gateway/join-queue.js';

const BUDGET_MS = 2;

class Iterations {
  now = 0;
  readonly done: string[] = [];
  readonly #next: (() => void)[] = [];
  readonly joinQueue: JoinQueue<{ readonly name: string }>;

  constructor(limit = Infinity) {
    this.joinQueue = new JoinQueue({
      limit,
      budgetMs: BUDGET_MS,
      now: () => this.now,
      nextIteration: (then) => this.#next.push(then),
    });
  }

  /** A socket whose state takes so long, in ms. */
  join(name: string, costMs = 0.5, ready?: Promise<void>): { readonly name: string } {
    const socket = { name };
    const work = (): void => {
      this.done.push(name);
      this.now += costMs;
    };
    this.joinQueue.add(socket, work, ready);
    return socket;
  }

  /** What it asks for takes so long, in ms. False if it was not kept. */
  sends(socket: { readonly name: string }, what: string, bytes = 10, costMs = 0): boolean {
    return this.joinQueue.hold(socket, bytes, () => {
      this.done.push(`${socket.name} ${what}`);
      this.now += costMs;
    });
  }

  /** An iteration of the event loop: what was done in it. */
  iteration(): string[] {
    const before = this.done.length;
    for (const then of this.#next.splice(0)) then();
    return this.done.slice(before);
  }

  /** Iterations that are asked for; 0 means that nothing would ever happen any more. */
  get due(): number {
    return this.#next.length;
  }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `s${at}`);

t.test('STORM-1 alone, a socket gets its state at once', async (t) => {
  const iterations = new Iterations();
  for (const name of names(10)) {
    iterations.join(name);
    t.equal(iterations.done.at(-1), name);
    while (iterations.due > 0) iterations.iteration();
  }
});

t.test(
  'STORM-1 all at once, they get their states in the order of their coming, a limited number per iteration',
  async (t) => {
    const iterations = new Iterations();
    for (const name of names(100)) iterations.join(name);
    t.same(iterations.done, names(4), 'the budget of this iteration');
    t.equal(iterations.joinQueue.waiting, 96);
    for (let round = 1; round < 25; round += 1) {
      t.equal(iterations.due, 1, 'one iteration is asked for at a time');
      t.same(iterations.iteration(), names(100).slice(round * 4, round * 4 + 4));
    }
    t.same(iterations.done, names(100));
    iterations.iteration();
    t.equal(iterations.due, 0, 'when nobody waits, nothing is scheduled');
  },
);

t.test(
  'STORM-1 a socket that comes while others wait is behind them; a state longer than the budget has an iteration of its own',
  async (t) => {
    const iterations = new Iterations();
    for (const name of names(3)) iterations.join(name, 10);
    t.same(iterations.done, ['s0']);
    iterations.join('late', 0);
    t.same(iterations.iteration(), ['s1']);
    t.same(iterations.iteration(), ['s2']);
    t.same(iterations.iteration(), ['late']);
  },
);

t.test('STORM-1 sockets that have gone are not served, wherever in the queue they were', async (t) => {
  const iterations = new Iterations();
  const sockets = names(40).map((name) => iterations.join(name, 1));
  for (const [at, socket] of sockets.entries()) if (at % 3 !== 0) iterations.joinQueue.leave(socket);
  while (iterations.due > 0) {
    iterations.iteration();
    const gone = sockets[iterations.done.length * 3 + 3];
    if (gone && iterations.done.length % 4 === 0) iterations.joinQueue.leave(gone);
  }
  t.equal(iterations.joinQueue.waiting, 0);
  t.same(
    iterations.done,
    [...iterations.done].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
    'in order',
  );
  t.ok(
    iterations.done.length > 5 && iterations.done.slice(2).every((name) => Number(name.slice(1)) % 3 === 0),
    'none that had gone',
    { done: iterations.done },
  );
  iterations.join('again');
  t.equal(iterations.done.at(-1), 'again', 'the queue works on');
});

t.test('STORM-2 what a waiting socket sends comes behind its state, in its order', async (t) => {
  const iterations = new Iterations();
  iterations.join('first', 2);
  const waiting = iterations.join('second');
  t.ok(iterations.joinQueue.isWaiting(waiting));
  for (const what of ['a', 'b', 'c']) iterations.sends(waiting, what);
  t.same(iterations.done, ['first']);
  t.same(iterations.iteration(), ['second', 'second a', 'second b', 'second c']);
  t.notOk(iterations.joinQueue.isWaiting(waiting));
});

t.test(
  'STORM-2 what a waiting socket has sent is looked at within the budget of an iteration, message by message, and later sockets wait',
  async (t) => {
    const iterations = new Iterations();
    iterations.join('first', 2);
    const waiting = iterations.join('second', 0.5);
    for (const what of ['a', 'b', 'c', 'd']) iterations.sends(waiting, what, 10, 1);
    iterations.join('third', 0.5);
    t.same(iterations.iteration(), ['second', 'second a', 'second b']);
    t.ok(iterations.joinQueue.isWaiting(waiting), 'what it sends now comes behind what it has sent');
    iterations.sends(waiting, 'e', 10, 1);
    t.same(iterations.iteration(), ['second c', 'second d']);
    t.same(iterations.iteration(), ['second e', 'third']);
    t.notOk(iterations.joinQueue.isWaiting(waiting));
    t.equal(iterations.joinQueue.heldBytes, 0);
  },
);

t.test(
  'STORM-2 LIM-6 at most 64 KiB of what a socket sends are kept, where an empty message counts 256 bytes',
  async (t) => {
    const iterations = new Iterations();
    iterations.join('first', 2);
    const [eager, empty] = [iterations.join('eager', 0), iterations.join('empty', 0)];
    t.equal(iterations.sends(eager, 'a', 64 * 1024), true);
    t.equal(iterations.sends(eager, 'b', 1), false);
    let kept = 0;
    while (iterations.sends(empty, `${kept}`, 0)) kept += 1;
    t.equal(kept, 256);
    t.same(iterations.done, ['first'], 'and the order stays');
    t.equal(iterations.joinQueue.heldBytes, 2 * 64 * 1024);
    t.equal(iterations.iteration().length, 2 + 1 + 256);
    t.equal(iterations.joinQueue.heldBytes, 0);
  },
);

t.test('LIM-6 all waiting sockets together hold 64 MiB at most, closed ones and resumes counted', async (t) => {
  const iterations = new Iterations();
  iterations.join('first', 2);
  iterations.joinQueue.add({ name: 'resumes' }, () => undefined, undefined, 1024 * 1024);
  let sockets = 0;
  for (;;) {
    const socket = iterations.join(`s${sockets}`, 0);
    if (!iterations.sends(socket, 'a', 64 * 1024)) break;
    iterations.joinQueue.leave(socket);
    sockets += 1;
  }
  t.equal(sockets, (64 - 1) * 16);
  const light = iterations.join('light', 0);
  t.equal(
    iterations.sends(light, 'a', 1_000),
    true,
    'a socket that has sent little is still accepted: those that hold much cannot block it',
  );
  t.equal(iterations.sends(light, 'b', 1_000), true);
  t.equal(iterations.sends(light, 'c', 1_000), false, 'and no more than that');
  while (iterations.due > 0) iterations.iteration();
  t.equal(iterations.joinQueue.heldBytes, 0);
  t.equal(iterations.joinQueue.waiting, 0);
});

t.test('STORM-2 what a socket sent before it closed counts when its time comes, without a state', async (t) => {
  const iterations = new Iterations();
  iterations.join('first', 2);
  const leaving = iterations.join('leaving');
  iterations.sends(leaving, 'a', 10, 1);
  iterations.sends(leaving, 'b', 10, 1);
  iterations.sends(leaving, 'c', 10, 1);
  iterations.joinQueue.leave(leaving);
  t.same(iterations.done, ['first'], 'not before the budget allows it');
  t.same(iterations.iteration(), ['leaving a', 'leaving b']);
  iterations.joinQueue.leave(leaving);
  t.same(iterations.iteration(), ['leaving c']);
  t.equal(iterations.joinQueue.waiting, 0);
});

t.test('STORM-3 the queue is full at its limit, and not before', async (t) => {
  const iterations = new Iterations(2);
  iterations.join('served', 2);
  t.notOk(iterations.joinQueue.isFull, 'a served socket does not wait');
  iterations.join('one');
  t.notOk(iterations.joinQueue.isFull);
  const two = iterations.join('two');
  t.ok(iterations.joinQueue.isFull);
  iterations.joinQueue.leave(two);
  t.notOk(iterations.joinQueue.isFull);
});

/** Something that a state waits for, and what makes it ready: it is so when that resolves. */
function awaited(): { ready: Promise<void>; come: () => Promise<void> } {
  let resolve = (): void => undefined;
  const ready = new Promise<void>((done) => (resolve = done));
  return { ready, come: () => (resolve(), new Promise((then) => setImmediate(then))) };
}

t.test(
  'DLV-12 a socket whose state is not ready delays nobody, counts as waiting, and what it sends waits with it',
  async (t) => {
    const iterations = new Iterations(2);
    const { ready, come } = awaited();
    const early = iterations.join('early', 0.5, ready);
    iterations.sends(early, 'hello');
    t.ok(iterations.joinQueue.isWaiting(early));
    t.equal(iterations.joinQueue.waiting, 1);
    iterations.join('other');
    t.same(iterations.done, ['other'], 'at once');
    iterations.join('one more', 0.5, new Promise(() => undefined));
    t.ok(iterations.joinQueue.isFull);
    await come();
    t.same(iterations.done, ['other', 'early', 'early hello']);
    t.notOk(iterations.joinQueue.isWaiting(early));
  },
);

t.test('DLV-12 when the state is ready the socket enters the queue', async (t) => {
  const iterations = new Iterations();
  const { ready, come } = awaited();
  iterations.join('early', 0.5, ready);
  for (const name of names(6)) iterations.join(name);
  await come();
  t.same(iterations.done, names(4), 'the budget of this iteration is spent');
  t.same(iterations.iteration(), ['s4', 's5', 'early']);
});

t.test('DLV-12 STORM-2 a socket that closes before it is ready needs no state, and what it sent counts', async (t) => {
  const iterations = new Iterations();
  const { ready, come } = awaited();
  const [gone, silent] = [iterations.join('gone', 0.5, ready), iterations.join('silent', 0.5, ready)];
  iterations.sends(gone, 'bye');
  iterations.joinQueue.leave(gone);
  iterations.joinQueue.leave(silent);
  t.same(iterations.done, ['gone bye']);
  await come();
  t.equal(iterations.done.length, 1);
  t.equal(iterations.joinQueue.waiting, 0);
});

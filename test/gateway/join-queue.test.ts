/** Who gets his state when: the line, by a clock and a loop that the test turns. */
import t from 'tap';
import { JoinQueue } from '../../src/gateway/join-queue.js';

const BUDGET_MS = 2;

class Turns {
  now = 0;
  readonly done: string[] = [];
  readonly #next: (() => void)[] = [];
  readonly joinQueue: JoinQueue<{ readonly name: string }>;

  constructor(limit = Infinity) {
    this.joinQueue = new JoinQueue({
      limit,
      budgetMs: BUDGET_MS,
      now: () => this.now,
      nextTurn: (then) => this.#next.push(then),
    });
  }

  /** A socket whose state takes so long, in ms. */
  join(name: string, costMs = 0.5, ready?: Promise<void>): { readonly name: string } {
    const socket = { name };
    const work = (): void => {
      this.done.push(name);
      this.now += costMs;
    };
    this.joinQueue.admit(socket, work, ready);
    return socket;
  }

  /** What it asks for takes so long, in ms. False if it was not kept. */
  sends(socket: { readonly name: string }, what: string, bytes = 10, costMs = 0): boolean {
    return this.joinQueue.hold(socket, bytes, () => {
      this.done.push(`${socket.name} ${what}`);
      this.now += costMs;
    });
  }

  /** A turn of the event loop: what was done in it. */
  turn(): string[] {
    const before = this.done.length;
    for (const then of this.#next.splice(0)) then();
    return this.done.slice(before);
  }

  /** Turns that are asked for; 0 means that nothing would ever happen any more. */
  get due(): number {
    return this.#next.length;
  }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `s${at}`);

t.test('STORM-1 alone, a socket gets its state at once', async (t) => {
  const turns = new Turns();
  for (const name of names(10)) {
    turns.join(name);
    t.equal(turns.done.at(-1), name);
    while (turns.due > 0) turns.turn();
  }
});

t.test('STORM-1 all at once, they get their states in the order of their coming, so much a turn', async (t) => {
  const turns = new Turns();
  for (const name of names(100)) turns.join(name);
  t.same(turns.done, names(4), 'the budget of this turn');
  t.equal(turns.joinQueue.waiting, 96);
  for (let round = 1; round < 25; round += 1) {
    t.equal(turns.due, 1, 'one turn is asked for at a time');
    t.same(turns.turn(), names(100).slice(round * 4, round * 4 + 4));
  }
  t.same(turns.done, names(100));
  turns.turn();
  t.equal(turns.due, 0, 'when nobody waits, nothing turns');
});

t.test(
  'STORM-1 who comes while others wait stands behind them; a state longer than the budget has a turn to itself',
  async (t) => {
    const turns = new Turns();
    for (const name of names(3)) turns.join(name, 10);
    t.same(turns.done, ['s0']);
    turns.join('late', 0);
    t.same(turns.turn(), ['s1']);
    t.same(turns.turn(), ['s2']);
    t.same(turns.turn(), ['late']);
  },
);

t.test('STORM-1 sockets that have gone are not served, wherever in the line they stood', async (t) => {
  const turns = new Turns();
  const sockets = names(40).map((name) => turns.join(name, 1));
  for (const [at, socket] of sockets.entries()) if (at % 3 !== 0) turns.joinQueue.leave(socket);
  while (turns.due > 0) {
    turns.turn();
    const gone = sockets[turns.done.length * 3 + 3];
    if (gone && turns.done.length % 4 === 0) turns.joinQueue.leave(gone);
  }
  t.equal(turns.joinQueue.waiting, 0);
  t.same(
    turns.done,
    [...turns.done].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
    'in order',
  );
  t.ok(
    turns.done.length > 5 && turns.done.slice(2).every((name) => Number(name.slice(1)) % 3 === 0),
    'none that had gone',
    { done: turns.done },
  );
  turns.join('again');
  t.equal(turns.done.at(-1), 'again', 'the line works on');
});

t.test('STORM-2 what a waiting socket sends comes behind its state, in its order', async (t) => {
  const turns = new Turns();
  turns.join('first', 2);
  const waiting = turns.join('second');
  t.ok(turns.joinQueue.isWaiting(waiting));
  for (const what of ['a', 'b', 'c']) turns.sends(waiting, what);
  t.same(turns.done, ['first']);
  t.same(turns.turn(), ['second', 'second a', 'second b', 'second c']);
  t.notOk(turns.joinQueue.isWaiting(waiting));
});

t.test(
  'STORM-2 what a waiting socket has sent is looked at within the budget of a turn, message by message, and who comes meanwhile waits',
  async (t) => {
    const turns = new Turns();
    turns.join('first', 2);
    const waiting = turns.join('second', 0.5);
    for (const what of ['a', 'b', 'c', 'd']) turns.sends(waiting, what, 10, 1);
    turns.join('third', 0.5);
    t.same(turns.turn(), ['second', 'second a', 'second b']);
    t.ok(turns.joinQueue.isWaiting(waiting), 'what it sends now comes behind what it has sent');
    turns.sends(waiting, 'e', 10, 1);
    t.same(turns.turn(), ['second c', 'second d']);
    t.same(turns.turn(), ['second e', 'third']);
    t.notOk(turns.joinQueue.isWaiting(waiting));
    t.equal(turns.joinQueue.heldBytes, 0);
  },
);

t.test(
  'STORM-2 LIM-6 at most 64 KiB of what a socket sends are kept, where an empty message counts 256 bytes',
  async (t) => {
    const turns = new Turns();
    turns.join('first', 2);
    const [eager, empty] = [turns.join('eager', 0), turns.join('empty', 0)];
    t.equal(turns.sends(eager, 'a', 64 * 1024), true);
    t.equal(turns.sends(eager, 'b', 1), false);
    let kept = 0;
    while (turns.sends(empty, `${kept}`, 0)) kept += 1;
    t.equal(kept, 256);
    t.same(turns.done, ['first'], 'and nobody gets a turn by it');
    t.equal(turns.joinQueue.heldBytes, 2 * 64 * 1024);
    t.equal(turns.turn().length, 2 + 1 + 256);
    t.equal(turns.joinQueue.heldBytes, 0);
  },
);

t.test('LIM-6 all waiting sockets together hold 64 MiB at most, closed ones and resumes counted', async (t) => {
  const turns = new Turns();
  turns.join('first', 2);
  turns.joinQueue.admit({ name: 'resumes' }, () => undefined, undefined, 1024 * 1024);
  let sockets = 0;
  for (;;) {
    const socket = turns.join(`s${sockets}`, 0);
    if (!turns.sends(socket, 'a', 64 * 1024)) break;
    turns.joinQueue.leave(socket);
    sockets += 1;
  }
  t.equal(sockets, (64 - 1) * 16);
  const light = turns.join('light', 0);
  t.equal(
    turns.sends(light, 'a', 1_000),
    true,
    'who has sent little is let in all the same: those who hold much cannot keep them out',
  );
  t.equal(turns.sends(light, 'b', 1_000), true);
  t.equal(turns.sends(light, 'c', 1_000), false, 'and no more than that');
  while (turns.due > 0) turns.turn();
  t.equal(turns.joinQueue.heldBytes, 0);
  t.equal(turns.joinQueue.waiting, 0);
});

t.test('STORM-2 what a socket sent before it closed counts, without a state, at its turn', async (t) => {
  const turns = new Turns();
  turns.join('first', 2);
  const leaving = turns.join('leaving');
  turns.sends(leaving, 'a', 10, 1);
  turns.sends(leaving, 'b', 10, 1);
  turns.sends(leaving, 'c', 10, 1);
  turns.joinQueue.leave(leaving);
  t.same(turns.done, ['first'], 'not before the budget allows it');
  t.same(turns.turn(), ['leaving a', 'leaving b']);
  turns.joinQueue.leave(leaving);
  t.same(turns.turn(), ['leaving c']);
  t.equal(turns.joinQueue.waiting, 0);
});

t.test('STORM-3 the line is full at its limit, and not before', async (t) => {
  const turns = new Turns(2);
  turns.join('served', 2);
  t.notOk(turns.joinQueue.isFull, 'who was served does not wait');
  turns.join('one');
  t.notOk(turns.joinQueue.isFull);
  const two = turns.join('two');
  t.ok(turns.joinQueue.isFull);
  turns.joinQueue.leave(two);
  t.notOk(turns.joinQueue.isFull);
});

/** Something that a state waits for, and what makes it ready: it is so when that resolves. */
function awaited(): { ready: Promise<void>; come: () => Promise<void> } {
  let resolve = (): void => undefined;
  const ready = new Promise<void>((done) => (resolve = done));
  return { ready, come: () => (resolve(), new Promise((then) => setImmediate(then))) };
}

t.test(
  "DLV-12 whose state is not ready to be sent is in nobody's way, counts as waiting, and what he sends waits with him",
  async (t) => {
    const turns = new Turns(2);
    const { ready, come } = awaited();
    const early = turns.join('early', 0.5, ready);
    turns.sends(early, 'hello');
    t.ok(turns.joinQueue.isWaiting(early));
    t.equal(turns.joinQueue.waiting, 1);
    turns.join('other');
    t.same(turns.done, ['other'], 'at once');
    turns.join('one more', 0.5, new Promise(() => undefined));
    t.ok(turns.joinQueue.isFull);
    await come();
    t.same(turns.done, ['other', 'early', 'early hello']);
    t.notOk(turns.joinQueue.isWaiting(early));
  },
);

t.test('DLV-12 when it is ready he gets into the line', async (t) => {
  const turns = new Turns();
  const { ready, come } = awaited();
  turns.join('early', 0.5, ready);
  for (const name of names(6)) turns.join(name);
  await come();
  t.same(turns.done, names(4), 'the budget of this turn is spent');
  t.same(turns.turn(), ['s4', 's5', 'early']);
});

t.test('DLV-12 STORM-2 a socket that closes before it is ready needs no state, and what it sent counts', async (t) => {
  const turns = new Turns();
  const { ready, come } = awaited();
  const [gone, silent] = [turns.join('gone', 0.5, ready), turns.join('silent', 0.5, ready)];
  turns.sends(gone, 'goodbye');
  turns.joinQueue.leave(gone);
  turns.joinQueue.leave(silent);
  t.same(turns.done, ['gone goodbye']);
  await come();
  t.equal(turns.done.length, 1);
  t.equal(turns.joinQueue.waiting, 0);
});

/** When connections are admitted: connections and a clock that the test controls. */
import t from 'tap';
import { AcceptLimiter } from '../../src/gateway/accept-limiter.js';
import type { Unread } from '../../src/net/connections.js';

const AWAITED = 64;
const PATIENCE_MS = 50;
const PER_ITERATION = 16;
const LONGEST_MS = 32 * PATIENCE_MS;

class Visitor implements Unread {
  isRead = true;
  #abort: (() => void) | undefined;

  pause(): void {
    this.isRead = false;
  }

  resume(): void {
    this.isRead = true;
  }

  onAborted(then: () => void): any {
    this.#abort = then;
  }

  /** It closes, or is closed. */
  goes(): void {
    this.#abort?.();
  }
}

class Door {
  now = 1_000;
  readonly #timers: { at: number; then: () => void }[] = [];
  readonly #next: (() => void)[] = [];
  readonly acceptLimiter = new AcceptLimiter({
    now: () => this.now,
    after: (milliseconds, then) => this.#timers.push({ at: this.now + milliseconds, then }),
    nextIteration: (then) => this.#next.push(then),
  });

  come(count: number): Visitor[] {
    const visitors = Array.from({ length: count }, () => new Visitor());
    for (const visitor of visitors) this.acceptLimiter.arrived(visitor);
    return visitors;
  }

  /** All in one iteration. */
  ask(count: number): void {
    for (let at = 0; at < count; at += 1) this.acceptLimiter.asked();
  }

  iteration(): void {
    for (const then of this.#next.splice(0)) then();
  }

  /** Iterations until there is nothing more to do. */
  iterations(): void {
    while (this.#next.length > 0) this.iteration();
  }

  pass(milliseconds: number): void {
    for (const end = this.now + milliseconds; this.now < end; this.now += 1) {
      const due = this.#timers.filter(({ at }) => at <= this.now);
      for (const timer of due) this.#timers.splice(this.#timers.indexOf(timer), 1);
      for (const { then } of due) then();
      this.iterations();
    }
  }

  get isDue(): boolean {
    return this.#next.length > 0;
  }

  get timers(): number {
    return this.#timers.length;
  }
}

/** How many are let in, and whether they are the first ones. */
function letIn(visitors: readonly Visitor[]): number {
  const count = visitors.findIndex(({ isRead }) => !isRead);
  if (count < 0) return visitors.length;
  t.notOk(
    visitors.slice(count).some(({ isRead }) => isRead),
    'in the order of their coming',
  );
  return count;
}

t.test('STORM-8 where each asks soon, nobody waits', async (t) => {
  const door = new Door();
  for (let round = 0; round < 100; round += 1) {
    t.equal(letIn(door.come(AWAITED)), AWAITED);
    door.ask(AWAITED);
  }
  t.equal(door.timers, 0, 'and no timer is set');
  t.notOk(door.isDue);
});

t.test(
  'STORM-8 of those that come at once so many are let in, and each that asks makes room for the next',
  async (t) => {
    const door = new Door();
    const visitors = door.come(1_000);
    t.equal(letIn(visitors), AWAITED);
    t.equal(door.acceptLimiter.waiting, 1_000 - AWAITED);
    door.ask(1);
    door.iterations();
    t.equal(letIn(visitors), AWAITED + 1);
    door.ask(AWAITED);
    t.equal(letIn(visitors), AWAITED + 1, 'not in the iteration in which they ask');
    door.iteration();
    t.equal(letIn(visitors), AWAITED + 1 + PER_ITERATION, 'and in each iteration only so many');
    door.iterations();
    t.equal(letIn(visitors), 2 * AWAITED + 1);
    t.equal(letIn(door.come(1)), 0, 'later connections are behind them');
    while (door.acceptLimiter.waiting > 0) {
      door.ask(10);
      door.iterations();
    }
    t.equal(letIn(visitors), 1_000);
    t.equal(door.acceptLimiter.waiting, 0);
  },
);

t.test('STORM-8 one that does not ask is not waited for any longer', async (t) => {
  const door = new Door();
  const visitors = door.come(1_000);
  door.pass(PATIENCE_MS);
  t.equal(letIn(visitors), AWAITED);
  door.pass(1);
  t.equal(letIn(visitors), 2 * AWAITED);
  door.pass(1_000);
  t.equal(letIn(visitors), 1_000);
  door.pass(PATIENCE_MS);
  t.equal(door.timers, 0);
  t.equal(letIn(door.come(AWAITED)), AWAITED, "they stand in nobody's way");
});

t.test('STORM-8 one that goes while it waits is not let in, and holds up nobody', async (t) => {
  const door = new Door();
  const visitors = door.come(AWAITED + 10);
  const [first, second] = visitors.slice(AWAITED) as [Visitor, Visitor];
  first.goes();
  t.equal(door.acceptLimiter.waiting, 9);
  door.ask(1);
  door.iterations();
  t.notOk(first.isRead);
  t.ok(second.isRead);
  for (const visitor of visitors.slice(0, AWAITED)) visitor.goes();
  door.ask(8);
  door.iterations();
  t.equal(door.acceptLimiter.waiting, 0);
});

t.test(
  'STORM-8 the longer the queue, the more are admitted: a flood that sends no request delays nobody for long',
  async (t) => {
    const door = new Door();
    let longest = 0;
    const waiting: { visitor: Visitor; since: number }[] = [];
    for (let second = 0; second < 3; second += 1) {
      for (let at = 0; at < 200; at += 1) {
        // 20,000 a second.
        for (const visitor of door.come(100)) waiting.push({ visitor, since: door.now });
        door.pass(5);
        while (waiting[0]?.visitor.isRead) longest = Math.max(longest, door.now - waiting.shift()!.since);
      }
    }
    t.ok(waiting.length > 0, 'there is a line');
    t.ok(longest <= LONGEST_MS, `the longest wait is ${longest} ms`);
  },
);

/** States on their way: what they hold, which connection is cut when there is no room, and which is next; with a clock and a loop that the test controls. */
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { CHUNK_BYTES, STALL_MS, Undelivered } from '../../src/net/undelivered.js';
import { Random } from '../crash/random.js';

const KIB = 1024;
const own = (bytes: number): Buffer => Buffer.allocUnsafeSlow(bytes).fill('x');

class Turned {
  now = 0;
  readonly cut: string[] = [];
  readonly undelivered: Undelivered;
  #next: (() => void)[] = [];

  constructor(limitBytes = 1_000 * KIB) {
    this.undelivered = new Undelivered({
      limitBytes,
      now: () => this.now,
      nextIteration: (then) => this.#next.push(then),
    });
  }

  add(name: string, ...parts: (string | Buffer)[]) {
    return this.undelivered.add(parts, () => this.cut.push(name));
  }

  iteration(): void {
    for (const then of this.#next.splice(0)) then();
  }
}

t.test('LIM-9 what several states share counts once, and goes with the last of them', async (t) => {
  const scene = new Turned();
  const { undelivered } = scene;
  const shared = own(100 * KIB);
  const states = Array.from({ length: 50 }, (_, at) => scene.add(`s${at}`, '[', shared, ']'));
  t.ok(undelivered.bytes >= 100 * KIB && undelivered.bytes < 100 * KIB + 50 * 2 * KIB, `${undelivered.bytes}`);
  for (const state of states.slice(1)) state.over();
  t.ok(undelivered.bytes >= 100 * KIB);
  states[0]!.over();
  states[0]!.over();
  t.equal(undelivered.bytes, 0);
});

t.test('LIM-9 what was taken is held no more', async (t) => {
  const scene = new Turned();
  const state = scene.add('a', own(100 * KIB), own(200 * KIB), own(50 * KIB));
  const before = scene.undelivered.bytes;
  state.took(100 * KIB - 1);
  t.equal(scene.undelivered.bytes, before);
  state.took(100 * KIB);
  t.equal(scene.undelivered.bytes, before - 100 * KIB);
  state.took(350 * KIB);
  t.ok(scene.undelivered.bytes < 2 * KIB);
  state.over();
  t.equal(scene.undelivered.bytes, 0);
});

t.test('LIM-9 the chunks are the text, wherever its parts end', async (t) => {
  const random = new Random(11);
  for (let round = 0; round < 200; round += 1) {
    const parts = Array.from({ length: random.between(1, 30) }, () =>
      random.chance(0.5) ? 'ä€😀x'.repeat(random.between(0, 2_000)) : randomBytes(random.between(0, 90_000)),
    );
    const whole = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
    if (whole.length === 0) continue;
    const scene = new Turned(1e9);
    const state = scene.add('a', ...parts);
    if (state.length !== whole.length) return t.fail(`${state.length} of ${whole.length}`);
    let offset = 0;
    while (offset < state.length) {
      const chunk = state.chunk(offset);
      if (
        chunk.length === 0 ||
        chunk.length > CHUNK_BYTES ||
        !chunk.equals(whole.subarray(offset, offset + chunk.length))
      )
        return t.fail(`round ${round} at ${offset}`);
      // HTTP may take a part of a chunk only.
      offset += random.between(1, chunk.length);
      state.took(offset);
    }
    state.over();
    if (scene.undelivered.bytes !== 0) return t.fail(`${scene.undelivered.bytes} bytes are left`);
  }
  t.pass('in 200 rounds');
});

t.test('LIM-9 without room those are cut that have taken nothing for the longest time', async (t) => {
  const scene = new Turned();
  const [a] = ['a', 'b', 'c'].map((name, at) => {
    scene.now = at;
    return scene.add(name, own(300 * KIB));
  });
  scene.now = 10;
  a!.took(1);
  scene.add('d', own(300 * KIB));
  t.same(scene.cut, ['b']);
  scene.add('e', own(500 * KIB));
  t.same(scene.cut, ['b', 'c', 'a']);
  scene.add('f', own(2_000 * KIB));
  t.same(scene.cut, ['b', 'c', 'a', 'd', 'e', 'f'], 'what would never fit is cut itself');
  t.equal(scene.undelivered.bytes, 0);
  t.equal(scene.undelivered.cut, 6);
});

t.test('LIM-9 what waits on connections in other ways counts, and is asked to make room first', async (t) => {
  const scene = new Turned();
  scene.add('a', own(300 * KIB));
  scene.undelivered.otherBytes = 600 * KIB;
  scene.undelivered.look();
  t.same(scene.cut, []);
  scene.undelivered.whenFull = () => (scene.undelivered.otherBytes = 100 * KIB);
  scene.add('b', own(300 * KIB));
  t.same(scene.cut, [], 'there was room elsewhere');
  scene.undelivered.whenFull = undefined;
  scene.undelivered.otherBytes = 900 * KIB;
  scene.undelivered.look();
  t.same(scene.cut, ['a', 'b']);
});

t.test('LIM-9 a state that stands still for a minute is cut, one that moves is not', async (t) => {
  const scene = new Turned();
  scene.add('still', own(100 * KIB));
  const moving = scene.add('moving', own(100 * KIB));
  for (let offset = 1; scene.now <= STALL_MS; offset += 1) {
    scene.now += 10_000;
    moving.took(offset);
    scene.undelivered.look();
  }
  t.same(scene.cut, ['still']);
});

t.test('STORM-10 a part that is a chunk is handed over as it is, whatever is before and behind it', async (t) => {
  const scene = new Turned(1e9);
  const segments = [own(63 * KIB), own(CHUNK_BYTES), own(60 * KIB), own(62 * KIB)];
  const state = scene.add('a', '{"alarms":[', ...segments, ']}');
  const chunks: Buffer[] = [];
  for (let offset = 0; offset < state.length; offset += chunks.at(-1)!.length) chunks.push(state.chunk(offset));
  const asTheyAre = chunks.filter((chunk) =>
    segments.some((segment) => segment.buffer === chunk.buffer && segment.length === chunk.length),
  );
  t.equal(asTheyAre.length, 2, 'what is small goes with a neighbour that it fits in with');
  t.same(
    chunks.map(({ length }) => length),
    [11 + 63 * KIB, CHUNK_BYTES, 60 * KIB, 62 * KIB + 2],
  );
});

t.test('STORM-10 a part larger than a chunk is cut without being copied, small ones are copied together', async (t) => {
  const scene = new Turned(1e9);
  const large = own(2 * CHUNK_BYTES + 10 * KIB);
  const state = scene.add('a', large, own(10 * KIB), own(10 * KIB));
  t.same(
    [0, 1, 2].map((at) => state.chunk(at * CHUNK_BYTES).length),
    [CHUNK_BYTES, CHUNK_BYTES, 30 * KIB],
  );
  t.same(
    [0, 1].map((at) => state.chunk(at * CHUNK_BYTES).buffer === large.buffer),
    [true, true],
  );
});

const pumps = (scene: Turned, done: string[], chunkMs: number) => (name: string, chunks: number) => (): boolean => {
  done.push(name);
  scene.now += chunkMs;
  chunks -= 1;
  return chunks > 0;
};

t.test('STORM-10 chunks are handed over in turn, 0.25 ms of an iteration of the event loop', async (t) => {
  const scene = new Turned();
  const done: string[] = [];
  const pump = pumps(scene, done, 0.0625);
  scene.undelivered.pump(pump('a', 6));
  t.same(done, ['a', 'a', 'a', 'a'], 'at once, as far as the budget goes');
  scene.undelivered.pump(pump('b', 3));
  scene.undelivered.pump(pump('c', 1));
  t.equal(done.length, 4);
  scene.iteration();
  t.same(done.splice(0, 8).slice(4), ['a', 'b', 'c', 'a']);
  scene.iteration();
  t.same(done, ['b', 'b']);
});

t.test(
  'STORM-10 a thousand states that begin within one iteration are no more than 0.25 ms and one chunk of it, nor of the next ones',
  async (t) => {
    const scene = new Turned();
    const done: string[] = [];
    const pump = pumps(scene, done, 0.03125);
    const startedAt = scene.now;
    for (let at = 0; at < 1_000; at += 1) scene.undelivered.pump(pump(`s${at}`, 2));
    t.equal(scene.now - startedAt, 0.25);
    for (let iteration = 0; iteration < 20; iteration += 1) {
      const before = scene.now;
      scene.iteration();
      t.equal(scene.now - before, 0.25);
    }
  },
);

t.test('STORM-10 while other work takes iterations long, chunks get an eighth of its time, 2 ms at most', async (t) => {
  const scene = new Turned();
  const pump = pumps(scene, [], 0.0625);
  scene.undelivered.pump(pump('a', 1_000_000));
  for (const [otherMs, chunksMs] of [
    [0, 0.25],
    [1, 0.25],
    [4, 0.5],
    [8, 1],
    [100, 2],
    [0, 0.25],
  ] as const) {
    scene.now += otherMs;
    const before = scene.now;
    scene.iteration();
    t.equal(scene.now - before, chunksMs, `beside ${otherMs} ms`);
  }
});
